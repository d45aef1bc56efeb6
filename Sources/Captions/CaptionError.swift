import Files

/// Why a caption file cannot be used: what is wrong with it, and what to do.
public struct CaptionError: Error, Sendable, Hashable, CustomStringConvertible {
  /// Kinds of failure; grows without breaking callers, so it is a struct.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    public let description: String
    init(_ description: String) { self.description = description }

    public static let notFound = Code("file not found")
    /// Too large, not text, or neither SubRip nor WebVTT.
    public static let unreadable = Code("unreadable")
    /// Cues cannot be shown as they are written; see ``CaptionError/problems``.
    public static let invalid = Code("invalid")
  }

  public let code: Code
  public let message: String
  public let file: String
  /// All that were found, warnings too.
  public let problems: [CaptionProblem]

  public init(_ code: Code, _ message: String, file: String, problems: [CaptionProblem] = []) {
    self.code = code
    self.message = message
    self.file = file
    self.problems = problems
  }

  public var description: String { "\(file): \(message)" }
}
