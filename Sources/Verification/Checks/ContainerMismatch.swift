import Libav
import Probing
import Timing

/// Where a container's word on the frames differs from the bit stream's.
struct WrapperComparison {
  /// `1280x720 and the bit stream 1920x1080`, …
  let lies: [String]

  /// Pixels of the shown width: encoders round long ratios to what the bit stream can say.
  private static let shownDifference = Rational.one

  /// Numbers of ITU-T H.273 by libav's names; others are not compared.
  private static let primaries = [1: "bt709", 5: "bt470bg", 6: "smpte170m", 9: "bt2020"]
  private static let transfers = [
    1: "bt709", 6: "smpte170m", 13: "iec61966-2-1", 14: "bt2020-10", 15: "bt2020-12", 16: "smpte2084",
    18: "arib-std-b67",
  ]
  private static let matrices = [1: "bt709", 5: "bt470bg", 6: "smpte170m", 9: "bt2020nc"]

  init(_ entry: MovieBoxes.SampleEntry, _ video: StreamInfo.Video) {
    var lies: [String] = []
    if entry.width > 0, entry.height > 0, (entry.width, entry.height) != (video.width, video.height) {
      lies.append("\(entry.width)x\(entry.height) and the bit stream \(video.width)x\(video.height)")
    }
    let coded = video.codedSampleAspectRatio
    if let told = entry.pixelAspect, coded.isPositive,
      (told - coded).magnitude * Rational(Int64(video.width)) >= Self.shownDifference
    {
      lies.append("pixels of \(Self.ratio(told)) and the bit stream of \(Self.ratio(coded))")
    }
    if let codes = entry.colorCodes {
      let pairs = [
        ("primaries", Self.primaries[codes.primaries], video.color.primaries),
        ("transfer", Self.transfers[codes.transfer], video.color.transfer),
        ("matrix", Self.matrices[codes.matrix], video.color.matrix),
      ]
      for (name, told, found) in pairs {
        guard let told, let found, told != found else { continue }
        lies.append("\(name) \(told) and the bit stream \(found)")
      }
    }
    self.lies = lies
  }

  private static func ratio(_ value: Rational) -> String { "\(value.numerator):\(value.denominator)" }
}
