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
  /// - Returns: nil when the descriptor gives no bit rate.
  init?(_ storyboard: Storyboard, _ model: ModelDescriptor, fetched: [Shot], makesMaster: Bool) {
    guard let rate = model.output.bitRate else { return nil }
    func bytes(_ seconds: Rational) -> Int64 { Int64(seconds.doubleValue * Double(rate) / 8 * Self.margin) }
    func seconds(_ shots: [Shot], takes: Bool) -> Rational {
      shots.reduce(.zero) { $0 + ($1.seconds(with: model) ?? .zero) * Int64(takes ? $1.takes : 1) }
    }
    clips = bytes(seconds(fetched, takes: true))
    master = makesMaster ? bytes(seconds(storyboard.shots, takes: false)) : 0
  }
}

extension RunContext {
  /// - Throws: ``PipelineError`` `inputOutput` when a paid run would fill the disk.
  func requireSpace(makesMaster: Bool) throws {
    guard budget.isPaid else { return }
    let kept = try digests.chosenTakes()
    let fetched = storyboard.shots.filter { kept[$0.id] == nil }
    guard !fetched.isEmpty, let free = workspace.freeSpace,
      let needed = SpaceEstimate(storyboard, model, fetched: fetched, makesMaster: makesMaster), needed.total > free
    else { return }
    func text(_ bytes: Int64) -> String { "\(bytes >> 20) MiB" }
    throw PipelineError(
      .inputOutput,
      "the disk of \(workspace.directory) has \(text(free)) left, and the run needs about \(text(needed.total)): "
        + "\(text(needed.clips)) for \(counted(fetched.count, "shot")) and \(text(2 * needed.master)) for the master and its "
        + "temporary file. Nothing was sent. Free some space, or choose another --workspace.")
  }
}
