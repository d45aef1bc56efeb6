import Files
import Foundation
import Generation
import HTTPTypes

/// An answer that is no success, as an error that says what to do.
struct S3Failure: Sendable {
  /// Statuses of passing conditions.
  private static let passing: Set<Int> = [408, 425, 429, 500, 502, 503, 504]
  /// Codes of passing conditions, whatever the status.
  private static let passingCodes: Set<String> = [
    "RequestTimeout", "SlowDown", "InternalError", "ServiceUnavailable", "ConditionalRequestConflict",
    "OperationAborted", "Throttling", "ThrottlingException",
  ]
  /// Refusals before any work.
  private static let refusals: Set<String> = conflicts.union(["SlowDown"])
  private static let conflicts: Set<String> = ["ConditionalRequestConflict", "OperationAborted"]
  private static let clockCodes: Set<String> = ["RequestTimeTooSkewed", "RequestExpired"]
  private static let regionCodes: Set<String> = [
    "PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "IncorrectEndpoint",
  ]
  private static let keyCodes: Set<String> = [
    "AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken",
    "TokenRefreshRequired",
    "InvalidSecurity", "AccountProblem",
  ]

  /// The code of S3, such as `NoSuchKey`; empty when the answer has none.
  let code: String
  let status: Int
  let error: StoreError
  let retryAfter: Duration?

  /// Whether trying again may help.
  var isPassing: Bool { Self.passing.contains(status) || Self.passingCodes.contains(code) }
  /// Whether the request certainly changed nothing.
  var isRefusal: Bool { Self.refusals.contains(code) || (400..<500).contains(status) }

  /// - Parameter action: what could not be done, such as `read 'a/b'`.
  init(_ answer: S3Answer, doing action: String, _ configuration: S3Configuration) {
    let document = answer.document
    let code = document?.name == "Error" ? document?["Code"] ?? "" : ""
    self.code = code
    status = answer.status
    retryAfter = RetryPolicy.retryAfter(answer.headers.first(name: "Retry-After") ?? "")
    let redactor = Redactor(secrets: configuration.credentials.secrets)
    let told = redactor.clean(document?["Message"] ?? "", limit: 200)
    let what = "\(configuration.address) could not \(action)"
    let reason = code.isEmpty ? "HTTP \(answer.status)" : "\(redactor.clean(code, limit: 60)) (HTTP \(answer.status))"

    let detail = told.isEmpty ? "." : ": \(told)"
    func error(_ kind: StoreError.Code, _ message: String) -> StoreError {
      StoreError(kind, message, status: answer.status)
    }
    self.error =
      if code == "NoSuchBucket" {
        error(
          .notFound,
          "There is no bucket \(quoted(configuration.bucket)) at \(configuration.origin). Create it, or correct the name, "
            + "the region or AWS_ENDPOINT_URL_S3.")
      } else if Self.clockCodes.contains(code) {
        error(
          .notAuthorised, "\(what): \(Self.clock(answer)) Set this machine's clock; signatures hold for 15 minutes.")
      } else if Self.regionCodes.contains(code) || (300..<400).contains(answer.status) {
        error(.unsupported, "\(what): \(reason). \(Self.region(answer, document, configuration))")
      } else if Self.keyCodes.contains(code) || [401, 403].contains(answer.status) {
        error(.notAuthorised, "\(what): \(reason). \(Self.keyAdvice(code, configuration))")
      } else if code == "NotImplemented" || answer.status == 501 {
        error(
          .unsupported,
          "\(what): \(reason). The store lacks conditional writes or another part of S3 that is needed.")
      } else if answer.status == 409 || Self.conflicts.contains(code) {
        error(.conflict, "\(what): \(reason): other writers change it at the same time. Read it and try again.")
      } else if answer.status >= 500 || Self.passing.contains(answer.status) {
        // SeaweedFS answers so to writes to a bucket that does not exist.
        error(
          .unavailable,
          "\(what): \(reason)\(detail)"
            + (code == "InternalError"
              ? " If it stays so, check that the bucket \(quoted(configuration.bucket)) exists." : ""))
      } else if answer.status == 404 {
        error(.notFound, "\(what): \(reason)\(detail)")
      } else if (400..<500).contains(answer.status) {
        error(.unsupported, "\(what): \(reason)\(detail)")
      } else {
        error(.malformedAnswer, "\(what): \(reason), which is no answer of S3. Check AWS_ENDPOINT_URL_S3.")
      }
  }

  private static func clock(_ answer: S3Answer) -> String {
    guard let date = answer.headers.first(name: "Date").flatMap({ HTTPDate.parse($0) }) else {
      return "the clocks differ too much."
    }
    let seconds = Int(Date().timeIntervalSince(date))
    return "this machine's clock is \(abs(seconds)) s \(seconds > 0 ? "ahead of" : "after") the store's."
  }

  private static func region(
    _ answer: S3Answer, _ document: S3Document?, _ configuration: S3Configuration
  ) -> String {
    let named = answer.headers.first(name: "x-amz-bucket-region") ?? document?["Region"] ?? ""
    if named.wholeMatch(of: /[A-Za-z0-9-]{1,64}/) != nil, named != configuration.region {
      return "The bucket is in the region \(named): set AWS_REGION=\(named)."
    }
    let place = document?["Endpoint"].map { Redactor().clean($0, limit: 100) } ?? ""
    return "The bucket is elsewhere\(place.isEmpty ? "" : ", at \(place)"): correct AWS_REGION or AWS_ENDPOINT_URL_S3."
  }

  private static func keyAdvice(_ code: String, _ configuration: S3Configuration) -> String {
    let origin = configuration.credentials.origin
    return switch code {
    case "ExpiredToken", "InvalidToken", "TokenRefreshRequired":
      "Get new temporary credentials; these are of \(origin)."
    case "SignatureDoesNotMatch":
      "The secret key does not belong to the access key, or a proxy changes requests; correct \(origin)."
    case "InvalidAccessKeyId": "The store does not know the access key; correct \(origin)."
    default:
      "Give the owner of \(origin) the rights to read, write, delete and list \(configuration.address), or use other "
        + "credentials."
    }
  }
}
