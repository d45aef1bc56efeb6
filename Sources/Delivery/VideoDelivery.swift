import Captions
import Files
import Foundation
import Libav
import Presets
import Probing
import Stitching
import Timing
import Verification

/// Makes one version with video: chunks and audio side by side, then the file, then its verification.
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

  func write(to path: String, progress: @escaping (DeliveryEvent) -> Void) throws -> Deliverable {
    let clock = ContinuousClock()
    let start = clock.now
    let output = try OutputFile(path, overwrite: options.overwrite)
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
    defer { audio?.cancel() }
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
    let audioResult = try audio?.value()
    let captions = CaptionDelivery(options.captions(of: master), plan: plan, options: options)
    progress(.writing(preset: recipe.id))
    try VersionWriter(
      plan: plan, chunks: chunks, written: written, folder: folder,
      audio: audio == nil ? nil : folder.file(audioName), metadata: deliverer.metadata, language: options.language,
      captions: captions.embedded
    ).write(to: output.temporaryPath) { try Task.checkCancellation() }
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
    folder.remove()
    return Deliverable(
      preset: recipe.id, file: path, verdict: report.verdict, verifyPreset: spec.id, problems: .init(report),
      sha256: digest.sha256, bytes: digest.bytes, duration: plan.duration.doubleValue, marks: marks,
      video: .init(
        codec: report.probe?.video?.info.codecName ?? plan.video.encoder, width: plan.width, height: plan.height,
        frameRate: plan.rate.description, frames: plan.frameCount, headFrames: plan.headFrames,
        masterFrameRate: master.rate.description),
      audio: audioResult.map {
        .init(
          $0, codec: recipe.audio?.codec.rawValue ?? "", sampleRate: recipe.audio?.sampleRate ?? 0,
          channels: versionAudio?.format.layout.description ?? "")
      }, captions: delivered, chunks: chunks.count, resumedChunks: done.count,
      seconds: (clock.now - start) / .seconds(1))
  }

  private var audioName: String { "audio.\(recipe.container.rawValue)" }

  private var versionAudio: VersionAudio? {
    guard let audio = recipe.audio, let stream = master.audio.first else { return nil }
    return VersionAudio(
      master: master, stream: stream, audio: audio, container: recipe.container, rate: plan.rate,
      retiming: Retiming(stretch: plan.stretch, keepsPitch: options.keepsPitch), headFrames: plan.headFrames,
      programFrames: master.frameCount,
      language: options.language)
  }

  private func audioWork(_ folder: WorkFolder) -> BackgroundWork<VersionAudio.Result>? {
    guard let audio = versionAudio else { return nil }
    let path = folder.file(audioName)
    return BackgroundWork(named: "longtake.delivery-audio") { check in
      try audio.write(to: path, check: check) { _ in }
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
      ("Language", options.language), ("Preset", recipe.id),
    ]
    return SlateText(lines: lines.compactMap { name, value in value.map { "\(name): \($0)" } })
  }
}
