import Foundation
import Stitching

/// A stitch in a few lines for people.
enum StitchSummary {
  static func lines(_ report: StitchReport) -> [String] {
    let kept = report.shots.reduce(0) { $0 + $1.framesIn }
    var lines = [
      "\(report.output): \(report.frames) frames, \(String(format: "%.3f", report.duration)) s at \(report.frameRate) (\(kept - report.frames) dropped)"
    ]
    for shot in report.shots {
      lines.append(
        "  \(shot.title): \(shot.framesKept) of \(shot.framesIn) kept, \(shot.framesEncoded) encoded again: \(shot.reason)"
      )
    }
    for join in report.joins {
      let match = join.colorMatch.map { ", \($0.applied ? "corrected" : "not corrected: \($0.reason)")" } ?? ""
      let level = match + (join.audioStepDB.map { String(format: ", audio %+.1f dB", $0) } ?? "")
      lines.append(
        String(format: "  join %d at %.3f s: ", join.index, join.time)
          + "\(join.overlap) dropped, \(join.reason)" + doubt(join)
          + String(format: "; colour step ΔE %.2f, luma %+.2f", join.deltaE, join.deltaLuma) + level)
    }
    if let audio = report.audio { lines += Self.lines(audio) }
    return lines
  }

  private static func lines(_ audio: AudioReport) -> [String] {
    guard audio.samples != nil else { return [] }
    let loudness = audio.loudness.map { String(format: "%.1f LUFS", $0) } ?? "silent"
    let peak = audio.truePeak.map { String(format: ", true peak %.1f dBTP", $0) } ?? ""
    let gain = audio.gain == 0 ? "" : String(format: ", raised by %+.1f dB", audio.gain)
    let limited =
      audio.reduction < leastReduction ? "" : String(format: ", peaks down by up to %.1f dB", audio.reduction)
    var lines = ["  audio: \(audio.codec), \(loudness)\(peak)\(gain)\(limited)"]
    if let target = audio.targetLoudness, let reached = audio.loudness, abs(reached - target) > tolerance {
      lines.append(
        String(format: "  warning: the audio is at %.1f LUFS, not %.1f: ", reached, target)
          + "more would push its peaks down audibly; ask for less, or allow higher peaks with --true-peak")
    }
    return lines
  }

  /// LU that a master may be off the loudness asked for, by EBU R 128.
  private static let tolerance = 0.5
  /// dB of the limiter that are worth a word.
  private static let leastReduction = 0.1

  private static func doubt(_ join: StitchReport.Join) -> String {
    guard !join.overlapCertain else { return join.transition == "cut" ? "" : ", \(join.transition)" }
    return String(
      format:
        " (uncertain: the nearest frames differ by %.2f, neighbours by %.2f; look, and use --overlap 1 to drop one)",
      join.nearestDistance, join.ordinaryDistance) + (join.transition == "cut" ? "" : ", \(join.transition)")
  }
}
