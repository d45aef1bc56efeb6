import Foundation

/// `LONGTAKE_SIGN_COMMAND`: the shell command that signs delivered files.
enum SignVariable {
  static let name = "LONGTAKE_SIGN_COMMAND"

  /// Nil when it is not set.
  static func command() -> String? {
    ProcessInfo.processInfo.environment[name].flatMap { $0.isEmpty ? nil : $0 }
  }
}
