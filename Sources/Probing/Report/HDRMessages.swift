import Bitstream
public import Libav

/// HDR metadata in an H.264 or HEVC bitstream itself: the SEI messages before its first frame.
public struct HDRMessages: Sendable, Hashable {
  public private(set) var masteringDisplay: StreamSideData.MasteringDisplay?
  public private(set) var contentLight: ContentLight?
  /// SMPTE ST 2094-40.
  public private(set) var hasHDR10Plus = false
  /// A Dolby Vision RPU in the access unit.
  public private(set) var hasDolbyVisionRPU = false

  /// Content light levels in cd/m².
  public struct ContentLight: Sendable, Hashable {
    /// Of the brightest pixel (MaxCLL).
    public let maximum: Int
    /// Of the brightest frame on average (MaxFALL).
    public let average: Int
  }

  /// Steps per unit of x and y, and per cd/m² (D.3.28 of H.265).
  private static let chromaticityUnit: Int64 = 50_000
  private static let luminanceUnit: Int64 = 10_000
  /// Country, provider and application codes of ST 2094-40 (CTA-861.4, annex S).
  private static let hdr10PlusHead: [UInt8] = [0xB5, 0x00, 0x3C, 0x00, 0x01, 0x04]
  /// Bytes of a unit that are read.
  private static let largestUnit = 1 << 12

  var isEmpty: Bool { self == HDRMessages() }

  init() {}

  /// From the SEI units in a stream's header.
  init(extradata: [UInt8], isHEVC: Bool) {
    for unit in DecoderConfigurationRecord.units(extradata: extradata, isHEVC: isHEVC) { read(unit, isHEVC: isHEVC) }
  }

  /// From one access unit.
  /// - Parameter size: bytes of the whole packet that `bytes` is the beginning of.
  mutating func read(packet bytes: Span<UInt8>, of size: Int, lengthSize: Int, isHEVC: Bool) {
    var units: [[UInt8]] = []
    NALUnit.forEach(in: bytes, of: size, lengthSize: lengthSize) { range in
      guard range.lowerBound < bytes.count else { return false }
      guard !range.isEmpty, Self.isOfInterest(bytes[range.lowerBound], isHEVC: isHEVC) else { return true }
      let known = range.lowerBound..<min(range.upperBound, bytes.count, range.lowerBound + Self.largestUnit)
      units.append(bytes.extracting(known).withUnsafeBufferPointer { Array($0) })
      return true
    }
    for unit in units { read(unit, isHEVC: isHEVC) }
  }

  private static func isOfInterest(_ header: UInt8, isHEVC: Bool) -> Bool {
    let type = NALUnit.type(header, isHEVC: isHEVC)
    return NALUnit.isSEI(type, isHEVC: isHEVC) || isHEVC && type == NALUnit.HEVC.dolbyVisionRPU
  }

  private mutating func read(_ unit: [UInt8], isHEVC: Bool) {
    guard let header = unit.first, Self.isOfInterest(header, isHEVC: isHEVC) else { return }
    if isHEVC, NALUnit.type(header, isHEVC: true) == NALUnit.HEVC.dolbyVisionRPU {
      hasDolbyVisionRPU = true
      return
    }
    for message in SEIMessages(unit: unit, isHEVC: isHEVC) { read(message) }
  }

  private mutating func read(_ message: SEIMessage) {
    let payload = message.payload
    func number(_ offset: Int, _ length: Int) -> Int64 {
      payload[offset..<offset + length].reduce(0) { $0 << 8 | Int64($1) }
    }
    switch message.type {
    case SEIMessage.PayloadType.masteringDisplay where payload.count >= 24 && masteringDisplay == nil:
      // Coded in the order green, blue, red, white.
      let order = [8, 10, 0, 2, 4, 6, 12, 14]
      masteringDisplay = StreamSideData.MasteringDisplay(
        primaries: order.map { UnreducedFraction(number($0, 2), Self.chromaticityUnit) },
        luminance: [20, 16].map { UnreducedFraction(number($0, 4), Self.luminanceUnit) })
    case SEIMessage.PayloadType.contentLightLevel where payload.count >= 4 && contentLight == nil:
      contentLight = ContentLight(maximum: Int(number(0, 2)), average: Int(number(2, 2)))
    case SEIMessage.PayloadType.registeredUserData:
      hasHDR10Plus = hasHDR10Plus || payload.starts(with: Self.hdr10PlusHead)
    default: break
    }
  }
}
