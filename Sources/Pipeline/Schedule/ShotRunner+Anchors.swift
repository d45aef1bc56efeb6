import Files
import Foundation
import Ledger
import Libav
import Presets
import Probing
import Review
import Stills
import Storyboard
import Timing

extension ShotRunner {
  /// Writes the frames of the clip that other shots are made from, as images that the model accepts; those that exist, are
  /// whole and are what the storyboard asks for now are kept.
  func makeAnchors(of take: GenerationEntry) async throws {
    for kind in AnchorKind.allCases where anchors.contains(kind) {
      if let anchor = try ledger.anchor(of: take.number, kind), try isWhole(anchor.file),
        fits(anchor, limits(for: kind)),
        kind == .first || AnchorRecord(anchor)?.search?.asked == shot.anchorSearch
      {
        continue
      }
      try await makeAnchor(of: take, kind)
    }
  }

  /// What the model of the shot that is made from the frame accepts.
  private func limits(for kind: AnchorKind) -> ImageLimits {
    let user = context.storyboard.shots.first { other in
      switch kind {
      case .last: context.storyboard.startFrame(of: other) == .last(of: shot)
      case .first: context.storyboard.endFrame(of: other) == .first(of: shot)
      }
    }
    return ImageLimits(
      of: context.targets.model(of: user ?? shot), for: kind == .last ? .startImage : .endImage)
  }

  /// Whether an image made earlier, perhaps for another model, is accepted by this one.
  private func fits(_ anchor: AnchorEntry, _ limits: ImageLimits) -> Bool {
    anchor.file.bytes <= limits.maximumBytes
      && limits.formats.contains(anchor.mediaType == "image/png" ? .png : .jpeg)
  }

  private func makeAnchor(of take: GenerationEntry, _ kind: AnchorKind) async throws {
    guard let clip = take.clip else {
      throw LedgerError(.inconsistent, "take \(take.take) of shot \(shot.id) has no clip to extract a frame from")
    }
    let limits = limits(for: kind)
    let path = context.workspace.path(clip.path)
    let search = kind == .last ? shot.anchorSearch : nil
    let anchor = try await context.media.run {
      if let search { return try Anchor(of: path, searching: search, limits: limits) }
      return try Anchor(of: path, request: kind == .last ? .last : .first, limits: limits)
    }
    let suffix = anchor.still.format == .png ? "png" : "jpg"
    let name = Workspace.anchorName(shot: shot.id, kind, suffix: suffix)
    try OutputFile.replace(context.workspace.path(name), with: anchor.still.bytes)
    let other = Workspace.anchorName(shot: shot.id, kind, suffix: suffix == "png" ? "jpg" : "png")
    try? FileManager.default.removeItem(atPath: context.workspace.path(other))
    let entry = ClipEntry(
      path: name, bytes: Int64(anchor.still.bytes.count), sha256: SHA256Text.of(anchor.still.bytes))
    AnchorStill.keep(anchor, path: context.workspace.path(name), sha256: entry.sha256)
    try ledger.recordAnchor(
      generation: take.number, entry, as: kind, mediaType: anchor.still.mediaType,
      selection: ShotDigests.selection(search), detail: AnchorRecord(anchor, asked: search).json)
    emit(.anchored(kind, file: name), take: take.take)
    if let choice = anchor.choice, choice.droppedAfter > 0 {
      context.emit(.notice("shot \(shot.id) starts the next shot from its frame #\(choice.index): \(choice.reason)"))
    }
  }
}
