import Foundation
import Logging
import Presets
import Sandbox
import Support

/// A sandbox that renders small frames, and curl to talk to it.
struct TestSandbox: Sendable {
  static let referenceModel = "kling-video-o3-4k-reference-to-video"
  static let imageModel = "kling-video-o3-4k-image-to-video"

  let server: SandboxServer
  /// With `/api`.
  let base: String

  /// - Parameter divisor: 8 makes 480×270 of 3840×2160.
  static func with<Value: Sendable>(
    divisor: Int = 8, directory: String? = nil, change: (inout SandboxServer.Configuration) -> Void = { _ in },
    _ body: (TestSandbox) async throws -> Value
  ) async throws -> Value {
    var settings = SandboxServer.Configuration(directory: directory)
    settings.sizeDivisor = divisor
    settings.shortestGeneration = 0
    settings.log.logLevel = .critical
    change(&settings)
    let server = try SandboxServer(settings)
    try await server.start()
    do {
      let value = try await body(TestSandbox(server: server, base: server.baseURL))
      await server.stop()
      return value
    } catch {
      await server.stop()
      throw error
    }
  }

  func json(_ call: HTTPCall) throws -> JSONValue { try JSONDecoder().decode(JSONValue.self, from: call.body) }

  func get(_ path: String) async throws -> JSONValue { try json(try await HTTPCall("GET", base + path)) }

  /// Enqueues; returns the ids.
  func enqueue(_ request: String) async throws -> [String] {
    let call = try await HTTPCall("POST", base + "/ai/queue", json: request)
    guard call.status == 200 else { throw HTTPCall.Failure(description: "\(call.status) \(call.text)") }
    return try json(call)["generations"]?.arrayValue?.compactMap { $0["generation_id"]?.stringValue } ?? []
  }

  /// Polls until a generation is final.
  func outcome(of id: String) async throws -> JSONValue {
    for _ in 0..<1_200 {
      let answer = try await get("/ai/queue/\(id)")
      if let status = answer["status"]?.stringValue, !["queued", "processing"].contains(status) { return answer }
      try await Task.sleep(for: .milliseconds(50))
    }
    throw HTTPCall.Failure(description: "generation \(id) does not end")
  }

  /// Enqueues one request, waits and downloads the clip; returns its path.
  func clip(_ request: String, in folder: ScratchFolder, name: String = "clip") async throws -> String {
    let answer = try await outcome(of: try await enqueue(request)[0])
    guard let url = answer["result_url"]?.stringValue else {
      throw HTTPCall.Failure(description: "no clip: \(answer)")
    }
    let path = "\(folder.path)/\(name).mp4"
    try await HTTPCall("GET", url, key: nil).body.write(to: URL(filePath: path))
    return path
  }

  /// Creates the repository `me/anchors` and uploads a file; returns its address.
  func upload(_ path: String, as name: String) async throws -> String {
    _ = try await HTTPCall(
      "POST", base + "/repos",
      json: #"{"namespace":"me","name":"anchors","user":{"name":"A","email":"a@example.com"}}"#)
    let url = base + "/repos/me/anchors/file/main/\(name)"
    let call = try await HTTPCall(
      "PUT", url, options: ["-F", "file=@\(path)", "-F", "message=anchor", "-F", "name=A", "-F", "email=a@example.com"])
    guard call.status == 200 else { throw HTTPCall.Failure(description: "\(call.status) \(call.text)") }
    return url
  }
}
