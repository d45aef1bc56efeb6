import Delivery
import Files
import Foundation
import Pipeline
import Review
import Stitching
import Synchronization

/// Reports the pipeline's events on stderr: a line per step, and on a terminal a progress line.
final class RunProgress: Sendable {
  /// Published by the services for a 4K shot.
  private static let usualWait = "usually 5–15 min"
  /// Between two reports of waiting shots, where no line can be redrawn.
  private static let heartbeat: Duration = .seconds(300)

  private struct Wait {
    var isPaid = false
    /// Start of the wait, by shot.
    var shots: [String: ContinuousClock.Instant] = [:]
  }

  private let wait = Mutex(Wait())
  private let ticker = Mutex<Task<Void, Never>?>(nil)
  private static let barWidth = 24
  private let clock = ContinuousClock()
  private let began = ContinuousClock().now

  init() {
    let pace = Terminal.isInteractive ? .seconds(1) : Self.heartbeat
    let task = Task { [weak self] in
      while !Task.isCancelled {
        try? await Task.sleep(for: pace)
        guard let self, !Task.isCancelled else { return }
        self.showWaiting()
      }
    }
    ticker.withLock { $0 = task }
  }

  deinit { ticker.withLock { $0?.cancel() } }

  private func showWaiting() {
    let (isPaid, shots) = wait.withLock { ($0.isPaid, $0.shots) }
    guard !shots.isEmpty else { return }
    let list = shots.sorted { $0.value < $1.value }
      .map { "\($0.key) for \(Self.minutes($0.value.duration(to: clock.now)))" }.joined(separator: ", ")
    let text = "[\(elapsed)] waiting: \(list)\(isPaid ? " (\(Self.usualWait))" : "")"
    if Terminal.isInteractive { Terminal.progress(text) } else { Terminal.note(text, isEvent: false) }
  }

  private func track(_ name: String, _ step: ShotStep) {
    wait.withLock { wait in
      switch step {
      case .waiting, .processing: wait.shots[name] = wait.shots[name] ?? clock.now
      default: wait.shots[name] = nil
      }
    }
  }

  func show(_ event: PipelineEvent) {
    if Events.isActive, let record = EventRecord(event) { Events.emit(record) }
    switch event {
    case .began(let workspace, let provider, let model, let shots):
      Terminal.note("\(counted(shots.count, "shot")) by \(provider) (\(model)), workspace \(workspace)", isEvent: false)
      wait.withLock { $0.isPaid = provider != ProviderHost.sandboxName }
      if provider == ProviderHost.sandboxName {
        Terminal.note("the sandbox is a simulator: no model is asked, nothing is paid")
      }
    case .shot(let shot, let take, let step):
      track(name(shot, take), step)
      let usual = step == .waiting && wait.withLock { $0.isPaid } ? ", \(Self.usualWait)" : ""
      line(name(shot, take), step.text + usual)
    case .downloading(let shot, let take, let bytes, let total):
      progress(name(shot, take), "downloading \(megabytes(bytes))", total.map { Double(bytes) / Double(max($0, 1)) })
    case .verifying(let shot, let frames, let fraction):
      progress(shot ?? "master", "verifying frame \(frames)", fraction)
    case .stitching(let event): show(event)
    case .masterKept(let path): line("master", "kept from an earlier run: \(path)")
    case .masterWritten(let path, let frames): line("master", "written: \(path), \(counted(frames, "frame"))")
    case .reviewing(let event): show(event)
    case .reviewWritten(let path): line("review", "written: \(path)")
    case .delivering(let event):
      let (text, fraction) = DeliveryProgress.text(event)
      if case .resumed = event { line("deliver", text) } else { progress("deliver", text, fraction) }
    case .delivered(let path, let verdict):
      line("deliver", verdict == "fail" ? "not delivered, fails its preset: \(path)" : "\(verdict): \(path)")
    case .deliverablesKept(let count): line("deliver", "\(counted(count, "version")) kept from an earlier run")
    case .drawingContactSheet: progress("contact sheet", "drawing", nil)
    case .notice(let text): Terminal.warning(text)
    case .ended: break
    }
  }

  private func show(_ event: ReviewEvent) {
    guard !ReviewProgress.isWarning(event) else { return ReviewProgress.show(event) }
    let (text, fraction) = ReviewProgress.text(event)
    progress("review", text, fraction)
  }

  private func show(_ event: StitchEvent) {
    switch event {
    case .indexed(let shot, let count): progress("master", "reading shot \(shot) of \(count)", nil)
    case .analysed(let join, let count, let overlap):
      line(
        "master", "join \(join) of \(count): \(counted(overlap, "repeated frame")) dropped")
    case .measuringLoudness(let pass): progress("master", "measuring loudness, pass \(pass)", nil)
    case .written(let frames, let count):
      progress("master", "writing frame \(frames) of \(count)", Double(frames) / Double(max(count, 1)))
    case .proving: progress("master", "verifying", nil)
    }
  }

  private func name(_ shot: String, _ take: Int?) -> String { take.map { "\(shot) take \($0)" } ?? shot }

  private func line(_ name: String, _ text: String) {
    Terminal.note("[\(elapsed)] \(name): \(text)", isEvent: false)
  }

  private func progress(_ name: String, _ text: String, _ fraction: Double?) {
    let bar = fraction.map { part in
      let full = Int((max(0, min(1, part)) * Double(Self.barWidth)).rounded())
      return " [" + String(repeating: "#", count: full) + String(repeating: "·", count: Self.barWidth - full) + "]"
    }
    Terminal.progress("[\(elapsed)] \(name): \(text)\(bar ?? "")")
  }

  /// Since the start of the run.
  private var elapsed: String { Self.minutes(began.duration(to: clock.now)) }

  private static func minutes(_ duration: Duration) -> String {
    let seconds = duration.components.seconds
    return String(format: "%2d:%02d", seconds / 60, seconds % 60)
  }

  private func megabytes(_ bytes: Int64) -> String { String(format: "%.1f MB", Double(bytes) / 1_000_000) }
}
