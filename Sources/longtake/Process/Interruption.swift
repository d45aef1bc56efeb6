import Dispatch
import Foundation
import Synchronization

/// Ctrl-C, SIGTERM and SIGHUP: cancels the work, which cleans up, and ends the program with the signal's status.
enum Interruption {
  /// The signal received; 0 for none.
  private static let received = Atomic<Int32>(0)
  /// Seconds for cancelled work to clean up before the program ends regardless.
  private static let grace = 20.0

  /// The status of work that was cancelled.
  static var status: ExitStatus { status(of: received.load(ordering: .relaxed)) }

  private static func status(of signal: Int32) -> ExitStatus { signal == SIGINT ? .controlC : .interrupted }

  /// Runs the program's work and ends the process with its status.
  static func run(_ work: @escaping @Sendable () async -> ExitStatus) async {
    // A write to a closed pipe or socket then fails instead of ending the program.
    signal(SIGPIPE, SIG_IGN)
    // A write beyond the file size limit then fails, as on a full disk.
    signal(SIGXFSZ, SIG_IGN)
    let task = Task { await work() }
    let sources = [SIGINT, SIGTERM, SIGHUP].compactMap { number -> (any DispatchSourceSignal)? in
      let earlier = signal(number, SIG_IGN)
      // nohup ignores it for the program.
      if number == SIGHUP, isIgnoring(earlier) { return nil }
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler { handle(number, task) }
      source.resume()
      return source
    }
    let status = await task.value
    withExtendedLifetime(sources) {}
    exit(status.code)
  }

  private static func isIgnoring(_ handler: (@convention(c) (Int32) -> Void)?) -> Bool {
    unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
  }

  @Sendable private static func handle(_ number: Int32, _ task: Task<ExitStatus, Never>) {
    // A second signal ends the program at once.
    if received.exchange(number, ordering: .relaxed) != 0 { exit(status(of: number).code) }
    Terminal.note("stopping…")
    task.cancel()
    DispatchQueue.global().asyncAfter(deadline: .now() + grace) { exit(status(of: number).code) }
  }
}
