/// Why a review page could not be made.
public struct ReviewError: Error, Sendable, Hashable, CustomStringConvertible {
  /// Kinds of failure; grows without breaking callers, so it is a struct.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    public let description: String
    init(_ description: String) { self.description = description }

    /// The media cannot be reviewed. Exit status 65.
    public static let unusableMedia = Code("unusable media")
    /// The output folder holds other files, or a page already. Exit status 73.
    public static let cannotCreate = Code("cannot create output")
    /// A file of decisions cannot be read. Exit status 65.
    public static let invalidDecisions = Code("invalid decisions")
    /// The page does not fit into its size limit. Exit status 65.
    public static let tooLarge = Code("too large")
  }

  public let code: Code
  public let message: String
  public let file: String

  public init(_ code: Code, _ message: String, file: String) {
    self.code = code
    self.message = message
    self.file = file
  }

  public var description: String { "\(file): \(message)" }
}
