import Hummingbird

/// Passes requests that carry a bearer key, any value; the key is neither kept nor logged.
struct KeyCheck<Context: RequestContext>: RouterMiddleware {
  func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    let parts = (request.headers[.authorization] ?? "").split(separator: " ", maxSplits: 1)
    guard parts.count == 2, parts[0].lowercased() == "bearer", !parts[1].allSatisfy(\.isWhitespace) else {
      throw APIFailure.unauthenticated
    }
    return try await next(request, context)
  }
}

/// Passes requests that carry a key in fal's form, any value; the key is neither kept nor logged.
struct FalKeyCheck: RouterMiddleware {
  func handle(
    _ request: Request, context: SandboxContext, next: (Request, SandboxContext) async throws -> Response
  ) async throws -> Response {
    let parts = (request.headers[.authorization] ?? "").split(separator: " ", maxSplits: 1)
    // `Bearer` carries the upload token of ``SandboxRoutes/falToken(_:_:)``.
    guard parts.count == 2, ["key", "bearer"].contains(parts[0].lowercased()), !parts[1].allSatisfy(\.isWhitespace)
    else { return try FalFailure.refusal(.unauthorized, "Cannot access application. Authentication is required.") }
    return try await next(request, context)
  }
}
