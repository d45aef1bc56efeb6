/// Why a call to a generation service failed: a code, the service's message, and what to do.
public struct GenerationError: Error, Sendable, CustomStringConvertible {
  /// Kinds of failure; grows without breaking callers, so it is a struct.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    public let description: String
    init(_ description: String) { self.description = description }

    /// No key, or the service refused it (401/403). Exit status 77.
    public static let notAuthorised = Code("not authorised")
    /// The account has no credits left.
    public static let insufficientCredits = Code("insufficient credits")
    /// The service refused the parameters for good (4xx).
    public static let refused = Code("refused")
    /// The model ran and failed (content policy, bad input).
    public static let generationFailed = Code("generation failed")
    public static let cancelled = Code("cancelled")
    /// Still 429 after the retries.
    public static let rateLimited = Code("rate limited")
    /// The service is unreachable or keeps failing (connect errors, 5xx). Exit status 69.
    public static let unavailable = Code("unavailable")
    /// A paid request left and nothing proves that it was not accepted: it may have been paid.
    public static let answerLost = Code("answer lost")
    /// A wait reached its timeout; the generation may still finish.
    public static let timedOut = Code("timed out")
    /// A response in an unknown form.
    public static let malformedAnswer = Code("malformed answer")
    /// A download of the wrong length or with the wrong digest.
    public static let damagedDownload = Code("damaged download")
    public static let notFound = Code("not found")
    /// Reading or writing a local file failed. Exit status 74.
    public static let localFile = Code("local file")
    /// The provider cannot do this, or is not configured for it.
    public static let unsupported = Code("unsupported")
  }

  public let code: Code
  /// What happened, with the service's message, and what to do. Never holds a key or a signed address.
  public let message: String
  /// The HTTP status, when there was one.
  public let status: Int?

  public init(_ code: Code, _ message: String, status: Int? = nil) {
    self.code = code
    self.message = message
    self.status = status
  }

  public var description: String { message }

  /// Whether a service's reason for a failure reads as its content policy, which would refuse the same request again.
  public static func isContentRefusal(_ reason: String) -> Bool {
    reason.contains(
      /content.?polic|moderat|sensitive|nsfw|safety|prohibited|inappropriate|risk.?control|violat|blocked/.ignoresCase()
    )
  }
}
