import Files
import Foundation
import Libav
import Presets
import Stitching
import Timing
import Verification

/// Makes one file of one audio track.
struct AudioDelivery {
  private let deliverer: Deliverer
  private let recipe: DeliveryRecipe
  private let spec: DeliverableSpec?
  private let audio: VersionAudio

  init(_ deliverer: Deliverer, _ recipe: DeliveryRecipe, _ spec: DeliverableSpec?, stream: StreamInfo, isMain: Bool)
    throws
  {
    guard let audio = recipe.audio else {
      throw DeliveryError(.badRequest, "the recipe \(recipe.id) has neither video nor audio")
    }
    self.deliverer = deliverer
    self.recipe = recipe
    self.spec = spec
    let master = deliverer.master
    self.audio = VersionAudio(
      master: master, stream: stream, audio: audio, container: recipe.container, rate: master.rate,
      retiming: Retiming(stretch: .one, keepsPitch: false),
      headFrames: 0, programFrames: master.frameCount, language: nil,
      voice: isMain ? deliverer.options.voice : nil)
  }

  func write(to path: String, progress: (DeliveryEvent) -> Void) throws -> Deliverable {
    let clock = ContinuousClock()
    let start = clock.now
    guard let spec else { throw DeliveryError(.badRequest, "the recipe \(recipe.id) names no verify preset") }
    let output = try OutputFile(path, overwrite: deliverer.options.overwrite)
    let result = try output.written { path in
      try audio.write(to: path, check: { try Task.checkCancellation() }) {
        progress(.audio(preset: recipe.id, pass: $0))
      }
    }
    try deliverer.mark(output, as: recipe)
    let report = try deliverer.verify(
      output.temporaryPath, as: recipe, spec: spec, expecting: Expectation(), progress: progress)
    let marks = try deliverer.marks(of: report)
    let digest = try SHA256Text.ofFile(output.temporaryPath)
    if report.verdict != .fail { try output.commit() }
    return Deliverable(
      preset: recipe.id, file: path, verdict: report.verdict, verifyPreset: spec.id, problems: .init(report),
      checks: report.findings.map { .init($0) }, sha256: digest.sha256, bytes: digest.bytes,
      duration: Double(result.samples) / Double(audio.audio.sampleRate), marks: marks, video: nil,
      audio: .init(
        result, codec: audio.audio.codec.rawValue, sampleRate: audio.audio.sampleRate,
        channels: audio.format.layout.description), seconds: (clock.now - start) / .seconds(1),
      version: deliverer.options)
  }
}
