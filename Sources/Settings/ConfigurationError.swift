import Files
public import Presets

/// Why the configuration cannot be used: what, where, and what to do.
public struct ConfigurationError: Error, Sendable, Hashable, CustomStringConvertible {
  public let message: String
  /// Everything wrong with one file.
  public let problems: [Problem]

  public init(_ message: String, problems: [Problem] = []) {
    self.message = message
    self.problems = problems
  }

  public var description: String { ([message] + problems.map { "  \($0)" }).joined(separator: "\n") }
}
