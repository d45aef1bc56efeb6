/// Why a call to a generation service did not give what was asked: a code, the service's own words, and what to do.
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
    /// The model worked on it and failed (content policy, bad input).
    public static let generationFailed = Code("generation failed")
    public static let cancelled = Code("cancelled")
    /// 429 that did not pass after the retries.
    public static let rateLimited = Code("rate limited")
    /// The service could not be reached or kept failing (connect errors, 5xx). Exit status 69.
    public static let unavailable = Code("unavailable")
    /// A POST was sent whole but its answer never came: it may have been accepted and paid.
    public static let answerLost = Code("answer lost")
    /// The deadline of a wait passed; the generation may still finish.
    public static let timedOut = Code("timed out")
    /// An answer that does not have the published form.
    public static let malformedAnswer = Code("malformed answer")
    /// A download that came short, too long, or with another digest.
    public static let damagedDownload = Code("damaged download")
    public static let notFound = Code("not found")
    /// Reading or writing a local file failed. Exit status 74.
    public static let localFile = Code("local file")
    /// The program asks what this provider cannot do.
    public static let unsupported = Code("unsupported")
  }

  public let code: Code
  /// What happened, with the service's own words, and what to do. Never holds a key or a signed address.
  public let message: String
  /// The HTTP status, when there was one.
  public let status: Int?

  public init(_ code: Code, _ message: String, status: Int? = nil) {
    self.code = code
    self.message = message
    self.status = status
  }

  public var description: String { message }
}
