import Foundation

/// A row of the join strip, as texts.
struct JoinContext {
  private let join: ReviewReport.Join
  private let report: ReviewReport
  private let text: PageText
  private let assets: PageAssets

  init(_ join: ReviewReport.Join, _ report: ReviewReport, text: PageText, assets: PageAssets) {
    self.join = join
    self.report = report
    self.text = text
    self.assets = assets
  }

  var values: [String: Any] {
    var values: [String: Any] = [
      "index": "\(join.index)", "from": join.from, "to": join.to, "verdict": join.verdict,
      "verdictText": text["verdict.\(join.verdict).word"], "reason": join.reason,
      "seconds": String(format: "%.4f", join.time), "clock": PageContext.clock(join.time), "frame": "\(join.frame)",
      "cells": cells, "measures": measures, "wave": false,
    ]
    if let audio = join.audio {
      values["wave"] = ["path": Self.wave(audio)]
    }
    return values
  }

  private var cells: [[String: Any]] {
    let range = join.frame - StillPlan.stripReach - 1..<join.frame + StillPlan.stripReach
    return join.stills.filter { range.contains($0.frame) }.map { still in
      let offset = still.frame - join.frame
      return [
        "image": assets.attributes(of: still.file), "isFirstAfter": offset == 0,
        "label": offset == -1 ? "N" : offset < 0 ? "N−\(-offset - 1)" : "N+\(offset + 1)",
        "alt": text["joins.cell", ["frame": "\(still.frame)", "shot": offset < 0 ? join.from : join.to]],
        "frame": "\(still.frame)",
        "width": "\(report.master?.width ?? 1)", "height": "\(report.master?.height ?? 1)",
      ]
    }
  }

  /// Figures with their names; those that were not measured are left out.
  private var measures: [[String: String]] {
    var list: [(String, String)] = []
    if let overlap = join.overlap { list.append((text["joins.overlap"], "\(overlap)")) }
    list.append(("ΔE", JoinJudgement.number(join.deltaE, 1)))
    list.append((text["joins.luma"], JoinJudgement.signed(join.deltaLuma, 1)))
    if let step = join.step { list.append((text["joins.step"], JoinJudgement.number(step, 1) + "×")) }
    if join.stalledFrames > 1 { list.append((text["joins.stall"], "\(join.stalledFrames)")) }
    if let motion = join.motion {
      if let ratio = motion.speedRatio { list.append((text["joins.speed"], JoinJudgement.number(ratio, 2) + "×")) }
      if let angle = motion.direction { list.append((text["joins.direction"], JoinJudgement.number(angle, 0) + "°")) }
    }
    if let sharpness = join.sharpnessStep {
      list.append((text["joins.sharpness"], JoinJudgement.signed(100 * sharpness, 0) + " %"))
    }
    if let step = join.audioStepDB { list.append((text["joins.audio"], JoinJudgement.signed(step, 1) + " dB")) }
    if let offset = join.avOffset {
      list.append((text["joins.offset"], JoinJudgement.signed(1000 * offset, 0) + " ms"))
    }
    return list.map { ["name": $0.0, "value": $0.1] }
  }

  /// A waveform as one SVG path in a box of 240 by 40, scaled to the loudest sample.
  static func wave(_ excerpt: ReviewReport.Excerpt) -> String {
    let loudest = max(0.01, (excerpt.high + excerpt.low.map(abs)).max() ?? 1)
    return zip(excerpt.low, excerpt.high).enumerated().map { number, range in
      let (low, high) = (20 - range.0 / loudest * 19, 20 - range.1 / loudest * 19)
      return String(format: "M%d %.1fV%.1f", number, max(low, high + 0.6), high)
    }.joined()
  }
}
