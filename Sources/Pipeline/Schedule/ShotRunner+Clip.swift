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
    if context.options.sharing != nil { try await requireEnded(take, id) }
    emit(.waiting, take: take.take)
    let last = Mutex(take.state)
    do {
      let result = try await host(of: take).provider.wait(for: id, timeout: context.options.timeout) { job in
        if !job.state.isFinal { context.backgroundDownloads.note(take, .waiting) }
        guard job.state == .processing, last.withLock({ $0 != .processing }) else { return }
        last.withLock { $0 = .processing }
        try? ledger.recordState(generation: take.number, .processing, startedAt: job.startedAt)
        emit(.processing, take: take.take)
      }
      context.options.failpoint?(.generationEnded)
      try ledger.recordState(generation: take.number, .succeeded, completedAt: Ledger.systemTime())
      return result
    } catch let error as GenerationError {
      context.options.failpoint?(.generationEnded)
      switch error.code {
      case .generationFailed, .insufficientCredits:
        try ledger.recordState(
          generation: take.number, .failed, error: error.message, completedAt: Ledger.systemTime(),
          mayCost: host(of: take).provider.mayCharge(forFailure: error.status))
      case .cancelled:
        let job = try? await host(of: take).provider.job(id)
        let known = try ledger.generation(take.number) ?? take
        try ledger.recordState(
          generation: take.number, .cancelled, error: error.message, completedAt: Ledger.systemTime(),
          mayCost: host(of: take).isPaid && (job.map(known.mayCost(cancelledAs:)) ?? true))
      case .notFound:
        if let kept = await keptResult(of: take) {
          try ledger.recordState(generation: take.number, .succeeded, completedAt: Ledger.systemTime())
          return kept
        }
        // Perhaps another account's key: only the user may give up what may have been paid.
        throw GenerationError(
          .notFound,
          "\(error.message) If it is lost for good and a new one is to be paid for, \(orderAnew).", status: error.status
        )
      default: throw error
      }
      state.record(error, of: take.number)
      return nil
    }
  }

  /// - Throws: ``NotYet`` while the service still works on it.
  private func requireEnded(_ take: GenerationEntry, _ id: String) async throws {
    // What keeps it from being asked for is for the wait itself to tell.
    guard let job = try? await host(of: take).provider.job(id), !job.state.isFinal else { return }
    if job.state == .processing, take.state != .processing {
      try ledger.recordState(generation: take.number, .processing, startedAt: job.startedAt)
    }
    throw NotYet(
      "take \(take.take) of shot \(shot.id) is \(job.state.rawValue)", retryAfter: host.provider.pollInterval)
  }

  /// Downloads a clip into the workspace.
  /// - Parameter result: what was just waited for; nil asks the service for a fresh address.
  func download(_ take: GenerationEntry, _ result: GenerationResult?) async throws {
    let clip = try await clip(of: take, result)
    try ledger.recordClip(generation: take.number, clip)
    emit(.downloaded(bytes: clip.bytes), take: take.take)
  }

  private func clip(of take: GenerationEntry, _ result: GenerationResult?) async throws -> ClipEntry {
    if let result = result ?? state.result(of: take.number) { return try await download(result, of: take) }
    if let clip = try adoptedClip(take) { return clip }
    return try await download(try await freshResult(of: take), of: take)
  }

  /// A clip without an id that an earlier run had downloaded and not yet recorded: under its final name it is whole.
  private func adoptedClip(_ take: GenerationEntry) throws -> ClipEntry? {
    let name = Workspace.clipName(shot: shot.id, take: take.take)
    guard take.remoteID == nil, let bytes = FileDigest.size(ofFile: context.workspace.path(name)) else { return nil }
    return ClipEntry(path: name, bytes: bytes, sha256: try FileDigest.sha256(ofFile: context.workspace.path(name)))
  }

  private func freshResult(of take: GenerationEntry) async throws -> GenerationResult {
    let advice = "To pay for a new one, \(orderAnew)."
    guard let id = take.remoteID else {
      throw PipelineError(
        .shotFailed,
        "the clip of take \(take.take) is lost, and it has no id by which it could be downloaded again. \(advice)")
    }
    do {
      let job = try await host(of: take).provider.job(id)
      guard let address = job.resultURL else {
        if let kept = await keptResult(of: take) { return kept }
        throw PipelineError(
          .shotFailed, "the service reports \(id) as \(job.state.rawValue) and no longer has its clip. \(advice)")
      }
      return .address(url: address, jobID: id)
    } catch let error as GenerationError where error.code == .notFound {
      if let kept = await keptResult(of: take) { return kept }
      throw PipelineError(.shotFailed, "the clip of take \(take.take) cannot be downloaded: \(error.message) \(advice)")
    }
  }

  /// Where the clip is that the service no longer gives by its id.
  private func keptResult(of take: GenerationEntry) async -> GenerationResult? {
    guard let id = take.remoteID else { return nil }
    let request = LostRequest(
      GenerationRequest(model: take.model, parameters: [:]), sentAt: take.submittedAt ?? take.createdAt)
    let address = try? await host(of: take).provider.keptResult(of: id, of: request)
    return address.map { .address(url: $0, jobID: id) }
  }

  func download(_ result: GenerationResult, of take: GenerationEntry) async throws -> ClipEntry {
    context.backgroundDownloads.note(take, .moving)
    let name = Workspace.clipName(shot: shot.id, take: take.take)
    let reported = Mutex<Int64>(0)
    let file = try await host(of: take).provider.download(result, to: context.workspace.path(name)) { bytes, total in
      let isDue = reported.withLock { last in
        guard bytes < last || bytes - last >= bytesPerReport || bytes == total else { return false }
        last = bytes
        return true
      }
      if isDue { context.emit(.downloading(shot.id, take: take.take, bytes: bytes, of: total)) }
    }
    context.options.failpoint?(.clipDownloaded)
    return ClipEntry(path: name, bytes: file.bytes, sha256: file.sha256)
  }

  /// Verifies a clip against what was asked for; only a verified one is anchored.
  func verify(_ take: GenerationEntry) async throws {
    guard let clip = take.clip else {
      throw LedgerError(.inconsistent, "take \(take.take) of shot \(shot.id) has no clip to verify")
    }
    guard try isWhole(clip) else {
      try setAside(clip, of: take)
      return
    }
    let verifier = ClipVerifier(
      shot: shot, model: model, spec: context.plan.clipSpecs[shot.index],
      startImage: try await frame(context.storyboard.startFrame(of: shot), of: sources.start),
      endImage: try await frame(context.storyboard.endFrame(of: shot), of: sources.end))
    let path = context.workspace.path(clip.path)
    let report = try await context.media.run {
      try verifier.verify(path) { progress in
        context.emit(.verifying(shot.id, frames: progress.frames, fraction: progress.fraction))
      }
    }
    let damage = ClipVerifier.damage(in: report)
    if !damage.isEmpty, canDownloadAgain(take) {
      guard let first = state.damagedBody(of: take.number) else {
        state.recordDamagedBody(clip.sha256, of: take.number)
        return try downloadAgain(clip, of: take, "arrived damaged: \(damage.joined(separator: "; "))")
      }
      // The same bytes twice are what the service has; other bytes broke in transit, and a new take would not help.
      if first != clip.sha256 { state.record(damaged(clip, of: take, damage), of: take.number) }
    }
    let isGood = report.verdict != .fail
    try ledger.recordVerdict(
      generation: take.number, isGood: isGood, verdict: String(decoding: try report.data(), as: UTF8.self))
    emit(.verified(verdict: report.verdict.rawValue, reasons: report.reasons.map(\.message)), take: take.take)
  }

  /// Path of the image, as it was sent, that a clip was to start or end on; nil where it is not on this disk.
  private func frame(_ frame: BoundaryFrame?, of source: GenerationEntry?) async throws -> String? {
    let path: String?
    switch frame {
    case nil: path = nil
    case .image(let image):
      if case .file(let file) = image.location {
        path = try? await context.fitter.fit(file, for: model).path
      } else {
        path = nil
      }
    case .first, .last:
      let kind: AnchorKind = if case .first = frame { .first } else { .last }
      path = try source.flatMap { try ledger.anchor(of: $0.number, kind) }.map { context.workspace.path($0.file.path) }
    }
    return path.flatMap { FileManager.default.isReadableFile(atPath: $0) ? $0 : nil }
  }

  // MARK: - Damaged bodies

  /// Whether the clip can be downloaded once more; without an id only this run has its address.
  private func canDownloadAgain(_ take: GenerationEntry) -> Bool {
    take.remoteID != nil || state.result(of: take.number) != nil
  }

  /// Moves a damaged body aside and has its take downloaded again, without paying.
  private func downloadAgain(_ clip: ClipEntry, of take: GenerationEntry, _ why: String) throws {
    context.emit(
      .notice(
        "take \(take.take) of shot \(shot.id) is downloaded again; the earlier file is kept as \(clip.path).damaged: it \(why)"
      ))
    moveAside(clip, as: "damaged")
    try ledger.recordClipLost(generation: take.number)
  }

  private func damaged(_ clip: ClipEntry, of take: GenerationEntry, _ reasons: [String]) -> GenerationError {
    GenerationError(
      .damagedDownload,
      "the clip \(clip.path) arrived damaged twice, with different bytes: \(reasons.joined(separator: "; ")). Take "
        + "\(take.take) was paid; running again downloads it again without paying.")
  }

  /// Has the clips downloaded again that an earlier run rejected as damaged.
  func redownload(_ actions: [NextAction]) throws {
    for case .redownload(let take) in actions {
      guard let clip = take.clip else { continue }
      try downloadAgain(clip, of: take, "arrived damaged twice in an earlier run.")
    }
  }

  private func moveAside(_ clip: ClipEntry, as suffix: String) {
    let path = context.workspace.path(clip.path)
    try? FileManager.default.removeItem(atPath: "\(path).\(suffix)")
    try? FileManager.default.moveItem(atPath: path, toPath: "\(path).\(suffix)")
  }

  // MARK: - Files that were lost or altered

  /// Checks the clips that the ledger counts on; one that is lost or altered is downloaded again, not paid again.
  func requireWholeClips() throws {
    let snapshot = try ledger.snapshot(of: shot.id)
    let waiting = snapshot.currentTakes(digests).filter { $0.state == .downloaded }
    for take in waiting + [snapshot.chosenTake(digests)].compactMap(\.self) {
      if let clip = take.clip, try !isWhole(clip) { try setAside(clip, of: take) }
    }
  }

  /// - Throws: `CancellationError`: what could not be read for it is not altered.
  func isWhole(_ file: ClipEntry) throws -> Bool {
    let path = context.workspace.path(file.path)
    guard FileDigest.size(ofFile: path) == file.bytes else { return false }
    do {
      return try FileDigest.sha256(ofFile: path) == file.sha256
    } catch let error as CancellationError {
      throw error
    } catch {
      return false
    }
  }

  private func setAside(_ clip: ClipEntry, of take: GenerationEntry) throws {
    let path = context.workspace.path(clip.path)
    let exists = FileManager.default.fileExists(atPath: path)
    let fate = exists ? "was altered; it is kept as \(clip.path).altered and" : "is missing; it"
    context.emit(.notice("the clip \(clip.path) \(fate) is downloaded again"))
    if exists { moveAside(clip, as: "altered") }
    try ledger.recordClipLost(generation: take.number)
  }
}
