public import Presets

/// Why a storyboard cannot be used: a code, the file, and every problem in it.
public struct StoryboardError: Error, Sendable, CustomStringConvertible {
  /// Kinds of failure; grows without breaking callers, so it is a struct.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    public let description: String
    init(_ description: String) { self.description = description }

    /// There is no such file. Exit status 66.
    public static let notFound = Code("not found")
    /// The file cannot be read. Exit status 66.
    public static let unreadable = Code("unreadable")
    /// The file has problems. Exit status 65.
    public static let invalid = Code("invalid")
    /// The storyboard has no such shot. Exit status 64.
    public static let unknownShot = Code("unknown shot")
  }

  public let code: Code
  public let message: String
  public let problems: [Problem]

  public init(_ code: Code, _ message: String, problems: [Problem] = []) {
    self.code = code
    self.message = message
    self.problems = problems
  }

  public var description: String { ([message] + problems.map { "  \($0)" }).joined(separator: "\n") }
}
