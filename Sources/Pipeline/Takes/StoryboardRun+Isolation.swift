import Files
import Foundation
import Ledger
public import Presets
import Stills
import Storyboard

/// What a redo of one shot between its neighbours would do, known before anything is changed.
public struct IsolatedRedo: Sendable {
  public let shot: String
  /// The shot whose last frame it starts from; nil for one that starts a chain.
  public let previous: String?
  /// The shot on whose first frame it will end, and which stays as it is.
  public let next: String
  /// Of all takes of the shot; nil when a price is not known.
  public let cost: USD?
  /// The take of it that the next shot was made from.
  let anchorTake: GenerationEntry
  /// The take of the previous shot that counts, where that was redone between its neighbours, too.
  let startTake: GenerationEntry?
  let nextTake: GenerationEntry
}

extension StoryboardRun {
  /// Finds out whether a shot can be regenerated between its neighbours.
  /// - Throws: ``PipelineError`` `unsupported` with the reason when it cannot be; `shotFailed` when its clips are not
  ///   there; ``StoryboardError``; ``LedgerError`` `notFound` where nothing has been run.
  public func isolatedRedo(of id: String) throws -> IsolatedRedo {
    let (storyboard, targets, _) = try plan.usable()
    guard let shot = try storyboard.withDependents([id]).first(where: { $0.id == id }) else {
      throw PipelineError(.unsupported, "the storyboard has no shot \(quoted(id)).")
    }
    guard let next = storyboard.shots.first(where: { storyboard.dependency(of: $0)?.id == id }) else {
      throw PipelineError(
        .unsupported, "no shot starts from the last frame of \(id), so 'redo' without --between keeps everything else.")
    }
    guard shot.end == .none else {
      throw PipelineError(
        .unsupported, "shot \(id) ends on a frame of its own by the storyboard; --between cannot give it another.")
    }
    let model = targets.model(of: shot)
    guard let field = model.fields[.endImage] else {
      throw PipelineError(.unsupported, "\(model.id) takes no end image, which --between needs.")
    }
    guard shot.start != .none || !field.requires.contains(.startImage) else {
      throw PipelineError(
        .unsupported, "\(model.id) takes an end image only with a start image, and shot \(id) has none.")
    }
    let ledger = try Ledger(readingWorkspace: workspace.directory)
    let (anchorTake, nextTake) = try takes(of: shot, before: next, storyboard, targets, ledger)
    let previous = storyboard.dependency(of: shot)?.id
    let digests = try digests(storyboard, targets, ledger, except: id)
    let isolated = previous.flatMap(storyboard.shot).flatMap { digests.isIsolated($0) ? $0.id : nil }
    let startTake = try isolated.flatMap { try digests.chosenTakes()[$0] }
    return IsolatedRedo(
      shot: id, previous: previous, next: next.id,
      cost: Budget(targets: targets, limit: nil).cost(of: [shot]), anchorTake: anchorTake,
      startTake: startTake, nextTake: nextTake)
  }

  /// Marks a shot to be regenerated between its neighbours: the next run makes it end on the first frame of the next shot,
  /// and keeps everything after it.
  /// - Throws: as ``isolatedRedo(of:)`` does; `LibavError` when the next shot's clip cannot be read.
  public func redoBetween(
    _ id: String, acceptingDoublePayment acceptsDoublePayment: Bool = false, agreed isAgreed: Bool = false
  ) throws {
    let (storyboard, targets, _) = try plan.usable()
    let redo = try isolatedRedo(of: id)
    let regeneration = try regeneration(redoing: [id]).only(redo)
    try regeneration.requireSinglePayment(unless: acceptsDoublePayment)
    guard let shot = storyboard.shot(id), let clip = redo.nextTake.clip else { return }
    let frame = try Anchor(
      of: workspace.path(clip.path), request: .first, limits: ImageLimits(of: targets.model(of: shot), for: .endImage))
    let ledger = try writableLedger()
    let name = Workspace.endImageName(shot: id, suffix: frame.still.format == .png ? "png" : "jpg")
    try OutputFile.replace(workspace.path(name), with: frame.still.bytes)
    let end = ClipEntry(
      path: name, bytes: Int64(frame.still.bytes.count), sha256: SHA256Text.of(frame.still.bytes))
    let isolation = IsolationEntry(
      shot: id, inputsDigest: try Isolations.inputsDigest(of: shot, storyboard, targets, LocalImageCache()),
      anchorGeneration: redo.anchorTake.number, startGeneration: redo.startTake?.number, end: end)
    try ledger.recordRedo(
      [id], releasing: acceptsDoublePayment ? [id] : [], isolation: isolation,
      agreed: isAgreed ? regeneration.agreements : [])
  }

  /// The digests of the storyboard, with shots that were redone between their neighbours.
  /// - Parameter excluded: a shot that is not taken for one of these.
  func digests(
    _ storyboard: Storyboard, _ targets: ShotTargets, _ ledger: Ledger, except excluded: String? = nil
  ) throws -> ShotDigests {
    let images = LocalImageCache()
    let isolations = try Isolations(
      storyboard, targets: targets, ledger: ledger, workspace: workspace, images: images, except: excluded)
    return ShotDigests(
      storyboard: isolations.storyboard, targets: targets, images: images, ledger: ledger,
      anchorTakes: isolations.anchorTakes, startTakes: isolations.startTakes)
  }

  /// The verified take of the next shot that counts, and the take of the shot that it was made from.
  private func takes(
    of shot: Shot, before next: Shot, _ storyboard: Storyboard, _ targets: ShotTargets, _ ledger: Ledger
  ) throws -> (GenerationEntry, GenerationEntry) {
    let digests = try digests(storyboard, targets, ledger, except: shot.id)
    let chosen = try digests.chosenTakes()
    let snapshot = try ledger.snapshot(of: next.id)
    let candidates = snapshot.currentTakes().filter { $0.state == .verified && $0.clip != nil }
    let preferred = candidates.filter { $0.number == snapshot.picked } + candidates
    for take in preferred {
      for source in try ledger.generations(shot: shot.id).reversed() where source.state == .verified {
        var takes = chosen
        takes[shot.id] = source
        guard let sources = digests.sources(of: next, among: takes),
          try digests.digests(of: next, sources)?.all.contains(take.contentDigest) == true
        else { continue }
        return (source, take)
      }
    }
    throw PipelineError(
      .shotFailed,
      "shot \(next.id) has no verified clip that was made from shot \(shot.id) as the storyboard is now; run first.")
  }
}
