import Foundation
import Stills
import Timing

/// `frame --diff --json`.
struct DifferenceFacts: Encodable {
  struct ListedFrame: Encodable {
    let file: String
    let index: Int
    let time: Double?

    init(_ facts: ExactFrame.Facts) {
      file = facts.file
      index = facts.index
      time = facts.time?.doubleValue
    }

    private enum CodingKeys: String, CodingKey { case file, index, time }

    func encode(to encoder: any Swift.Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(file, forKey: .file)
      try container.encode(index, forKey: .index)
      try container.encode(time, forKey: .time)
    }
  }

  struct ColorDifference: Encodable {
    let mean: Double
    let p95: Double
    let max: Double
  }

  let schema = "longtake.difference/1"
  let first: ListedFrame
  let second: ListedFrame
  let width: Int
  let height: Int
  let isScaled: Bool
  let ssim: Double
  let psnr: Double?
  let deltaE: ColorDifference
  let output: String?

  private enum CodingKeys: String, CodingKey {
    case schema, first, second, width, height, ssim, output
    case isScaled = "scaled"
    case psnr = "psnr_db"
    case deltaE = "delta_e"
  }

  init(_ difference: FrameDifference, output: String?) {
    first = ListedFrame(difference.first)
    second = ListedFrame(difference.second)
    width = difference.width
    height = difference.height
    isScaled = difference.isScaled
    ssim = difference.ssim
    psnr = difference.psnr.isFinite ? difference.psnr : nil
    deltaE = ColorDifference(mean: difference.deltaE.mean, p95: difference.deltaE.p95, max: difference.deltaE.max)
    self.output = output
  }

  func encode(to encoder: any Swift.Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(schema, forKey: .schema)
    try container.encode(first, forKey: .first)
    try container.encode(second, forKey: .second)
    try container.encode(width, forKey: .width)
    try container.encode(height, forKey: .height)
    try container.encode(isScaled, forKey: .isScaled)
    try container.encode(ssim, forKey: .ssim)
    try container.encode(psnr, forKey: .psnr)
    try container.encode(deltaE, forKey: .deltaE)
    try container.encode(output, forKey: .output)
  }

  /// For people.
  var lines: [String] {
    var lines = ["\(first.file) #\(first.index) and \(second.file) #\(second.index), \(width)×\(height)"]
    if isScaled { lines.append("  the second has another size and was scaled to the first's") }
    let decibels = psnr.map { String(format: "%.2f dB", $0) } ?? "the same"
    lines.append(String(format: "  SSIM %.5f, PSNR ", ssim) + decibels)
    lines.append(
      String(format: "  ΔE2000 mean %.3f, 95 %% within %.2f, at most %.2f", deltaE.mean, deltaE.p95, deltaE.max))
    if let output { lines.append("  \(output): the differences, \(FrameDifference.gain) times") }
    return lines
  }
}
