import Foundation
import Generation
import Ledger
import Libav
import Presets
import Probing
import Stills
import Storyboard
import Synchronization
import Timing
import Verification

/// Bytes between two reports of a download's progress.
private let bytesPerReport: Int64 = 1 << 20

extension ShotRunner {
  /// Waits for a generation; nil when it ended without a clip.
  func wait(for take: GenerationEntry) async throws -> GenerationResult? {
    guard let id = take.remoteID else {
      throw LedgerError(.inconsistent, "take \(take.take) of shot \(shot.id) has no id to wait for")
    }
    emit(.waiting, take: take.take)
    let last = Mutex(take.state)
    do {
      let result = try await stage.host.provider.wait(for: id, timeout: stage.options.timeout) { job in
        guard job.state == .processing, last.withLock({ $0 != .processing }) else { return }
        last.withLock { $0 = .processing }
        try? ledger.recordState(generation: take.number, .processing, startedAt: job.startedAt)
        emit(.processing, take: take.take)
      }
      try ledger.recordState(generation: take.number, .succeeded, completedAt: Ledger.systemTime())
      return result
    } catch let error as GenerationError {
      switch error.code {
      case .generationFailed, .insufficientCredits:
        try ledger.recordState(
          generation: take.number, .failed, error: error.message, completedAt: Ledger.systemTime())
      case .cancelled:
        try ledger.recordState(
          generation: take.number, .cancelled, error: error.message, completedAt: Ledger.systemTime())
      case .notFound:
        // Perhaps another account's key: what may have been paid is not given up without being told to.
        throw GenerationError(
          .notFound,
          "\(error.message) If it is lost for good, 'longtake redo … --shot \(shot.id)' makes the next run pay for a new "
            + "one.", status: error.status)
      default: throw error
      }
      failures.set(error, for: take.number)
      return nil
    }
  }

  /// Brings a clip into the workspace.
  /// - Parameter result: what was just waited for; nil asks the service for a fresh address.
  func fetch(_ take: GenerationEntry, _ result: GenerationResult?) async throws {
    let clip = try await clip(of: take, result)
    try ledger.recordClip(generation: take.number, clip)
    emit(.downloaded(bytes: clip.bytes), take: take.take)
  }

  private func clip(of take: GenerationEntry, _ result: GenerationResult?) async throws -> ClipEntry {
    if let result = result ?? deliveries.result(of: take.number) { return try await download(result, take) }
    if let clip = try adoptedClip(take) { return clip }
    return try await download(try await freshResult(of: take), take)
  }

  /// A clip without an id that an earlier run had brought and not yet written down: under its final name it is whole.
  private func adoptedClip(_ take: GenerationEntry) throws -> ClipEntry? {
    let name = Workspace.clipName(shot: shot.id, take: take.take)
    guard take.remoteID == nil, let bytes = FileDigest.size(ofFile: stage.workspace.path(name)) else { return nil }
    return ClipEntry(path: name, bytes: bytes, sha256: try FileDigest.sha256(ofFile: stage.workspace.path(name)))
  }

  private func freshResult(of take: GenerationEntry) async throws -> GenerationResult {
    let advice = "To pay for a new one, mark it with 'longtake redo … --shot \(shot.id)'."
    guard let id = take.remoteID else {
      throw PipelineError(
        .shotFailed, "the clip of take \(take.take) is lost, and it has no id by which it could be fetched. \(advice)")
    }
    do {
      let job = try await stage.host.provider.job(id)
      guard let address = job.resultURL else {
        throw PipelineError(
          .shotFailed, "the service says \(job.state.rawValue) of \(id) and gives no clip any more. \(advice)")
      }
      return .address(url: address, jobID: id)
    } catch let error as GenerationError where error.code == .notFound {
      throw PipelineError(.shotFailed, "the clip of take \(take.take) cannot be fetched: \(error.message) \(advice)")
    }
  }

  func download(_ result: GenerationResult, _ take: GenerationEntry) async throws -> ClipEntry {
    ResidentMemory.trim()
    let name = Workspace.clipName(shot: shot.id, take: take.take)
    let reported = Mutex<Int64>(0)
    let file = try await stage.host.provider.download(result, to: stage.workspace.path(name)) { bytes, total in
      let isDue = reported.withLock { last in
        guard bytes < last || bytes - last >= bytesPerReport || bytes == total else { return false }
        last = bytes
        return true
      }
      if isDue { stage.emit(.downloading(shot.id, take: take.take, bytes: bytes, of: total)) }
    }
    return ClipEntry(path: name, bytes: file.bytes, sha256: file.sha256)
  }

