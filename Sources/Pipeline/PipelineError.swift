/// Why the pipeline could not go on: a code, and what to do.
public struct PipelineError: Error, Sendable, Hashable, CustomStringConvertible {
  /// Kinds of failure; grows without breaking callers, so it is a struct.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    public let description: String
    init(_ description: String) { self.description = description }

    /// The storyboard or a file it names cannot be used. Exit status 65.
    public static let invalidPlan = Code("invalid plan")
    /// Money would be spent without the user's consent. Exit status 64.
    public static let needsConsent = Code("needs consent")
    /// The next request would exceed the limit. Exit status 1.
    public static let overBudget = Code("over budget")
    /// Not supported. Exit status 64.
    public static let unsupported = Code("unsupported")
    /// A folder or file of the workspace cannot be created. Exit status 73.
    public static let cannotCreate = Code("cannot create")
    /// A file of the workspace cannot be read or written. Exit status 74.
    public static let inputOutput = Code("input/output")
    /// The user did not agree to the cost. Exit status 1.
    public static let declined = Code("declined")
    /// A request may have been paid, and is not sent again. Exit status 1.
    public static let uncertain = Code("uncertain")
    /// A shot has no usable take. Exit status 1.
    public static let shotFailed = Code("shot failed")
  }

  public let code: Code
  public let message: String

  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  public var description: String { message }
}
