import Foundation
import Pipeline
import Stitching
import Timing
import Verification

/// The joins in a report of `stitch --report`.
struct JoinsFile {
  let expectation: Expectation
  let report: StitchReport

  /// - Throws: ``UsageError`` when the file is missing or not a stitch report.
  init(_ path: String) throws {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw UsageError(
        "\(path): no such file; name a report of 'stitch --report'", status: .inputNotFound)
    }
    let report: StitchReport
    do {
      report = try JSONDecoder().decode(StitchReport.self, from: data)
    } catch {
      throw UsageError(
        "\(path): not a stitch report; name a report of 'stitch --report'", status: .badInput)
    }
    var expectation = Expectation(frameRate: Rational(parsing: report.frameRate).flatMap { FrameRate($0) })
    expectation.frameCount = report.frames
    expectation.joins = report.declaredJoins
    self.expectation = expectation
    self.report = report
  }
}
