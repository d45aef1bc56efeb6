import Libav

/// How HDR is brought into the range of an SDR display.
public struct ToneMap: Sendable, Hashable {
  public enum Curve: String, Sendable, CaseIterable, Codable { case hable, mobius, reinhard }

  public let curve: Curve
  /// Candela per square metre that 1.0 of the linear frame stands for.
  public static let nominalPeak = 100
  /// The brightest that a frame without light levels of its own is taken to be, in candela per square metre.
  public static let assumedPeak = 1000

  public init(_ curve: Curve) { self.curve = curve }

  /// libavfilter's steps from a frame with these tags to planar RGB in sRGB.
  func filters(_ tags: ColorTags, isRGB: Bool, hasLightLevels: Bool) -> String {
    let range = tags.range == "pc" ? "full" : "limited"
    let location = isRGB ? "" : tags.chromaLocation.map { ":chromalin=\($0)" } ?? ""
    let matrix = isRGB ? "gbr" : tags.matrix == "bt709" ? "709" : "2020_ncl"
    let primaries = tags.primaries == "bt709" ? "709" : tags.primaries == "smpte432" ? "smpte432" : "2020"
    let transfer = tags.transfer == "arib-std-b67" ? "arib-std-b67" : "smpte2084"
    let peak = hasLightLevels ? "" : ":peak=\(Self.assumedPeak / Self.nominalPeak)"
    return
      "zscale=tin=\(transfer):pin=\(primaries):min=\(matrix):rin=\(range)\(location)"
      + ":t=linear:npl=\(Self.nominalPeak):m=gbr:r=full:filter=bicubic,format=gbrpf32le"
      + ",zscale=pin=\(primaries):p=709:tin=linear:t=linear:min=gbr:m=gbr,tonemap=\(curve.rawValue):desat=0\(peak)"
      + ",zscale=tin=linear:t=iec61966-2-1:min=gbr:m=gbr:r=full,format=gbrp"
  }

  /// For people.
  func words(transfer: String?, hasLightLevels: Bool) -> String {
    let peak = hasLightLevels ? "the frame's own peak" : "an assumed peak of \(Self.assumedPeak) cd/m²"
    return "HDR (\(transfer ?? "")) was tone mapped to sRGB by \(curve.rawValue), from \(peak)"
  }
}
