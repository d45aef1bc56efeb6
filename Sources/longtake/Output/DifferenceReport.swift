import Files
import Foundation
import Stills
import Timing

/// `frame --diff --json`.
struct DifferenceReport: Encodable {
  struct Frame: Encodable {
    let file: String
    let index: Int
    @Nullable var time: Double?

    init(_ facts: ExactFrame.Facts) {
      file = facts.file
      index = facts.index
      time = facts.time?.doubleValue
    }
  }

  struct DeltaE: Encodable {
    let mean: Double
    let p95: Double
    let max: Double
  }

  let schema = "longtake.difference/1"
  let first: Frame
  let second: Frame
  let width: Int
  let height: Int
  let isScaled: Bool
  let ssim: Double
  /// Decibels; nil for equal frames.
  @Nullable var psnr: Double?
  let deltaE: DeltaE
  @Nullable var output: String?

  private enum CodingKeys: String, CodingKey {
    case schema, first, second, width, height, ssim, output
    case isScaled = "scaled"
    case psnr = "psnr_db"
    case deltaE = "delta_e"
  }

  init(_ difference: FrameDifference, output: String?) {
    first = Frame(difference.first)
    second = Frame(difference.second)
    width = difference.width
    height = difference.height
    isScaled = difference.isScaled
    ssim = difference.ssim
    psnr = difference.psnr.isFinite ? difference.psnr : nil
    deltaE = DeltaE(mean: difference.deltaE.mean, p95: difference.deltaE.p95, max: difference.deltaE.max)
    self.output = output
  }

  /// For people.
  var lines: [String] {
    var lines = ["\(first.file) #\(first.index), \(second.file) #\(second.index): \(width)×\(height)"]
    if isScaled { lines.append("  second frame scaled to the size of the first") }
    lines.append(String(format: "  SSIM %.5f", ssim) + (psnr.map { String(format: ", PSNR %.2f dB", $0) } ?? ", equal"))
    lines.append(
      String(format: "  ΔE2000 mean %.3f, 95th percentile %.2f, maximum %.2f", deltaE.mean, deltaE.p95, deltaE.max))
    if let output { lines.append("  \(output): difference image, \(FrameDifference.gain)× gain") }
    return lines
  }
}
