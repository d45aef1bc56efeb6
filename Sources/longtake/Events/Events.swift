import Files
import Foundation
import Generation
import Synchronization

/// The events of this run of the program, for other programs: `--events` and `--notify`.
enum Events {
  /// Seconds between two progress events of one step.
  private static let progressPause = 0.25
  /// Time for what `--notify` still has to send when the command has ended.
  private static let deliveryTime: Duration = .seconds(20)

  private struct State {
    var target: EventTarget?
    var sender: EventSender?
    var command = ""
    var count = 0
    var isEnded = false
    /// Time of the last progress event by step and file.
    var lastProgress: [String: Double] = [:]
  }

  private static let state = Mutex(State())

  /// - Throws: ``UsageError`` for a target that cannot be written or an address without a secret.
  static func open(_ target: EventTarget?, notify: String?) throws {
    let sender = try notify.map { try EventSender(url: $0) }
    try target?.prepare()
    state.withLock { state in
      state.target = target
      state.sender = sender
      state.command = CommandLine.arguments.dropFirst().first { !$0.hasPrefix("-") } ?? ""
    }
    emit(EventRecord(.began, "started"))
  }

  /// Nobody listens unless it is asked for.
  static var isActive: Bool { state.withLock { ($0.target != nil || $0.sender != nil) && !$0.isEnded } }

  static func emit(_ event: EventRecord) {
    state.withLock { state in
      guard state.target != nil || state.sender != nil, !state.isEnded else { return }
      var event = event
      event.time = (Date().timeIntervalSince1970 * 1000).rounded() / 1000
      if event.event == .progress {
        let key = "\(event.step ?? "") \(event.shot ?? "") \(event.file ?? "")"
        let isLast = event.done != nil && event.done == event.total
        if !isLast, let last = state.lastProgress[key], event.time - last < progressPause { return }
        state.lastProgress[key] = event.time
      }
      state.count += 1
      event.sequence = state.count
      event.command = state.command
      guard let data = try? JSONOutput.data(event) else { return }
      state.target?.write(String(decoding: data, as: UTF8.self) + "\n")
      if event.event != .progress { state.sender?.add(data) }
      if event.event == .ended { state.isEnded = true }
    }
  }

  /// The last event, and the end of deliveries.
  static func end(_ status: ExitStatus) async {
    guard isActive else { return }
    emit(EventRecord(.ended, status.meaning, exitStatus: status.code))
    let sender = state.withLock { $0.sender }
    if let problem = await sender?.finish(within: deliveryTime) { Terminal.warning(problem) }
  }
}

/// Where `--events` writes: a file, `fd:N`, or `-` for stdout.
struct EventTarget: Sendable {
  let name: String
  private let descriptor: Int32?

  init(_ name: String) throws {
    self.name = name
    if name == "-" {
      descriptor = nil
    } else if name.hasPrefix("fd:") {
      guard let number = Int32(name.dropFirst(3)), number > 2, fcntl(number, F_GETFD) >= 0 else {
        throw UsageError("--events \(name): no such open file descriptor; name one above 2")
      }
      descriptor = number
    } else {
      let number = Foundation.open(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
      guard number >= 0 else {
        throw UsageError("--events \(name): \(String(cString: strerror(errno)))", status: .cannotCreate)
      }
      descriptor = number
    }
  }

  /// Stdout also has the answer, which must then be JSON.
  func prepare() throws {
    if name == "-", !Answer.isJSON {
      throw UsageError("--events - writes JSON to stdout beside the answer; add --json, or name a file or fd:N")
    }
  }

  /// A reader that is gone, or a full disk, stops no work.
  func write(_ line: String) {
    guard let descriptor else { return Answer.json(text: String(line.dropLast())) }
    var bytes = Array(line.utf8)[...]
    while !bytes.isEmpty {
      let written = bytes.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
      if written > 0 { bytes = bytes.dropFirst(written) } else if errno != EINTR { return }
    }
  }
}

extension ExitStatus {
  /// For people.
  var meaning: String {
    switch self {
    case .done: "done"
    case .no: "done; the answer is no"
    case .interrupted, .controlC: "stopped; run again to resume"
    default: "failed"
    }
  }
}
