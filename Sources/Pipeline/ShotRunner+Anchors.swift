import Files
import Foundation
import Ledger
import Libav
import Presets
import Probing
import Stills
import Storyboard
import Timing

extension ShotRunner {
  /// Writes those frames of the clip that other shots are made from and that are not there, not whole or not what the
  /// storyboard asks for now, so that the model takes them.
  func makeAnchors(of take: GenerationEntry) async throws {
    for kind in AnchorKind.allCases where anchors.contains(kind) {
      if let anchor = try ledger.anchor(of: take.number, kind), isWhole(anchor.file),
        kind == .first || AnchorDetail(anchor)?.search?.asked == shot.anchorSearch
      {
        continue
      }
      try await makeAnchor(of: take, kind)
    }
  }

  private func makeAnchor(of take: GenerationEntry, _ kind: AnchorKind) async throws {
    guard let clip = take.clip else {
      throw LedgerError(.inconsistent, "take \(take.take) of shot \(shot.id) has no clip to take a frame of")
    }
    let limits = ImageLimits(of: stage.model, for: kind == .last ? .startImage : .endImage)
    let path = stage.workspace.path(clip.path)
    let search = kind == .last ? shot.anchorSearch : nil
    let anchor = try await stage.media.run {
      if let search { return try Anchor(of: path, searching: search, limits: limits) }
      return try Anchor(of: path, request: kind == .last ? .last : .first, limits: limits)
    }
    let suffix = anchor.still.format == .png ? "png" : "jpg"
    let name = Workspace.anchorName(shot: shot.id, kind, suffix: suffix)
    let file = try OutputFile(stage.workspace.path(name), overwrite: true)
    try file.write(anchor.still.bytes)
    try file.commit()
    let other = Workspace.anchorName(shot: shot.id, kind, suffix: suffix == "png" ? "jpg" : "png")
    try? FileManager.default.removeItem(atPath: stage.workspace.path(other))
    let entry = ClipEntry(
      path: name, bytes: Int64(anchor.still.bytes.count), sha256: FileDigest.sha256(of: anchor.still.bytes))
    try ledger.recordAnchor(
      generation: take.number, entry, as: kind, mediaType: anchor.still.mediaType,
      detail: AnchorDetail.json(anchor, asked: search).canonicalJSON)
    emit(.anchored(kind, file: name), take: take.take)
    if let choice = anchor.choice, choice.droppedAfter > 0 {
      stage.emit(.notice("shot \(shot.id) starts the next from its frame #\(choice.index): \(choice.reason)"))
    }
  }
}
