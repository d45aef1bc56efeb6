import Files
import Foundation
import Pipeline
import Presets
import Stitching
import Verification

/// Verification of a master on the way to something else.
enum MasterVerification {
  /// The verdict as `verify --json` writes it.
  /// - Parameter stitch: where the joins are; nil when nothing is known of them.
  static func json(
    of master: String, preset: String, library: PresetLibrary, stitch: StitchReport?
  ) throws -> JSONValue {
    let verifier = try Verifier(spec: try library.deliverableSpec(named: preset))
    var expectation = Expectation()
    expectation.joins = stitch?.declaredJoins ?? []
    let report = try verifier.verify(master, expectation: expectation) { progress in
      Terminal.progress(
        "verifying: \(counted(progress.frames, "frame"))",
        event: EventRecord(verifying: master, frames: progress.frames, fraction: progress.fraction))
    }
    return try JSONDecoder().decode(JSONValue.self, from: report.data())
  }
}
