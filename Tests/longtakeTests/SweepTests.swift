import Foundation
import Support
import Testing

/// A few of the generated kinds of clips of `scripts/sweep`, against ffprobe and full decodes.
@Suite struct SweepTests {
  @Test func aFewKindsOfClipsAreProbedFramedAndStitchedRight() async throws {
    let script = ProjectFiles.path("scripts/sweep")
    let result = try await OutsideProgram.run(
      "python3", [script, "--quick", "--longtake", try LongtakeProgram.path()])
    #expect(result.status == 0, "\(result.text)\n\(result.errors)")
  }
}
