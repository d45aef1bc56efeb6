import Delivery
import Files
import Pipeline
import Review
import Stitching

extension EventRecord {
  /// Nil for what is reported in another way.
  init?(_ event: PipelineEvent) {
    switch event {
    case .began(let workspace, let provider, let model, let shots):
      self.init(
        .note, "\(counted(shots.count, "shot")) by \(provider) (\(model))", step: "planned", file: workspace,
        total: Int64(shots.count), unit: "shots")
    case .shot(let shot, let take, let step):
      self.init(.shot, step.text, shot: shot, take: take, step: step.word)
    case .downloading(let shot, let take, let bytes, let total):
      self.init(
        .progress, "downloading", shot: shot, take: take, step: "downloading", done: bytes, total: total, unit: "bytes")
    case .verifying(let shot, let frames, let fraction):
      let total = fraction.flatMap { $0 > 0 ? Int64((Double(frames) / $0).rounded()) : nil }
      self.init(
        .progress, "verifying", shot: shot, step: "verifying", done: Int64(frames), total: total, unit: "frames")
    case .stitching(let event): self.init(event)
    case .masterKept(let path): self.init(.note, "the master of an earlier run is kept", step: "kept", file: path)
    case .masterWritten(let path, let frames):
      self.init(.written, "the master is written", step: "master", file: path, total: Int64(frames), unit: "frames")
    case .drawingContactSheet: self.init(.progress, "drawing the contact sheet", step: "contact_sheet")
    case .reviewing(let event): self.init(event)
    case .reviewWritten(let path): self.init(.written, "the review page is written", step: "review", file: path)
    case .delivering(let event): self.init(event)
    case .delivered(let path, let verdict):
      self.init(.written, "a delivery version is made: \(verdict)", step: "deliverable", file: path)
    case .deliverablesKept(let count):
      self.init(
        .note, "the delivery versions of an earlier run are kept", step: "kept", total: Int64(count), unit: "files")
    case .notice, .ended: return nil
    }
  }

  /// - Parameter fraction: of the file, where it is known.
  init(verifying file: String, frames: Int, fraction: Double?) {
    let total = fraction.flatMap { $0 > 0 ? Int64((Double(frames) / $0).rounded()) : nil }
    self.init(
      .progress, "verifying", step: "verifying", file: file, done: Int64(frames), total: total, unit: "frames")
  }

  init(_ event: StitchEvent) {
    switch event {
    case .indexed(let shot, let count):
      self.init(.progress, "reading shots", step: "reading", done: Int64(shot), total: Int64(count), unit: "shots")
    case .analysed(let join, let count, let overlap):
      self.init(
        .progress, "join \(join): \(counted(overlap, "repeated frame")) dropped", step: "join", done: Int64(join),
        total: Int64(count), unit: "joins")
    case .measuringLoudness(let pass):
      self.init(.progress, "measuring loudness", step: "loudness", done: Int64(pass), unit: "passes")
    case .written(let frames, let count):
      self.init(
        .progress, "writing the master", step: "writing", done: Int64(frames), total: Int64(count), unit: "frames")
    case .proving: self.init(.progress, "verifying the master", step: "proving")
    }
  }

  init(_ event: DeliveryEvent) {
    let text = DeliveryProgress.text(event).text
    switch event {
    case .encoded(_, let frames, let count, _, _):
      self.init(.progress, text, step: "encoding", done: Int64(frames), total: Int64(count), unit: "frames")
    case .verifying(_, let frames, _):
      self.init(.progress, text, step: "verifying", done: Int64(frames), unit: "frames")
    case .resumed(_, let chunks, let count):
      self.init(.note, text, step: "resumed", done: Int64(chunks), total: Int64(count), unit: "chunks")
    case .audio: self.init(.progress, text, step: "audio")
    case .writing: self.init(.progress, text, step: "writing")
    }
  }

  init?(_ event: ReviewEvent) {
    guard !ReviewProgress.isWarning(event) else { return nil }
    let text = ReviewProgress.text(event).0
    switch event {
    case .surveying(let frames, let count):
      self.init(
        .progress, "measuring frames", step: "measuring", done: Int64(frames), total: Int64(count), unit: "frames")
    case .encodingProxy(let frames, let count):
      self.init(
        .progress, "encoding the proxy", step: "proxy", done: Int64(frames), total: Int64(count), unit: "frames")
    default: self.init(.progress, text, step: "page")
    }
  }
}

extension ShotStep {
  /// Its fixed word in events.
  fileprivate var word: String {
    switch self {
    case .kept: "kept"
    case .reconciling: "reconciling"
    case .uploading: "uploading"
    case .submitting: "submitting"
    case .submitted: "submitted"
    case .adopted: "adopted"
    case .waiting: "waiting"
    case .processing: "processing"
    case .downloaded: "downloaded"
    case .verified: "verified"
    case .anchored: "anchored"
    case .retrying: "retrying"
    case .done: "done"
    case .failed: "failed"
    case .blocked: "blocked"
    }
  }
}
