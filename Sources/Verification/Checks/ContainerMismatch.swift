import Libav
import Probing
import Timing

/// Properties of the video that differ between the container's sample entry and the bit stream.
struct ContainerMismatch {
  /// `size 1280x720 in the container, 1920x1080 in the bit stream`, …
  let differences: [String]

  /// Pixels of the display width: encoders round long ratios to what the bit stream can express.
  private static let displayWidthTolerance = Rational.one

  /// libav's names of the ITU-T H.273 code points; others are not compared.
  private static let primaries = [1: "bt709", 5: "bt470bg", 6: "smpte170m", 9: "bt2020"]
  private static let transfers = [
    1: "bt709", 6: "smpte170m", 13: "iec61966-2-1", 14: "bt2020-10", 15: "bt2020-12", 16: "smpte2084",
    18: "arib-std-b67",
  ]
  private static let matrices = [1: "bt709", 5: "bt470bg", 6: "smpte170m", 9: "bt2020nc"]

  init(_ entry: MovieBoxes.SampleEntry, _ video: StreamInfo.Video) {
    var differences: [String] = []
    func add(_ name: String, _ container: String, _ bitStream: String) {
      differences.append("\(name) \(container) in the container, \(bitStream) in the bit stream")
    }
    if entry.width > 0, entry.height > 0, (entry.width, entry.height) != (video.width, video.height) {
      add("size", "\(entry.width)x\(entry.height)", "\(video.width)x\(video.height)")
    }
    let coded = video.codedSampleAspectRatio
    if let aspect = entry.pixelAspect, coded.isPositive,
      (aspect - coded).magnitude * Rational(Int64(video.width)) >= Self.displayWidthTolerance
    {
      add("sample aspect ratio", Self.ratio(aspect), Self.ratio(coded))
    }
    if let codes = entry.colorCodes {
      let pairs = [
        ("primaries", Self.primaries[codes.primaries], video.color.primaries),
        ("transfer", Self.transfers[codes.transfer], video.color.transfer),
        ("matrix", Self.matrices[codes.matrix], video.color.matrix),
      ]
      for (name, container, bitStream) in pairs {
        guard let container, let bitStream, container != bitStream else { continue }
        add(name, container, bitStream)
      }
    }
    self.differences = differences
  }

  private static func ratio(_ value: Rational) -> String { "\(value.numerator):\(value.denominator)" }
}
