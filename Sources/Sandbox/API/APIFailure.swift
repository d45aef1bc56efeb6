import Files
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import Presets

/// An error response in one of the two published forms.
struct APIFailure: HTTPResponseError, CustomStringConvertible {
  let status: HTTPResponse.Status
  let body: JSONValue
  let description: String

  private init(
    _ status: HTTPResponse.Status, type: String, title: String, detail: String? = nil
  ) {
    var error: [String: JSONValue] = ["type": .string(type), "title": .string(title)]
    if let detail { error["detail"] = .string(detail) }
    self.status = status
    body = ["error": .object(error), "status": "error", "status_message": .string(type)]
    description = detail ?? title
  }

  private init(_ status: HTTPResponse.Status, message: String) {
    self.status = status
    body = ["error": ["message": .string(message)]]
    description = message
  }

  static let unauthenticated = APIFailure(
    .unauthorized, type: "unauthenticated", title: "You must be logged in to access this resource")
  static let notFound = APIFailure(
    .notFound, type: "resource_not_found", title: "The requested resource could not be found")
  static func invalid(_ detail: String) -> APIFailure {
    APIFailure(.badRequest, type: "invalid_params", title: "Invalid parameters", detail: detail)
  }
  static let alreadyExists = APIFailure(
    .conflict, type: "invalid_params", title: "Invalid parameters", detail: "The repository already exists")
  static func tooLarge(_ limit: Int) -> APIFailure {
    APIFailure(
      .contentTooLarge, type: "invalid_params", title: "Invalid parameters",
      detail: "The body is larger than \(limit) bytes")
  }
  static func unknown(_ detail: String) -> APIFailure {
    APIFailure(.internalServerError, type: "unknown_error", title: "Something went wrong", detail: detail)
  }
  static func modelNotFound(_ id: String) -> APIFailure { APIFailure(.notFound, message: "Model not found: \(id)") }
  /// A model's refusal of a synchronous request.
  static func model(_ message: String) -> APIFailure { APIFailure(.unprocessableContent, message: message) }
  static func expiredLink() -> APIFailure {
    APIFailure(.forbidden, message: "The link has expired or its signature does not match; request a new one.")
  }

  func response(from request: Request, context: some RequestContext) throws -> Response {
    try Response.json(body, status: status)
  }
}

extension Response {
  /// A JSON response.
  static func json(_ value: JSONValue, status: HTTPResponse.Status = .ok) throws -> Response {
    Response(
      status: status, headers: [.contentType: "application/json; charset=utf-8"],
      body: ResponseBody(byteBuffer: ByteBuffer(bytes: try JSONOutput.data(value))))
  }
}

/// Turns every error into one of the published forms.
struct ErrorResponses<Context: RequestContext>: RouterMiddleware {
  func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    do {
      return try await next(request, context)
    } catch let failure as APIFailure {
      return try failure.response(from: request, context: context)
    } catch let error as any HTTPResponseError {
      let failure = error.status == .notFound ? APIFailure.notFound : APIFailure.invalid("\(error.status)")
      return try failure.response(from: request, context: context)
    } catch {
      context.logger.error("a request failed: \(error)")
      return try APIFailure.unknown("The sandbox failed; see its log.").response(
        from: request, context: context)
    }
  }
}
