import Foundation
import Stitching

/// The verdict on one join, from what was measured around it.
///
/// Limits are relative to the two shots themselves where motion decides, so that hectic and calm scenes are judged by
/// their own standard.
struct JoinJudgement: Sendable {
  enum Verdict: String, Sendable {
    case clean, check, seam
    /// The shots meet in a cut or a transition, which is no fault.
    case cut
  }

  /// ΔE2000 that is looked at, and that is seen.
  private static let deltaE = (check: 2.0, seam: 4.0)
  /// Luma steps in code values.
  private static let luma = (check: 2.5, seam: 5.0)
  /// Relative changes of sharpness.
  private static let sharpness = (check: 0.2, seam: 0.45)
  /// The frame difference over the join relative to its neighbours.
  private static let jump = (check: 1.8, seam: 3.0)
  /// Below this part of its neighbours' difference, a frame repeats the one before.
  private static let repeated = 0.25
  /// Below this part of both shots' median difference, motion stalls.
  private static let stall = 0.35
  /// Steps of the audio level in dB.
  private static let audio = (check: 4.0, seam: 9.0)
  /// Seconds of A/V offset.
  private static let offset = (check: 0.022, seam: 0.045)
  /// Code values: with less difference from frame to frame the scene is still.
  private static let still = 0.25
  /// Frames from the join on each side whose differences are compared.
  private static let window = 3...8
  /// ΔE2000 over a join that is a cut to another scene.
  private static let cut = 12.0

  let verdict: Verdict
  let reason: String
  /// Sum of all excesses, for ordering.
  let score: Double
  let step: Double?
  let sharpnessStep: Double?
  let stalledFrames: Int

  /// - Parameters:
  ///   - join: the first frame after it.
  ///   - reported: what the stitch reported of it.
  init(
    at join: Int, in frames: [FrameMeasurement], _ colors: MasterSurvey.JoinColors, reported: StitchReport.Join?,
    text: PageText
  ) {
    func differences(_ range: Range<Int>) -> [Double] {
      range.compactMap { frames.indices.contains($0) ? frames[$0].difference : nil }
    }
    let before = Self.median(differences(join - Self.window.upperBound..<join - Self.window.lowerBound + 1))
    let after = Self.median(differences(join + Self.window.lowerBound..<join + Self.window.upperBound + 1))
    let own = frames[join].difference
    let neighbours = [before, after].compactMap(\.self)
    let ordinary = neighbours.isEmpty ? nil : neighbours.reduce(0, +) / Double(neighbours.count)
    let isMoving = (ordinary ?? 0) >= Self.still
    step = isMoving ? own.flatMap { own in ordinary.map { own / $0 } } : nil
    stalledFrames = Self.stalled(at: join, frames, before: before, after: after)
    sharpnessStep = Self.sharpness(at: join, frames)
    let isTransition = reported.map { $0.transition != "cut" } ?? false
    // A new scene: the step dwarfs the motion and the colours differ.
    let isCut = (step ?? 0) > 6 && colors.deltaE > Self.cut || reported?.reason.contains("cut") == true
    if isTransition || isCut {
      verdict = .cut
      reason = isTransition ? text["verdict.transition", ["kind": reported?.transition ?? ""]] : text["verdict.cut"]
      score = -1
      return
    }
    var faults: [(weight: Double, text: String)] = []
    func compare(_ value: Double?, _ limits: (check: Double, seam: Double), _ key: String, _ shown: (Double) -> String)
    {
      guard let value, abs(value) >= limits.check else { return }
      let weight = abs(value) >= limits.seam ? 2 * abs(value) / limits.seam : abs(value) / limits.seam
      faults.append((weight, text[key, ["value": shown(value)]]))
    }
    if !colors.isMeasured { faults.append((1, text["verdict.missing"])) }
    compare(colors.deltaE, Self.deltaE, "verdict.color") { Self.number($0, 1) }
    compare(colors.deltaLuma, Self.luma, "verdict.luma") { Self.signed($0, 1) }
    compare(sharpnessStep, Self.sharpness, "verdict.sharpness") { Self.signed(100 * $0, 0) + " %" }
    compare(step, Self.jump, "verdict.jump") { Self.number($0, 1) }
    if let step, step < Self.repeated { faults.append((3, text["verdict.repeated"])) }
    if stalledFrames > 1 {
      faults.append((stalledFrames > 3 ? 2.5 : 0.7, text["verdict.stall", ["value": "\(stalledFrames)"]]))
    }
    compare(reported?.audioStepDB, Self.audio, "verdict.audio") { Self.signed($0, 1) + " dB" }
    compare(reported?.avOffset, Self.offset, "verdict.offset") { Self.signed(1000 * $0, 0) + " ms" }
    if reported?.overlapCertain == false { faults.append((0.5, text["verdict.uncertain"])) }
    let worst = faults.map(\.weight).max() ?? 0
    verdict = worst >= 2 ? .seam : faults.isEmpty ? .clean : .check
    let told = faults.sorted { $0.weight > $1.weight }.prefix(2).map(\.text)
    reason = told.isEmpty ? text["verdict.clean"] : told.joined(separator: "; ")
    score = faults.reduce(0) { $0 + $1.weight } + colors.deltaE / 100
  }

  /// Frames around the join in a row that change far less than the shots do.
  private static func stalled(
    at join: Int, _ frames: [FrameMeasurement], before: Double?, after: Double?
  ) -> Int {
    guard let before, let after, min(before, after) >= still else { return 0 }
    let limit = stall * min(before, after)
    var (longest, current) = (0, 0)
    for frame in max(1, join - window.lowerBound)...min(frames.count - 1, join + window.upperBound) {
      current = (frames[frame].difference ?? .infinity) < limit ? current + 1 : 0
      longest = max(longest, current)
    }
    return longest
  }

  /// Frames on either side whose sharpness is averaged: several, because coding alone changes it from frame to frame.
  private static let sharpnessReach = 12

  private static func sharpness(at join: Int, _ frames: [FrameMeasurement]) -> Double? {
    let before = frames[max(0, join - sharpnessReach)..<join].map(\.sharpness).filter { $0 > 0 }
    let after = frames[join..<min(frames.count, join + sharpnessReach)].map(\.sharpness).filter { $0 > 0 }
    guard !before.isEmpty, !after.isEmpty else { return nil }
    let (first, second) = (before.reduce(0, +) / Double(before.count), after.reduce(0, +) / Double(after.count))
    return second / first - 1
  }

  private static func median(_ values: [Double]) -> Double? {
    let ordered = values.sorted()
    return ordered.isEmpty ? nil : ordered[ordered.count / 2]
  }

  static func number(_ value: Double, _ digits: Int) -> String { String(format: "%.\(digits)f", value) }

  static func signed(_ value: Double, _ digits: Int) -> String {
    let text = String(format: "%.\(digits)f", abs(value))
    return (Double(text) == 0 ? "" : value < 0 ? "−" : "+") + text
  }
}
