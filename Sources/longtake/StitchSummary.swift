import Foundation
import Stitching

/// A stitch in a few lines for people.
enum StitchSummary {
  static func lines(_ report: StitchReport) -> [String] {
    let kept = report.shots.reduce(0) { $0 + $1.framesIn }
    var lines = [
      "\(report.output): \(report.frames) pictures, \(String(format: "%.3f", report.duration)) s at \(report.frameRate) (\(kept - report.frames) dropped)"
    ]
    for shot in report.shots {
      lines.append(
        "  \(shot.title): \(shot.framesKept) of \(shot.framesIn) kept, \(shot.framesEncoded) encoded again: \(shot.reason)"
      )
    }
    for join in report.joins {
      let match = join.colorMatch.map { ", \($0.applied ? "corrected" : "not corrected: \($0.reason)")" } ?? ""
      let level = match + (join.audioStepDB.map { String(format: ", sound %+.1f dB", $0) } ?? "")
      lines.append(
        String(format: "  join %d at %.3f s: ", join.index, join.time)
          + "\(join.overlap) dropped, \(join.reason)" + doubt(join)
          + String(format: "; colour step ΔE %.2f, luma %+.2f", join.deltaE, join.deltaLuma) + level)
    }
    return lines
  }

  private static func doubt(_ join: StitchReport.Join) -> String {
    guard !join.overlapCertain else { return join.transition == "cut" ? "" : ", \(join.transition)" }
    return String(
      format:
        " (uncertain: the nearest pictures differ by %.2f, neighbours by %.2f; look, and use --overlap 1 to drop one)",
      join.nearestDistance, join.ordinaryDistance) + (join.transition == "cut" ? "" : ", \(join.transition)")
  }
}
