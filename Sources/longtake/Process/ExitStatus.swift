/// The program's exit statuses (sysexits where they fit).
struct ExitStatus: Error, Sendable, Hashable {
  let code: Int32

  static let done = ExitStatus(code: 0)
  /// The work ran and the answer is "no".
  static let no = ExitStatus(code: 1)
  static let usage = ExitStatus(code: 64)
  static let badInput = ExitStatus(code: 65)
  static let inputNotFound = ExitStatus(code: 66)
  static let unavailable = ExitStatus(code: 69)
  static let internalError = ExitStatus(code: 70)
  static let cannotCreate = ExitStatus(code: 73)
  static let inputOutput = ExitStatus(code: 74)
  /// Stopped by SIGTERM or SIGHUP; the next run resumes.
  static let interrupted = ExitStatus(code: 75)
  static let notAuthorised = ExitStatus(code: 77)
  /// Stopped by Ctrl-C; the next run resumes.
  static let controlC = ExitStatus(code: 130)
}

/// A command line, or a file it names, that cannot be used: what to do instead, and the exit status.
struct UsageError: Error, CustomStringConvertible {
  let description: String
  let status: ExitStatus

  init(_ message: String, status: ExitStatus = .usage) {
    description = message
    self.status = status
  }
}
