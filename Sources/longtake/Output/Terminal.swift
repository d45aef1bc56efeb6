import Foundation
import Synchronization

/// What people read: stderr, with progress bars only on a terminal, and text from outside made harmless.
enum Terminal {
  private struct State {
    var isQuiet = false
    var hasProgress = false
  }

  private static let state = Mutex(State())

  static func setQuiet(_ quiet: Bool) { state.withLock { $0.isQuiet = quiet } }

  /// Whether stderr is a terminal that can redraw a line.
  static let isInteractive = isatty(STDERR_FILENO) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb"

  /// Whether colours are wanted: a terminal, and no `NO_COLOR` (https://no-color.org).
  static let usesColor = isInteractive && (ProcessInfo.processInfo.environment["NO_COLOR"] ?? "").isEmpty

  /// A line for people; left out when quiet.
  static func note(_ text: String) {
    guard !state.withLock({ $0.isQuiet }) else { return }
    write(escape(text) + "\n")
  }

  /// A line that is shown even when quiet.
  static func error(_ text: String) { write(colored("longtake: ", "31;1") + escape(text) + "\n") }

  static func warning(_ text: String) {
    guard !state.withLock({ $0.isQuiet }) else { return }
    write(colored("longtake: warning: ", "33;1") + escape(text) + "\n")
  }

  /// Text of our own that may hold several lines.
  static func plain(_ text: String) { write(text.hasSuffix("\n") ? text : text + "\n") }

  /// A question whose answer is typed behind it.
  static func prompt(_ text: String) { write(escape(text)) }

  /// A line that the next one replaces; only on a terminal.
  static func progress(_ text: String) {
    guard isInteractive, !state.withLock({ $0.isQuiet }) else { return }
    state.withLock { state in
      FileHandle.standardError.write(Data("\r\u{1B}[K\(escape(text))".utf8))
      state.hasProgress = true
    }
  }

  static func colored(_ text: String, _ code: String) -> String { usesColor ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text }

  private static func write(_ text: String) {
    state.withLock { state in
      let clear = state.hasProgress ? "\r\u{1B}[K" : ""
      state.hasProgress = false
      try? FileHandle.standardError.write(contentsOf: Data((clear + text).utf8))
    }
  }

  /// Control characters become visible, so that text from outside cannot move the cursor or hide itself.
  static func escape(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      let isControl =
        (scalar.value < 0x20 && scalar != "\n" && scalar != "\t") || (0x7F...0x9F).contains(scalar.value)
        || (0x202A...0x202E).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value)
      result += isControl ? "\\u{\(String(scalar.value, radix: 16))}" : String(scalar)
    }
    return result
  }
}

/// What programs read: stdout.
enum Output {
  /// One JSON object on a line of its own, keys sorted.
  static func json(_ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    line(String(decoding: try encoder.encode(value), as: UTF8.self))
  }

  /// Ends the program with status 74 when stdout takes no more: a reader must not take half an answer for a whole one.
  static func line(_ text: String) {
    do {
      try FileHandle.standardOutput.write(contentsOf: Data((text + "\n").utf8))
    } catch {
      Terminal.error("cannot write to standard output; the answer is not whole")
      exit(ExitStatus.inputOutput.code)
    }
  }
}
