import Files
import Foundation
import Libav
import Presets
import Probing
import Timing
import Verification

/// Makes an animated GIF or WebP.
struct AnimationDelivery {
  /// Frames between two reports of progress.
  private static let reportStep = 12

  private let deliverer: Deliverer
  private let recipe: DeliveryRecipe
  private let spec: DeliverableSpec?
  private let plan: DeliveryPlan

  init(_ deliverer: Deliverer, _ recipe: DeliveryRecipe, _ spec: DeliverableSpec?) throws {
    guard let video = recipe.video else { throw DeliveryError(.badRequest, "the recipe \(recipe.id) has no video") }
    self.deliverer = deliverer
    self.recipe = recipe
    self.spec = spec
    plan = try DeliveryPlan(recipe, video, master: deliverer.master, options: deliverer.options)
  }

  func write(to path: String, progress: (DeliveryEvent) -> Void) throws -> Deliverable {
    let clock = ContinuousClock()
    let start = clock.now
    let output = try OutputFile(path, overwrite: deliverer.options.overwrite)
    var frames = 0
    let writer = AnimationWriter(plan: plan)
    try output.written {
      try writer.write(to: $0) {
        try Task.checkCancellation()
        frames += 1
        if frames % Self.reportStep == 0 {
          let seconds = (clock.now - start) / .seconds(1)
          let speed = seconds > 0 ? Double(frames) / seconds : 0
          progress(
            .encoded(
              preset: recipe.id, frames: frames, of: plan.frameCount, framesPerSecond: speed,
              remaining: speed > 0 ? Double(plan.frameCount - frames) / speed : nil))
        }
      }
    }
    try deliverer.mark(output, as: recipe)
    let checked = try spec.map { spec in
      let report = try deliverer.verify(
        output.temporaryPath, as: recipe, spec: spec, expecting: Expectation(size: (plan.width, plan.height)),
        progress: progress)
      return (
        verdict: report.verdict, problems: [Deliverable.Problem](report),
        checks: report.findings.map { Deliverable.Check($0) },
        frames: Int(report.probe?.video?.counted?.shownPackets ?? 0),
        seconds: report.probe?.video?.counted?.duration?.doubleValue
      )
    }
    let structure = spec == nil ? AnimatedWebP(try Data(contentsOf: URL(fileURLWithPath: output.temporaryPath))) : nil
    let isWhole = structure.map { $0.width == plan.width && $0.height == plan.height } ?? false
    let verdict = checked?.verdict ?? (isWhole ? Verdict.pass : .fail)
    let marks = try deliverer.marks(of: nil)
    let digest = try SHA256Text.ofFile(output.temporaryPath)
    if verdict != .fail { try output.commit() }
    let broken = [
      Deliverable.Problem(
        check: "container.opens", status: "fail", message: "file not a whole animated WebP of the planned size")
    ]
    let rate = plan.video.previewRate ?? plan.master.rate
    let seconds = structure.map { Double($0.milliseconds) / 1000 } ?? checked?.seconds
    return Deliverable(
      preset: recipe.id, file: path, verdict: verdict, verifyPreset: spec?.id ?? "structure",
      problems: checked?.problems ?? (isWhole ? [] : broken), checks: checked?.checks ?? [], sha256: digest.sha256,
      bytes: digest.bytes,
      duration: seconds ?? 0, marks: marks,
      video: .init(
        codec: recipe.container.rawValue, width: plan.width, height: plan.height, frameRate: rate.description,
        frames: structure?.frames ?? checked?.frames ?? 0, headFrames: 0,
        masterFrameRate: plan.master.rate.description), audio: nil, seconds: (clock.now - start) / .seconds(1))
  }
}
