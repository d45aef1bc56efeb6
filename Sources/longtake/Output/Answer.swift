import Files
import Foundation
import Presets
import Synchronization

/// The answer of a command, on stdout: lines for people, or JSON with `--json`.
enum Answer {
  private static let state = Mutex(false)

  /// Whether the command line asks for JSON; read from the raw arguments, so that it also holds for a command line
  /// that cannot be parsed.
  static let isJSON = CommandLine.arguments.dropFirst().prefix { $0 != "--" }.contains("--json")

  /// Whether the reader has closed the pipe: the rest of the answer is dropped, and work for it alone may stop.
  static var isClosed: Bool { state.withLock { $0 } }

  /// Lines for people, each made safe for a terminal.
  static func lines(_ lines: [String]) {
    guard !lines.isEmpty else { return }
    write(lines.map { $0.terminalSafe + "\n" }.joined())
  }

  static func line(_ text: String) { lines([text]) }

  /// Text of the program's own, with its line breaks.
  static func plain(_ text: String) { write(text.hasSuffix("\n") ? text : text + "\n") }

  /// One JSON object on a line of its own, keys sorted.
  static func json(_ value: some Encodable) throws {
    json(text: String(decoding: try JSONOutput.data(value), as: UTF8.self))
  }

  /// One JSON object that is encoded already.
  static func json(text: String) { write(text + "\n") }

  /// Exits with status 74 when stdout takes no more, so that half an answer is not mistaken for a whole one.
  private static func write(_ text: String) {
    state.withLock { isClosed in
      guard !isClosed else { return }
      var bytes = Array(text.utf8)[...]
      while !bytes.isEmpty {
        let written = bytes.withUnsafeBytes { Foundation.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
        if written >= 0 {
          bytes = bytes.dropFirst(written)
        } else if errno == EPIPE {
          isClosed = true
          return
        } else if errno != EINTR {
          Terminal.error(
            "standard output: \(String(cString: strerror(errno))); the answer is not complete", isEvent: false)
          exit(ExitStatus.inputOutput.code)
        }
      }
    }
  }
}

/// The answer to `--json` when a command, or one of its files, fails: `longtake.error/1`.
struct ErrorReport: Encodable {
  let schema = "longtake.error/1"
  /// The file that the error is about, where a command takes several.
  @Nullable var file: String?
  let error: String
  /// Everything wrong with a storyboard, where that is the error.
  let problems: [Problem]
  let exitStatus: Int32

  private enum CodingKeys: String, CodingKey {
    case schema, file, error, problems
    case exitStatus = "exit_status"
  }
}
