import Foundation
import Pipeline
import Stitching
import Synchronization

/// Draws what the pipeline does: a line per step, and on a terminal one more line that moves.
final class RunDrawing: Sendable {
  private struct State {
    var started: [String: ContinuousClock.Instant] = [:]
  }

  private static let barWidth = 24
  private let clock = ContinuousClock()
  private let began = ContinuousClock().now
  private let state = Mutex(State())

  func show(_ event: PipelineEvent) {
    switch event {
    case .began(let workspace, let provider, let model, let shots):
      Terminal.note("\(shots.count) shots by \(provider) (\(model)), workspace \(workspace)")
      if provider == ProviderHost.sandboxName {
        Terminal.note("The sandbox is a stand-in: it renders by itself, no model is asked, nothing is paid.")
      }
    case .shot(let shot, let take, let step): line(name(shot, take), step.words, since: start(shot))
    case .downloading(let shot, let take, let bytes, let total):
      moving(name(shot, take), "downloading \(megabytes(bytes))", total.map { Double(bytes) / Double(max($0, 1)) })
    case .verifying(let shot, let frames, let fraction):
      moving(shot ?? "master", "checking picture \(frames)", fraction)
    case .stitching(let event): show(event)
    case .masterKept(let path): line("master", "kept from an earlier run: \(path)", since: began)
    case .masterWritten(let path, let frames): line("master", "written: \(path), \(frames) pictures", since: began)
    case .drawingContactSheet: moving("contact sheet", "drawing", nil)
    case .notice(let text): Terminal.warning(text)
    case .ended: break
    }
  }

  private func show(_ event: StitchEvent) {
    switch event {
    case .indexed(let shot, let count): moving("master", "reading shot \(shot) of \(count)", nil)
    case .analysed(let join, let count, let overlap):
      line(
        "master", "join \(join) of \(count): \(overlap) repeated picture\(overlap == 1 ? "" : "s") dropped",
        since: began)
    case .written(let frames, let count):
      moving("master", "writing picture \(frames) of \(count)", Double(frames) / Double(max(count, 1)))
    case .proving: moving("master", "reading back what was written", nil)
    }
  }

  private func start(_ shot: String) -> ContinuousClock.Instant {
    state.withLock { state in
      if let known = state.started[shot] { return known }
      let now = clock.now
      state.started[shot] = now
      return now
    }
  }

  private func name(_ shot: String, _ take: Int?) -> String { take.map { "\(shot) take \($0)" } ?? shot }

  private func line(_ name: String, _ text: String, since start: ContinuousClock.Instant) {
    Terminal.note("[\(seconds(since: start))] \(name): \(text)")
  }

  private func moving(_ name: String, _ text: String, _ fraction: Double?) {
    let bar = fraction.map { part in
      let full = Int((max(0, min(1, part)) * Double(Self.barWidth)).rounded())
      return " [" + String(repeating: "#", count: full) + String(repeating: "·", count: Self.barWidth - full) + "]"
    }
    Terminal.progress("[\(seconds(since: began))] \(name): \(text)\(bar ?? "")")
  }

  private func seconds(since start: ContinuousClock.Instant) -> String {
    let elapsed = start.duration(to: clock.now).components.seconds
    return String(format: "%2d:%02d", elapsed / 60, elapsed % 60)
  }

  private func megabytes(_ bytes: Int64) -> String { String(format: "%.1f MB", Double(bytes) / 1_000_000) }
}
