import Foundation
import Presets
import Sandbox
import Support
import Testing

@Suite struct FalEndpointsTests {
  private static let endpoint = "fal-ai/kling-video/o3/4k/reference-to-video"
  private static let key = ["-H", "Authorization: Key id:secret"]
  /// The Python of `scripts/setup --tests`, which has the client, else the default one.
  private static let python: String = {
    let own = ProjectFiles.path(".build/fal-client/bin/python3")
    return FileManager.default.isExecutableFile(atPath: own) ? own : "python3"
  }()
  private static let clientIsInstalled: Bool = (try? MediaTool.run(python, ["-c", "import fal_client"]).status) == 0

  private func call(_ method: String, _ url: String, json: String? = nil) async throws -> HTTPCall {
    try await HTTPCall(method, url, json: json, key: nil, options: Self.key)
  }

  private func submit(_ sandbox: TestSandbox, _ body: String) async throws -> JSONValue {
    let call = try await call("POST", sandbox.server.falBaseURL + "/queue/" + Self.endpoint, json: body)
    #expect(call.status == 200, "\(call.text)")
    return try sandbox.json(call)
  }

  private func address(_ answer: JSONValue, _ name: String) throws -> String {
    try #require(answer[name]?.stringValue)
  }

  @Test func aRequestGoesThroughTheQueue() async throws {
    try await TestSandbox.with { (sandbox) async throws in
      let answer = try await submit(sandbox, #"{"prompt": "snow", "duration": "3"}"#)
      let id = try address(answer, "request_id")
      let app = sandbox.server.falBaseURL + "/queue/fal-ai/kling-video/requests/\(id)"
      #expect(answer["response_url"] == .string(app) && answer["cancel_url"] == .string(app + "/cancel"))
      let stream = try await call("GET", app + "/status/stream?logs=1")
      #expect(stream.headers["content-type"]?.hasPrefix("text/event-stream") == true)
      let states = try stream.text.split(separator: "\n").filter { $0.hasPrefix("data: ") }
        .map { try JSONDecoder().decode(JSONValue.self, from: Data($0.dropFirst(6).utf8))["status"]?.stringValue }
      #expect(states.last == "COMPLETED" && states.count <= 3)
      let status = try await call("GET", app + "/status?logs=1")
      #expect(status.status == 200)
      #expect(try sandbox.json(status)["logs"]?.arrayValue?.isEmpty == false)
      let video = try #require(try sandbox.json(try await call("GET", app))["video"])
      let clip = try await HTTPCall("GET", try address(video, "url"), key: nil)
      #expect(clip.status == 200 && video["file_size"]?.integerValue == Int64(clip.body.count))
      #expect(video["content_type"] == "video/mp4")
      #expect(try await call("PUT", app + "/cancel").status == 400)
      #expect(try await call("GET", app.replacing(id, with: "none") + "/status").status == 404)
      #expect(try await call("GET", app.replacing("kling-video", with: "other") + "/status").status == 404)
      #expect(
        try await sandbox.get("/ai/models")["data"]?.arrayValue?.contains { $0["id"] == .string(Self.endpoint) }
          == false)
    }
  }

  @Test func aRefusalNamesItsField() async throws {
    try await TestSandbox.with { (sandbox) async throws in
      let answer = try await submit(sandbox, #"{"prompt": "snow", "duration": "99"}"#)
      let status = try address(answer, "status_url")
      _ = try await call("GET", status + "/stream")
      #expect(try sandbox.json(try await call("GET", status))["error"]?.stringValue?.contains("99") == true)
      let result = try await call("GET", try address(answer, "response_url"))
      #expect(result.status == 422)
      #expect(try sandbox.json(result)["detail"]?.arrayValue?.first?["loc"] == ["body", "duration"])
      let run = sandbox.server.falBaseURL + "/run/" + Self.endpoint
      #expect(try await call("POST", run, json: #"{"prompt": "snow", "duration": "99"}"#).status == 422)
      #expect(try await call("POST", run + "/none", json: "{}").status == 404)
      #expect(try await HTTPCall("POST", run, json: "{}", key: nil).status == 401)
    }
  }

  @Test func aWaitingRequestCanBeCancelled() async throws {
    try await TestSandbox.with(change: { $0.latency = .seconds(60) }) { (sandbox) async throws in
      let answer = try await submit(sandbox, #"{"prompt": "snow", "duration": "3"}"#)
      let status = try address(answer, "status_url")
      let waiting = try await call("GET", status)
      #expect(waiting.status == 202)
      #expect(try sandbox.json(waiting)["queue_position"] == 0)
      #expect(try await call("GET", try address(answer, "response_url")).status == 400)
      let cancelled = try await call("PUT", try address(answer, "cancel_url"))
      #expect(cancelled.status == 202)
      #expect(try sandbox.json(cancelled)["status"] == "CANCELLATION_REQUESTED")
      let ended = try sandbox.json(try await call("GET", status))
      #expect(ended["status"] == "COMPLETED" && ended["error"] != nil)
    }
  }

  @Test func anUploadedImageStartsAClip() async throws {
    let folder = try ScratchFolder()
    let frame = try folder.make("p.png", "-f", "lavfi", "-i", "testsrc2=size=640x360", "-frames:v", "1")
    try await TestSandbox.with { (sandbox) async throws in
      let base = sandbox.server.falBaseURL + "/rest/storage/upload/initiate?storage_type=gcs"
      let body = #"{"file_name": "../a b.png", "content_type": "image/png"}"#
      #expect(try await HTTPCall("POST", base, json: body, key: nil).status == 401)
      let answer = try sandbox.json(try await call("POST", base, json: body))
      let (target, file) = (try address(answer, "upload_url"), try address(answer, "file_url"))
      let send = ["--data-binary", "@\(frame)", "-H", "Content-Type: image/png"]
      #expect(try await HTTPCall("PUT", target + "0", key: nil, options: send).status == 403, "a forged address")
      #expect(try await HTTPCall("PUT", target, key: nil, options: send).status == 200)
      #expect(try await HTTPCall("GET", file, key: nil).body == FileManager.default.contents(atPath: frame))
      let made = try await submit(
        sandbox, #"{"prompt": "snow", "duration": "3", "start_image_url": "\#(file)"}"#)
      _ = try await call("GET", try address(made, "status_url") + "/stream")
      let result = try sandbox.json(try await call("GET", try address(made, "response_url")))
      #expect(result["video"] != nil && result["sandbox_note"] == nil, "the image was found")
    }
  }

  @Test(
    .enabled(
      if: clientIsInstalled,
      "fal's own client is not installed; scripts/setup --tests installs it where PyPI can be reached"))
  func falsOwnClientWorks() async throws {
    let folder = try ScratchFolder()
    let frame = try folder.make("p.png", "-f", "lavfi", "-i", "testsrc2=size=640x360", "-frames:v", "1")
    try await TestSandbox.with { (sandbox) async throws in
      let program = ProjectFiles.path("Tests/Support/fal_client_check.py")
      let result = try await OutsideProgram.run(Self.python, [program, sandbox.server.falBaseURL, frame])
      #expect(result.status == 0, "\(result.errors)")
      let seen = try JSONDecoder().decode(JSONValue.self, from: result.output)
      #expect(seen["video"]?["content_type"] == "video/mp4" && seen["run"] == "video/mp4")
      #expect(seen["ended"] == "Completed" && seen["cancelled"] == "Completed")
      #expect(seen["refusal"]?["status"] == 422 && seen["unknown"] == 404 && seen["late"] == 400)
    }
  }
}
