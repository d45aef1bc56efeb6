import Foundation
import Pipeline
import Stitching
import Timing
import Verification

/// The joins that a stitch report declares.
struct JoinsFile {
  let expectation: Expectation

  /// - Throws: ``UsageError`` when the file is not there or is no stitch report.
  init(_ path: String) throws {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw UsageError(
        "\(path): there is no such file; name the report that 'stitch --report' wrote", status: .inputNotFound)
    }
    let report: StitchReport
    do {
      report = try JSONDecoder().decode(StitchReport.self, from: data)
    } catch {
      throw UsageError(
        "\(path): is no stitch report; name the file that 'stitch --report' wrote", status: .badInput)
    }
    var expectation = Expectation(frameRate: Rational(parsing: report.frameRate).flatMap { FrameRate($0) })
    expectation.frameCount = report.frames
    expectation.joins = report.declaredJoins
    self.expectation = expectation
  }
}