  /// Holds a clip against what was asked for; only a good one may seed the next shot.
  func verify(_ take: GenerationEntry) async throws {
    guard let clip = take.clip else {
      throw LedgerError(.inconsistent, "take \(take.take) of shot \(shot.id) has no clip to verify")
    }
    guard isWhole(clip) else {
      try setAside(clip, of: take)
      return
    }
    let judge = ClipVerifier(
      shot: shot, model: stage.model,
      startImage: try await frame(stage.storyboard.startFrame(of: shot), of: seeds.start),
      endImage: try await frame(stage.storyboard.endFrame(of: shot), of: seeds.end))
    let path = stage.workspace.path(clip.path)
    let report = try await stage.media.run {
      try judge.verify(path) { progress in
        stage.emit(.verifying(shot.id, frames: progress.frames, fraction: progress.fraction))
      }
    }
    let damage = ClipVerifier.damage(in: report)
    if !damage.isEmpty, canFetchAgain(take) {
      guard let first = deliveries.damagedBody(of: take.number) else {
        deliveries.recordDamagedBody(clip.sha256, of: take.number)
        return try fetchAgain(clip, of: take, "came damaged: \(damage.joined(separator: "; "))")
      }
      // The same bytes twice are what the service has; others broke on their way, and a new take would not mend that.
      if first != clip.sha256 { failures.set(damaged(clip, of: take, damage), for: take.number) }
    }
    let isGood = report.verdict != .fail
    try ledger.recordVerdict(
      generation: take.number, isGood: isGood, verdict: String(decoding: try report.data(), as: UTF8.self))
    emit(.verified(verdict: report.verdict.rawValue, reasons: report.reasons.map(\.message)), take: take.take)
  }

  /// Path of the frame, as it was sent, that a clip was to begin with or end on; nil where it is not on this disk.
  private func frame(_ frame: BoundaryFrame?, of seed: GenerationEntry?) async throws -> String? {
    let path: String?
    switch frame {
    case nil: path = nil
    case .image(let image):
      if case .file(let file) = image.location { path = try? await stage.fitter.ready(file).path } else { path = nil }
    case .first, .last:
      let kind: AnchorKind = if case .first = frame { .first } else { .last }
      path = try seed.flatMap { try ledger.anchor(of: $0.number, kind) }.map { stage.workspace.path($0.file.path) }
    }
    return path.flatMap { FileManager.default.isReadableFile(atPath: $0) ? $0 : nil }
  }

  // MARK: - Bodies that came damaged

  /// Whether the service can be asked for the clip once more; without an id only this run knows its address.
  private func canFetchAgain(_ take: GenerationEntry) -> Bool {
    take.remoteID != nil || deliveries.result(of: take.number) != nil
  }

  /// Puts a damaged body aside and has its take fetched again, without paying.
  private func fetchAgain(_ clip: ClipEntry, of take: GenerationEntry, _ why: String) throws {
    stage.emit(
      .notice(
        "take \(take.take) of shot \(shot.id) is fetched again; what was there is kept as \(clip.path).damaged: it \(why)"
      ))
    moveAside(clip, as: "damaged")
    try ledger.recordClipLost(generation: take.number)
  }

  private func damaged(_ clip: ClipEntry, of take: GenerationEntry, _ reasons: [String]) -> GenerationError {
    GenerationError(
      .damagedDownload,
      "the clip \(clip.path) came damaged twice, each time otherwise: \(reasons.joined(separator: "; ")). Take \(take.take) was "
        + "paid; running again fetches it again without paying.")
  }

  /// A paid take that an earlier run could not get whole deserves another try, unless another take counts.
  func giveDamagedClipsAnotherChance() throws {
    guard try ledger.chosenTake(shot: shot.id, contentDigest: contentDigest) == nil else { return }
    for take in try ledger.generations(shot: shot.id)
    where take.state == .rejected && !take.isSuperseded && take.contentDigest == contentDigest && take.remoteID != nil {
      guard let clip = take.clip, ClipVerifier.isDamage(verdict: take.verdict) else { continue }
      try fetchAgain(clip, of: take, "was damaged twice in an earlier run.")
    }
  }

  private func moveAside(_ clip: ClipEntry, as suffix: String) {
    let path = stage.workspace.path(clip.path)
    try? FileManager.default.removeItem(atPath: "\(path).\(suffix)")
    try? FileManager.default.moveItem(atPath: path, toPath: "\(path).\(suffix)")
  }

  // MARK: - Files that were changed behind our back

  /// Looks at the clips the ledger counts on; one that is lost or altered is fetched again, not paid again.
  func requireWholeClips() throws {
    let waiting = try ledger.generations(shot: shot.id).filter {
      $0.state == .downloaded && !$0.isSuperseded && $0.contentDigest == contentDigest
    }
    let chosen = try ledger.chosenTake(shot: shot.id, contentDigest: contentDigest)
    for take in waiting + (chosen.map { [$0] } ?? []) {
      if let clip = take.clip, !isWhole(clip) { try setAside(clip, of: take) }
    }
  }

  func isWhole(_ file: ClipEntry) -> Bool {
    let path = stage.workspace.path(file.path)
    return FileDigest.size(ofFile: path) == file.bytes && (try? FileDigest.sha256(ofFile: path)) == file.sha256
  }

  private func setAside(_ clip: ClipEntry, of take: GenerationEntry) throws {
    let path = stage.workspace.path(clip.path)
    let isThere = FileManager.default.fileExists(atPath: path)
    let fate = isThere ? "not what was downloaded; it is kept as \(clip.path).altered and" : "gone; it"
    stage.emit(.notice("the clip \(clip.path) is \(fate) is fetched again"))
    if isThere { moveAside(clip, as: "altered") }
    try ledger.recordClipLost(generation: take.number)
  }
}
