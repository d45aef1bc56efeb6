import Files
import Foundation
import Synchronization

/// Messages for people on stderr: progress, notes, warnings, errors and questions; text from outside is made harmless.
enum Terminal {
  private struct State {
    var isQuiet = false
    var hasProgress = false
  }

  private static let state = Mutex(State())

  /// Silences everything but errors and questions.
  static func setQuiet(_ quiet: Bool) { state.withLock { $0.isQuiet = quiet } }

  /// Whether stderr is a terminal that can redraw a line.
  static let isInteractive = isatty(STDERR_FILENO) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb"

  /// Whether to use colours: on a terminal, unless `NO_COLOR` is set (https://no-color.org).
  private static let usesColor = isInteractive && (ProcessInfo.processInfo.environment["NO_COLOR"] ?? "").isEmpty

  /// Silenced by `--quiet`.
  /// - Parameter isEvent: false for what is an event of its own.
  static func note(_ text: String, isEvent: Bool = true) {
    if isEvent { Events.emit(EventRecord(.note, text)) }
    guard !state.withLock({ $0.isQuiet }) else { return }
    write(safe(text) + "\n")
  }

  /// Silenced by `--quiet`.
  static func warning(_ text: String) {
    Events.emit(EventRecord(.warning, text))
    guard !state.withLock({ $0.isQuiet }) else { return }
    write(colored("longtake: warning: ", "33;1") + safe(text) + "\n")
  }

  /// - Parameter isEvent: false where events cannot be written.
  static func error(_ text: String, isEvent: Bool = true) {
    if isEvent { Events.emit(EventRecord(.error, text)) }
    write(colored("longtake: ", "31;1") + safe(text) + "\n")
  }

  /// Text of the program's own, with its line breaks.
  static func plain(_ text: String) { write(text.hasSuffix("\n") ? text : text + "\n") }

  /// A question; the answer is typed after it.
  static func prompt(_ text: String) { write(safe(text)) }

  /// A line that the next message replaces; only on a terminal, silenced by `--quiet`.
  static func progress(_ text: String, event: @autoclosure () -> EventRecord? = nil) {
    if Events.isActive, let event = event() { Events.emit(event) }
    guard isInteractive else { return }
    state.withLock { state in
      guard !state.isQuiet else { return }
      write(text.terminalSafe, clearing: true)
      state.hasProgress = true
    }
  }

  private static func colored(_ text: String, _ code: String) -> String {
    usesColor ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
  }

  /// Keeps line breaks.
  private static func safe(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { String($0).terminalSafe }
      .joined(separator: "\n")
  }

  private static func write(_ text: String) {
    state.withLock { state in
      write(text, clearing: state.hasProgress)
      state.hasProgress = false
    }
  }

  /// Nobody is left to hear that stderr takes no more.
  private static func write(_ text: String, clearing: Bool) {
    try? FileHandle.standardError.write(contentsOf: Data(((clearing ? "\r\u{1B}[K" : "") + text).utf8))
  }
}
