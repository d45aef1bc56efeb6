public import Foundation

/// One HTTP exchange by curl, independent of the project's own client.
public struct HTTPCall: Sendable {
  /// Seconds after which curl gives up.
  private static let patience = "120"

  public let status: Int
  public let body: Data
  /// Names in lower case.
  public let headers: [String: String]

  public var text: String { String(decoding: body, as: UTF8.self) }

  /// Sends a request and reads the answer to its end.
  /// - Parameters:
  ///   - json: a JSON text as the body.
  ///   - key: sent as a bearer token; nil sends none.
  ///   - options: further options of curl.
  public init(
    _ method: String, _ url: String, json: String? = nil, key: String? = "any", options: [String] = []
  ) async throws {
    let folder = try ScratchFolder()
    let (bodyFile, headerFile) = (try folder.write("body", ""), try folder.write("headers", ""))
    var arguments = ["-s", "-S", "-X", method, "--max-time", Self.patience, "-o", bodyFile, "-D", headerFile]
    if let key { arguments += ["-H", "Authorization: Bearer \(key)"] }
    if json != nil { arguments += ["-H", "Content-Type: application/json", "--data-binary", "@-"] }
    let result = try await OutsideProgram.run("curl", arguments + options + [url], input: json ?? "")
    guard result.status == 0 else { throw Failure(description: "curl: \(result.status) \(result.errors)") }
    body = FileManager.default.contents(atPath: bodyFile) ?? Data()
    let head = String(decoding: FileManager.default.contents(atPath: headerFile) ?? Data(), as: UTF8.self)
    let blocks = head.components(separatedBy: "\r\n\r\n").filter { !$0.isEmpty }
    let lines = (blocks.last ?? "").components(separatedBy: "\r\n")
    status = Int(lines.first?.split(separator: " ").dropFirst().first ?? "") ?? 0
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      let pair = line.split(separator: ":", maxSplits: 1)
      if pair.count == 2 { headers[pair[0].lowercased()] = pair[1].trimmingCharacters(in: .whitespaces) }
    }
    self.headers = headers
  }

  /// The exchange could not be made.
  public struct Failure: Error, CustomStringConvertible {
    public let description: String
    public init(description: String) { self.description = description }
  }
}
