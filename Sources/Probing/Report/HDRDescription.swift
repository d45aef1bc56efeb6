public import Libav
import Timing

/// The HDR metadata of a stream: from its header, else from its bitstream.
public struct HDRDescription: Sendable, Hashable {
  public enum Curve: String, Sendable, Hashable { case pq, hlg }

  /// Nil for other transfers.
  public let curve: Curve?
  public let masteringDisplay: StreamSideData.MasteringDisplay?
  public let contentLight: HDRMessages.ContentLight?
  public let hasHDR10Plus: Bool
  /// The header's record.
  public let dolbyVision: StreamSideData.DolbyVisionRecord?
  /// In the first packet.
  public let hasDolbyVisionRPU: Bool

  /// Nil for streams without HDR metadata.
  init?(_ stream: StreamInfo, _ messages: HDRMessages?) {
    guard let video = stream.video else { return nil }
    curve =
      switch video.color.transfer {
      case "smpte2084": .pq
      case "arib-std-b67": .hlg
      default: nil
      }
    var (display, light) = (messages?.masteringDisplay, messages?.contentLight)
    var record: StreamSideData.DolbyVisionRecord?
    for data in stream.sideData {
      switch data {
      case .masteringDisplay(let inHeader): display = inHeader
      case .contentLightLevel(let maximum, let average):
        light = HDRMessages.ContentLight(maximum: maximum, average: average)
      case .dolbyVision(let inHeader): record = inHeader
      default: continue
      }
    }
    (masteringDisplay, contentLight, dolbyVision) = (display, light, record)
    hasHDR10Plus = messages?.hasHDR10Plus ?? false
    hasDolbyVisionRPU = messages?.hasDolbyVisionRPU ?? false
    let isEmpty = display == nil && light == nil && record == nil && !hasHDR10Plus && !hasDolbyVisionRPU
    if curve == nil && isEmpty { return nil }
  }

  /// `PQ, mastered on 0.005-1000 cd/m², MaxCLL 1000, MaxFALL 400, Dolby Vision profile 8.4`.
  public var summary: String {
    var parts = curve.map { [$0.rawValue.uppercased()] } ?? []
    if let range = masteringDisplay?.luminance {
      parts.append("mastered on \(range.map { Self.plain($0) }.joined(separator: "-")) cd/m²")
    } else if masteringDisplay != nil {
      parts.append("mastering display")
    }
    if let contentLight { parts.append("MaxCLL \(contentLight.maximum), MaxFALL \(contentLight.average)") }
    if hasHDR10Plus { parts.append("HDR10+") }
    if let dolbyVision {
      parts.append("Dolby Vision profile \(dolbyVision.profile).\(dolbyVision.baseLayerCompatibility)")
    } else if hasDolbyVisionRPU {
      parts.append("Dolby Vision RPUs without a record in the header")
    }
    return parts.joined(separator: ", ")
  }

  private static func plain(_ value: UnreducedFraction) -> String {
    let decimal = value.value.doubleValue
    return decimal == decimal.rounded() ? "\(Int64(decimal))" : "\(decimal)"
  }
}

extension StreamInfo {
  /// The Dolby Vision record of a stream whose base layer is in no common colour space, as of profile 5: nothing but a Dolby Vision
  /// player shows its colours. Nil for other streams.
  public var dolbyVisionOnly: StreamSideData.DolbyVisionRecord? {
    for case .dolbyVision(let record) in sideData where record.baseLayerCompatibility == 0 { return record }
    return nil
  }
}
