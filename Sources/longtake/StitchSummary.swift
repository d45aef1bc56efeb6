import Foundation
import Stitching

/// A stitch in a few lines for people.
enum StitchSummary {
  static func lines(_ report: StitchReport) -> [String] {
    let kept = report.shots.reduce(0) { $0 + $1.framesIn }
    var lines = [
      "\(report.output): \(report.frames) pictures, \(String(format: "%.3f", report.duration)) s at \(report.frameRate) (\(kept - report.frames) repeated ones dropped)"
    ]
    for shot in report.shots {
      lines.append(
        "  \(shot.title): \(shot.framesKept) of \(shot.framesIn) kept, \(shot.framesEncoded) encoded again: \(shot.reason)"
      )
    }
    for join in report.joins {
      let level = join.audioStepDB.map { String(format: ", sound %+.1f dB", $0) } ?? ""
      lines.append(
        String(format: "  join %d at %.3f s: ", join.index, join.time)
          + "\(join.overlap) dropped, \(join.reason)"
          + String(format: "; colour step ΔE %.2f, luma %+.2f", join.deltaE, join.deltaLuma) + level)
    }
    return lines
  }
}
