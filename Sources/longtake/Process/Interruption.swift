import Dispatch
import Foundation
import Synchronization

/// Ctrl-C and SIGTERM: the work is cancelled, cleans up after itself, and the program ends with its own status.
enum Interruption {
  /// Which signal came, if any.
  private static let received = Atomic<Int32>(0)
  /// Seconds that cancelled work has to clean up before the program ends all the same.
  private static let grace = 20.0

  /// The status of work that was cancelled.
  static var status: ExitStatus { received.load(ordering: .relaxed) == SIGTERM ? .interrupted : .controlC }

  /// Runs the program's work and ends the process with its status.
  static func run(_ work: @escaping @Sendable () async -> ExitStatus) async {
    signal(SIGPIPE, SIG_IGN)
    // Files may not grow without end: the write says so, as a full disk does.
    signal(SIGXFSZ, SIG_IGN)
    let task = Task { await work() }
    let sources = [SIGINT, SIGTERM].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler { handle(number, task) }
      source.resume()
      return source
    }
    let status = await task.value
    withExtendedLifetime(sources) {}
    exit(status.code)
  }

  @Sendable private static func handle(_ number: Int32, _ task: Task<ExitStatus, Never>) {
    // A second signal does not wait.
    if received.exchange(number, ordering: .relaxed) != 0 { exit(number == SIGTERM ? 75 : 130) }
    Terminal.note("stopping…")
    task.cancel()
    DispatchQueue.global().asyncAfter(deadline: .now() + grace) { exit(number == SIGTERM ? 75 : 130) }
  }
}
