public import Libav

/// What a picture's numbers are taken to mean: its tags, completed by stated assumptions.
public struct ColorUnderstanding: Sendable, Hashable {
  /// Complete but for the chroma location of formats that have none.
  public let tags: ColorTags
  /// The fields that were not tagged, with what was assumed: `matrix=bt709`.
  public let assumed: [String]

  /// Untagged YUV is BT.709 from 720 lines on and BT.601 below (as its matrix, transfer and primaries), limited range,
  /// chroma sited left; RGB is full-range sRGB.
  public init(_ tags: ColorTags, format: PixelFormat, height: Int) {
    var tags = tags
    var assumed: [String] = []
    func complete(_ field: WritableKeyPath<ColorTags, String?>, _ name: String, _ value: String) {
      guard tags[keyPath: field] == nil || tags[keyPath: field] == "reserved" else { return }
      tags[keyPath: field] = value
      assumed.append("\(name)=\(value)")
    }
    if format.impliesFullRange { tags.range = "pc" }
    if format.isRGB || format.hasPalette {
      tags.matrix = "gbr"
      tags.range = "pc"
      complete(\.transfer, "transfer", "iec61966-2-1")
      complete(\.primaries, "primaries", "bt709")
    } else {
      let isHD = height >= ColorTags.untaggedHighDefinitionLines
      if tags.matrix == "gbr" { tags.matrix = nil }
      let matrix = tags.primaries == "bt2020" ? "bt2020nc" : isHD ? "bt709" : "smpte170m"
      complete(\.matrix, "matrix", matrix)
      complete(\.range, "range", "tv")
      complete(\.transfer, "transfer", "bt709")
      complete(\.primaries, "primaries", Self.primaries(matrix: tags.matrix))
      if format.chromaShiftX > 0 { complete(\.chromaLocation, "chroma_location", "left") }
    }
    self.tags = tags
    self.assumed = assumed
  }

  private static func primaries(matrix: String?) -> String {
    switch matrix {
    case "bt2020nc", "bt2020c": "bt2020"
    case "smpte170m": "smpte170m"
    case "bt470bg": "bt470bg"
    case "smpte240m": "smpte240m"
    default: "bt709"
    }
  }
}
