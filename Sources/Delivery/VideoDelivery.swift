import Captions
import Files
import Foundation
import Libav
import Presets
import Probing
import Stitching
import Timing
import Verification

/// Makes the versions of a recipe with video, one per language: chunks and audio side by side, then the files, then their
/// verification. All have the same video packets.
struct VideoDelivery {
  private let deliverer: Deliverer
  private let recipe: DeliveryRecipe
  private let spec: DeliverableSpec?
  private let plan: DeliveryPlan
  private var options: DeliveryOptions { deliverer.options }
  private var master: DeliveryMaster { deliverer.master }

  init(_ deliverer: Deliverer, _ recipe: DeliveryRecipe, _ spec: DeliverableSpec?) throws {
    guard let video = recipe.video else {
      throw DeliveryError(.badRequest, "the recipe \(recipe.id) has no video")
    }
    self.deliverer = deliverer
    self.recipe = recipe
    self.spec = spec
    plan = try DeliveryPlan(recipe, video, master: deliverer.master, options: deliverer.options)
  }

  func write(progress: @escaping (DeliveryEvent) -> Void) throws -> [Deliverable] {
    let clock = ContinuousClock()
    let start = clock.now
    let share = EncoderShare(workers: options.workers, width: plan.width, height: plan.height)
    let chunks = ChunkPlan(
      headFrames: plan.headFrames, frameCount: plan.frameCount, workers: share.encoders,
      starts: master.accessPoints.map { $0 + plan.headFrames }
    ).chunks
    let folder = try WorkFolder(in: options.folder, preset: recipe.id, key: try key(chunks))
    let container = recipe.container.rawValue
    var done: [Int: ChunkEncoder.Written] = [:]
    for chunk in chunks.indices { done[chunk] = folder.written(ChunkWorkers.name(chunk, container: container)) }
    if !done.isEmpty { progress(.resumed(preset: recipe.id, chunks: done.count, of: chunks.count)) }
    let audio = audioWork(folder)
    defer { audio.cancel() }
    let missing = chunks.indices.filter { done[$0] == nil }.reduce(0) { $0 + chunks[$1].count }
    let encoder = ChunkEncoder(plan: plan, slate: slate, threads: share.threads)
    let encodingStart = clock.now
    let written = try ChunkWorkers(encoder, chunks: chunks, folder: folder, done: done).run(
      threads: share.encoders
    ) {
      frames in
      let seconds = (clock.now - encodingStart) / .seconds(1)
      let speed = seconds > 0 ? Double(frames) / seconds : 0
      progress(
        .encoded(
          preset: recipe.id, frames: plan.frameCount - missing + frames, of: plan.frameCount, framesPerSecond: speed,
          remaining: frames > 0 ? Double(missing - frames) / speed : nil))
    }
    let results = try audio.value()
    let parts = Parts(chunks: chunks, written: written, resumed: done.count, folder: folder, start: start)
    let delivered = try deliverer.variants.enumerated().map { number, variant in
      try finish(
        variant, parts, audio: results[number].map { ($0, folder.file(audioName(number))) }, progress: progress)
    }
    folder.remove()
    return delivered
  }

  /// The encoded parts of all versions.
  private struct Parts {
    let chunks: [Range<Int>]
    let written: [ChunkEncoder.Written]
    let resumed: Int
    let folder: WorkFolder
    let start: ContinuousClock.Instant
  }

