/// Why a preset cannot be used: a code, the file, and what to do.
public struct PresetError: Error, Sendable, CustomStringConvertible {
  /// Kinds of failure; grows without breaking callers, so it is a struct.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    public let description: String
    init(_ description: String) { self.description = description }

    /// No preset of that name, or no presets at all. Exit status 66.
    public static let notFound = Code("not found")
    /// The file cannot be read. Exit status 66.
    public static let unreadable = Code("unreadable")
    /// The file has problems. Exit status 65.
    public static let invalid = Code("invalid")
  }

  public let code: Code
  public let message: String
  /// The problems inside the file.
  public let problems: [Problem]

  public init(_ code: Code, _ message: String, problems: [Problem] = []) {
    self.code = code
    self.message = message
    self.problems = problems
  }

  public var description: String {
    ([message] + problems.map { "  \($0)" }).joined(separator: "\n")
  }
}
