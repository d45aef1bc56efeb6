import Files
import Foundation
import Ledger
import Presets
import Storyboard

/// The shots that were redone between their neighbours, and what stays of their earlier clips.
struct Isolations: Sendable {
  /// The storyboard in which each of them ends on the next one's first frame.
  let storyboard: Storyboard
  /// By shot: the take whose frames the shots after it were made from and stay.
  let anchorTakes: [String: GenerationEntry]
  /// By shot after another of these: the take of that one on whose last frame it starts, which counted when it was redone.
  let startTakes: [String: GenerationEntry]

  /// - Parameter excluded: a shot whose isolation is passed over.
  /// - Throws: ``PipelineError`` `inputOutput` when the image that a shot was to end on is gone.
  init(
    _ storyboard: Storyboard, targets: ShotTargets, ledger: Ledger, workspace: Workspace, images: LocalImageCache,
    except excluded: String? = nil
  ) throws {
    var changed = storyboard
    var takes: [String: GenerationEntry] = [:]
    var starts: [String: GenerationEntry] = [:]
    for entry in try ledger.isolations() where entry.shot != excluded {
      guard let shot = storyboard.shot(entry.shot), let take = try ledger.generation(entry.anchorGeneration),
        try Self.inputsDigest(of: shot, storyboard, targets, images) == entry.inputsDigest
      else { continue }
      let path = workspace.path(entry.end.path)
      guard (try? FileDigest.sha256(ofFile: path)) == entry.end.sha256 else {
        throw PipelineError(
          .inputOutput,
          "\(path), the frame that shot \(shot.id) is to end on, is missing or was altered; run 'longtake redo … --shot "
            + "\(shot.id) --between' again.")
      }
      changed = changed.ending(shot.id, on: path)
      takes[shot.id] = take
      starts[shot.id] = try entry.startGeneration.flatMap(ledger.generation)
    }
    self.storyboard = changed
    anchorTakes = takes
    // Only while the shot before it is one of these, too, does its earlier clip stand for it otherwise.
    startTakes = starts.filter { id, start in
      takes[start.shot] != nil && storyboard.shot(id).flatMap { storyboard.startFrame(of: $0)?.shot }?.id == start.shot
    }
  }

  /// The digest of a shot's own inputs.
  static func inputsDigest(
    of shot: Shot, _ storyboard: Storyboard, _ targets: ShotTargets, _ images: LocalImageCache
  ) throws -> String {
    SHA256Text.of(
      try storyboard.canonicalContent(of: shot, model: targets.model(of: shot)) { try images.identity(of: $0) })
  }
}
