/// Why a file could not be held against a preset at all.
public struct VerificationError: Error, Sendable, Hashable, CustomStringConvertible {
  /// Kinds of failure; grows without breaking callers, so it is a struct.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    public let description: String
    init(_ description: String) { self.description = description }

    /// The preset names a check, or a circumstance of a `when`, that does not exist. Exit status 65.
    public static let unknownCheck = Code("unknown check")
  }

  public let code: Code
  /// Every mistake, one a line, each with what to do.
  public let message: String

  public var description: String { message }
}
