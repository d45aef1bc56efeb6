public import Libav

/// A frame's colour tags, completed by stated assumptions.
public struct ColorUnderstanding: Sendable, Hashable {
  /// Complete but for the chroma location of formats that have none.
  public let tags: ColorTags
  /// The untagged fields with their assumed values: `matrix=bt709`.
  public let assumed: [String]

  /// Codecs related to JPEG and H.263 whose decoders do not report that chroma is sited between four pixels.
  private static let centred: Set<String> = ["webp", "flv1", "vp6", "vp6f", "h261"]

  /// Untagged YUV is BT.709 from 720 lines on and BT.601 below (as its matrix, transfer and primaries), limited range,
  /// chroma sited left, as in MPEG-2 and all codecs since; RGB is full-range sRGB.
  /// - Parameter codec: libav's name, for chroma siting fixed by the codec; most decoders report it with the frame.
  public init(_ tags: ColorTags, format: PixelFormat, height: Int, codec: String = "") {
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
      if format.chromaShiftX > 0 {
        complete(\.chromaLocation, "chroma_location", Self.centred.contains(codec) ? "center" : "left")
      }
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