  /// Writes and verifies the version of one language.
  private func finish(
    _ variant: Deliverer, _ parts: Parts, audio: (result: VersionAudio.Result, file: String)?,
    progress: @escaping (DeliveryEvent) -> Void
  ) throws -> Deliverable {
    let options = variant.options
    let path = variant.ownFiles(of: recipe)[0]
    let output = try OutputFile(path, overwrite: options.overwrite)
    let captions = CaptionDelivery(options.captions(of: master), plan: plan, options: options)
    progress(.writing(preset: recipe.id))
    let writer = VersionWriter(
      plan: plan, chunks: parts.chunks, written: parts.written, folder: parts.folder,
      audio: audio?.file, metadata: deliverer.metadata, language: options.language,
      captions: captions.embedded)
    try output.written { try writer.write(to: $0) { try Task.checkCancellation() } }
    try captions.prove(output.temporaryPath, duration: plan.duration)
    try deliverer.mark(output, as: recipe)
    var expectation = Expectation(duration: plan.duration, audio: audio == nil ? nil : true, frameRate: plan.rate)
    expectation.frameCount = plan.frameCount
    guard let spec else { throw DeliveryError(.badRequest, "the recipe \(recipe.id) names no verify preset") }
    let report = try deliverer.verify(
      output.temporaryPath, as: recipe, spec: spec, expecting: expectation, progress: progress)
    let marks = try deliverer.marks(of: report)
    let digest = try SHA256Text.ofFile(output.temporaryPath)
    var delivered: [Deliverable.Captions] = []
    if report.verdict != .fail {
      try output.commit()
      delivered = try captions.write(beside: path, overwrite: options.overwrite)
    }
    return Deliverable(
      preset: recipe.id, file: path, verdict: report.verdict, verifyPreset: spec.id, problems: .init(report),
      checks: report.findings.map { .init($0) }, sha256: digest.sha256, bytes: digest.bytes,
      duration: plan.duration.doubleValue, marks: marks,
      video: .init(
        codec: report.probe?.video?.info.codecName ?? plan.video.encoder, width: plan.width, height: plan.height,
        frameRate: plan.rate.description, frames: plan.frameCount, headFrames: plan.headFrames,
        masterFrameRate: master.rate.description),
      audio: audio.map {
        .init(
          $0.result, codec: recipe.audio?.codec.rawValue ?? "", sampleRate: recipe.audio?.sampleRate ?? 0,
          channels: versionAudio(variant)?.format.layout.description ?? "")
      }, captions: delivered, chunks: parts.chunks.count, resumedChunks: parts.resumed,
      seconds: (ContinuousClock().now - parts.start) / .seconds(1), version: options)
  }

  private func audioName(_ number: Int) -> String { "audio-\(number).\(recipe.container.rawValue)" }

  private func versionAudio(_ variant: Deliverer) -> VersionAudio? {
    guard let audio = recipe.audio, variant.hasAudio else { return nil }
    return VersionAudio(
      master: master, stream: master.audio.first, audio: audio, container: recipe.container, rate: plan.rate,
      retiming: Retiming(stretch: plan.stretch, keepsPitch: options.keepsPitch), headFrames: plan.headFrames,
      programFrames: master.frameCount, language: variant.options.language, voice: variant.options.voice)
  }

  /// The audio of all versions, one after the other.
  private func audioWork(_ folder: WorkFolder) -> BackgroundWork<[VersionAudio.Result?]> {
    let versions = deliverer.variants.enumerated().map { number, variant in
      (audio: versionAudio(variant), file: folder.file(audioName(number)))
    }
    return BackgroundWork(named: "longtake.delivery-audio") { check in
      try versions.map { version in try version.audio?.write(to: version.file, check: check) { _ in } }
    }
  }

  /// Everything that the parts depend on.
  private func key(_ chunks: [Range<Int>]) throws -> String {
    let recipe = String(decoding: try JSONOutput.data(self.recipe), as: UTF8.self)
    return [
      master.sha256, recipe, "\(plan.fit)", "\(plan.center)", "\(chunks)", "\(String(describing: options.label))",
      plan.burned.map { $0.track.text(as: .webVTT) } ?? "",
      slate.lines.joined(separator: "\n"),
      LibraryVersions.release, options.tool,
    ].joined(separator: "\0")
  }

  private var slate: SlateText {
    guard recipe.head != nil else { return SlateText(lines: []) }
    let seconds = plan.rate.duration(frames: master.frameCount).doubleValue
    let lines: [(String, String?)] = [
      ("Title", deliverer.title), ("Ad-ID", options.adID), ("Advertiser", options.advertiser),
      ("Duration", String(format: "%.2f s, %d frames", seconds, master.frameCount)),
      ("Video", "\(plan.width)x\(plan.height), \(plan.rate) frames per second, progressive"),
      ("Audio", recipe.audio.map { "stereo, \($0.loudness.map { String(format: "%.0f LKFS", $0) } ?? "as mixed")" }),
      ("Language", deliverer.variants.count == 1 ? deliverer.variants[0].options.language : nil), ("Preset", recipe.id),
    ]
    return SlateText(lines: lines.compactMap { name, value in value.map { "\(name): \($0)" } })
  }
}
