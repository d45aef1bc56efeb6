import Libav

/// Maps HDR to the range of an SDR display.
public struct ToneMap: Sendable, Hashable {
  public enum Curve: String, Sendable, CaseIterable, Codable { case hable, mobius, reinhard }

  public let curve: Curve
  /// cd/m² of 1.0 in linear light.
  public static let nominalPeak = 100
  /// Peak assumed for frames without light levels of their own, in cd/m².
  public static let assumedPeak = 1000

  public init(_ curve: Curve) { self.curve = curve }

  /// libavfilter's filters from a frame with these tags to planar RGB in sRGB.
  ///
  /// Tags are given by number: the filter's names differ between versions of libav. BT.2020 is assumed where they are
  /// missing.
  func filters(_ tags: ColorTags, isRGB: Bool, hasLightLevels: Bool) -> [String] {
    let range = tags.range == "pc" ? "full" : "limited"
    let location = isRGB ? "" : tags.chromaLocation.map { ":chromalin=\($0)" } ?? ""
    let matrix = isRGB ? 0 : tags.matrixCode ?? 9
    let primaries = tags.primariesCode ?? 9
    let transfer = tags.transferCode ?? 16
    let peak = hasLightLevels ? "" : ":peak=\(Self.assumedPeak / Self.nominalPeak)"
    return [
      "zscale=tin=\(transfer):pin=\(primaries):min=\(matrix):rin=\(range)\(location)"
        + ":t=linear:npl=\(Self.nominalPeak):m=gbr:r=full:filter=bicubic", "format=gbrpf32le",
      "zscale=pin=\(primaries):p=709:tin=linear:t=linear:min=gbr:m=gbr",
      "tonemap=\(curve.rawValue):desat=0\(peak)", "zscale=tin=linear:t=iec61966-2-1:min=gbr:m=gbr:r=full",
      "format=gbrp",
    ]
  }

  func note(transfer: String?, hasLightLevels: Bool) -> String {
    let peak = hasLightLevels ? "the frame's own peak" : "an assumed peak of \(Self.assumedPeak) cd/m²"
    return "HDR (\(transfer ?? "")) was tone mapped to sRGB by \(curve.rawValue), from \(peak)"
  }
}
