import Files
import Foundation
import Stitching

/// A stitch report in a few lines for people.
enum StitchSummary {
  static func lines(_ report: StitchReport) -> [String] {
    let dropped = report.shots.reduce(0) { $0 + $1.framesIn } - report.frames
    var lines = [
      "\(report.output): \(counted(report.frames, "frame")), \(String(format: "%.3f", report.duration)) s at "
        + "\(report.frameRate), \(dropped) dropped"
    ]
    for shot in report.shots {
      lines.append(
        "  \(shot.title): \(shot.framesKept) of \(counted(shot.framesIn, "frame")) kept, \(shot.framesEncoded) "
          + "re-encoded: \(shot.reason)")
    }
    lines += joins(report)
    if let audio = report.audio { lines += Self.lines(audio) }
    return lines
  }

  /// A line per join.
  static func joins(_ report: StitchReport) -> [String] {
    report.joins.map { join in
      let match = join.colorMatch.map { ", \($0.applied ? "corrected" : "not corrected: \($0.reason)")" } ?? ""
      let step = match + (join.audioStepDB.map { String(format: ", audio %+.1f dB", $0) } ?? "")
      return String(format: "  join %d at %.3f s: ", join.index, join.time)
        + "\(join.overlap) dropped, \(join.reason)" + doubt(join)
        + String(format: "; colour step ΔE %.2f, luma %+.2f", join.deltaE, join.deltaLuma) + step
    }
  }

  private static func lines(_ audio: AudioReport) -> [String] {
    guard audio.samples != nil else { return [] }
    let loudness = audio.loudness.map { String(format: "%.1f LUFS", $0) } ?? "silent"
    let peak = audio.truePeak.map { String(format: ", true peak %.1f dBTP", $0) } ?? ""
    let gain = audio.gain == 0 ? "" : String(format: ", gain %+.1f dB", audio.gain)
    let limited =
      audio.reduction < minimumReduction ? "" : String(format: ", peaks limited by up to %.1f dB", audio.reduction)
    var lines = ["  audio: \(audio.codec), \(loudness)\(peak)\(gain)\(limited)"]
    if let target = audio.targetLoudness, let reached = audio.loudness, abs(reached - target) > tolerance {
      lines.append(
        String(format: "  warning: loudness %.1f LUFS, expected %.1f: ", reached, target)
          + "more gain would limit the peaks audibly; lower --loudness or raise --true-peak")
    }
    return lines
  }

  /// LU between target and reached loudness, by EBU R 128.
  private static let tolerance = 0.5
  /// dB of limiting below which nothing is reported.
  private static let minimumReduction = 0.1

  private static func doubt(_ join: StitchReport.Join) -> String {
    guard !join.overlapCertain else { return join.transition == "cut" ? "" : ", \(join.transition)" }
    return String(
      format:
        " (uncertain: nearest frames differ by %.2f, neighbours by %.2f; inspect, and drop one with --overlap 1)",
      join.nearestDistance, join.ordinaryDistance) + (join.transition == "cut" ? "" : ", \(join.transition)")
  }
}
