import Files
import Foundation
import Ledger
import Presets
import Storyboard
import Timing

/// The disk space that a run needs, so that nothing is paid for that could not be stored.
///
/// Estimated from the bit rate that the model's descriptor gives: the clips still to be fetched, the master, and its
/// temporary twin beside it while it is written.
struct SpaceEstimate: Sendable {
  /// Of the bit rate, for clips that are larger than usual.
  private static let margin = 1.25

  /// Bytes.
  let clips: Int64
  let master: Int64

  var total: Int64 { clips + 2 * master }

  /// - Parameters:
  ///   - fetched: shots whose clips are still to be fetched.
  ///   - makesMaster: whether the clips will be joined.
  /// - Returns: nil when a descriptor gives no bit rate.
  init?(_ storyboard: Storyboard, _ targets: ShotTargets, fetched: [Shot], makesMaster: Bool) {
    func bytes(_ shot: Shot) -> Int64? {
      let model = targets.model(of: shot)
      guard let rate = model.output.bitRate else { return nil }
      return Int64((shot.seconds(with: model) ?? .zero).doubleValue * Double(rate) / 8 * Self.margin)
    }
    var clips: Int64 = 0
    var master: Int64 = 0
    for shot in fetched {
      guard let one = bytes(shot) else { return nil }
      clips += one * Int64(shot.takes)
    }
    for shot in makesMaster ? storyboard.shots : [] {
      guard let one = bytes(shot) else { return nil }
      master += one
    }
    self.clips = clips
    self.master = master
  }
}

extension RunContext {
  /// - Throws: ``PipelineError`` `inputOutput` when a paid run would fill the disk.
  func requireSpace(makesMaster: Bool) throws {
    guard plan.isPaid else { return }
    let kept = try digests.chosenTakes()
    let fetched = storyboard.shots.filter { kept[$0.id] == nil }
    guard !fetched.isEmpty, let free = workspace.freeSpace,
      let needed = SpaceEstimate(storyboard, targets, fetched: fetched, makesMaster: makesMaster), needed.total > free
    else { return }
    func text(_ bytes: Int64) -> String { "\(bytes >> 20) MiB" }
    throw PipelineError(
      .inputOutput,
      "the disk of \(workspace.directory) has \(text(free)) left, and the run needs about \(text(needed.total)): "
        + "\(text(needed.clips)) for \(counted(fetched.count, "shot")) and \(text(2 * needed.master)) for the master and its "
        + "temporary file. Nothing was sent. Free some space, or choose another --workspace.")
  }
}
