import Foundation
import Presets
import Sandbox
import Support
import Testing

@Suite struct QueueTests {
  private let model = TestSandbox.referenceModel

  @Test(arguments: ["", "/api"])
  func answersUnderBothPrefixes(prefix: String) async throws {
    try await TestSandbox.with { sandbox in
      let root = sandbox.base.replacing("/api", with: "")
      let call = try await HTTPCall("GET", root + prefix + "/ai/queue")
      #expect(call.status == 200)
      #expect(try sandbox.json(call) == ["count": 0, "generations": []])
      #expect(call.headers["server"] == "longtake-sandbox")
    }
  }

  @Test(arguments: [nil, "", " "])
  func refusesRequestsWithoutKey(key: String?) async throws {
    try await TestSandbox.with { sandbox in
      let call = try await HTTPCall("GET", sandbox.base + "/ai/queue", key: key)
      #expect(call.status == 401)
      let answer = try sandbox.json(call)
      #expect(answer["error"]?["type"] == "unauthenticated")
      #expect(answer["error"]?["title"]?.stringValue?.isEmpty == false)
      #expect(answer["status"] == "error")
      #expect(answer["status_message"] == "unauthenticated")
    }
  }

  @Test func rejectsAtOnceOnlyWhatTheHubRejects() async throws {
    try await TestSandbox.with { sandbox in
      let unknown = try await HTTPCall("POST", sandbox.base + "/ai/queue", json: #"{"model":"nope","prompt":"x"}"#)
      #expect(unknown.status == 404)
      #expect(try sandbox.json(unknown) == ["error": ["message": "Model not found: nope"]])
      for count in ["0", "5", "\"two\""] {
        let call = try await HTTPCall(
          "POST", sandbox.base + "/ai/queue", json: #"{"model":"\#(model)","prompt":"x","num_generations":\#(count)}"#)
        #expect(call.status == 400)
        #expect(try sandbox.json(call)["error"]?["type"] == "invalid_params")
      }
      let garbage = try await HTTPCall("POST", sandbox.base + "/ai/queue", json: "{")
      #expect(garbage.status == 400)
      let missing = try await HTTPCall("GET", sandbox.base + "/ai/queue/none")
      #expect(missing.status == 404)
      #expect(try sandbox.json(missing)["error"]?["type"] == "resource_not_found")
      let list = try await sandbox.get("/ai/queue?status=failed")
      #expect(list["count"] == 0)
    }
  }

  @Test func generatesTakesAndReportsTheirParameters() async throws {
    try await TestSandbox.with { sandbox in
      let ids = try await sandbox.enqueue(
        #"{"model":"\#(model)","prompt":"a quiet lake","duration":3,"aspect_ratio":"9:16","num_generations":2}"#)
      #expect(Set(ids).count == 2)
      var clips: Set<Data> = []
      for id in ids {
        let answer = try await sandbox.outcome(of: id)
        #expect(answer["status"] == "succeeded")
        #expect(answer["generation_id"]?.stringValue == id)
        #expect(answer["model_name"]?.stringValue == model)
        #expect(answer["prompt"] == "a quiet lake")
        #expect(answer["media_type"] == "video")
        #expect(answer["duration"] == 3)
        #expect(answer["aspect_ratio"] == "9:16")
        #expect(answer["error_message"] == .null)
        let times = ["enqueued_at", "started_at", "completed_at"].compactMap { answer[$0]?.integerValue }
        #expect(times.count == 3 && times == times.sorted())
        let url = try #require(answer["result_url"]?.stringValue)
        let clip = try await HTTPCall("GET", url, key: nil)
        #expect(clip.status == 200 && clip.headers["content-type"] == "video/mp4")
        clips.insert(clip.body)
      }
      #expect(clips.count == 2, "takes of one request differ")
      #expect(try await sandbox.get("/ai/queue")["count"] == 0)
      #expect(try await sandbox.get("/ai/queue?status=succeeded")["count"] == 2)
      #expect(try await sandbox.get("/ai/queue?status=succeeded&media_type=image")["count"] == 0)
      #expect(try await sandbox.get("/ai/queue?status=succeeded&model=other")["count"] == 0)
      #expect(try await sandbox.get("/ai/queue?status=succeeded&namespace=other")["count"] == 0)
    }
  }

  @Test(arguments: [
    (
      #""prompt":"a","multi_prompt":[{"prompt":"b","duration":3}]"#,
      "Getting model response error: 422 - Value error, Cannot provide both 'prompt' and 'multi_prompt'."
    ),
    (#""prompt":"a","duration":2"#, "duration should be 3 to 15 seconds, not 2"),
    (#""prompt":"a","duration":16"#, "not 16"),
    (#""prompt":"a","duration":"long""#, "'duration' should be a whole number"),
    (#""multi_prompt":[{"prompt":"b","duration":1},{"prompt":"c","duration":1}]"#, "not 2"),
    (#""multi_prompt":[{"prompt":"b","duration":0},{"prompt":"c","duration":5}]"#, "'multi_prompt[0].duration'"),
    (#""multi_prompt":[]"#, "1 to 6 shots"),
    (#""prompt":"a","aspect_ratio":"4:3""#, "'aspect_ratio' should be one of '16:9', '1:1', '9:16'"),
    (#""prompt":"a","tail_image_url":"https://example.com/a.png""#, "requires a start image"),
    (#""prompt":"a","generate_audio":"yes""#, "'generate_audio' should be true or false"),
    (#""prompt":"a","elements":[{}]"#, "'elements[0].frontal_image_url' is required"),
    (
      #""prompt":"a","input_image":["https://e.com/1","https://e.com/2","https://e.com/3","https://e.com/4"],"#
        + #""input_video":"https://e.com/v","elements":[{"frontal_image_url":"https://e.com/5"}]"#,
      "at most 4, not 5"
    ),
    (#""prompt":"a","start_image_url":"file:///etc/passwd""#, "is not an http, https or data address"),
    (#""prompt":"a","start_image_url":"data:image/gif;base64,AAAA""#, "PNG or JPEG"),
    (#""prompt":"a","start_image_url":"http://127.0.0.1:1/api/repos/a/b/file/main/c.png""#, "cannot download"),
  ])
  func invalidParametersFailTheGeneration(parameters: String, message: String) async throws {
    try await TestSandbox.with { sandbox in
      let request = #"{"model":"\#(model)",\#(parameters)}"#
      let id = try await sandbox.enqueue(request)[0]
      let answer = try await sandbox.outcome(of: id)
      #expect(answer["status"] == "failed")
      #expect(answer["result_url"] == .null)
      let text = answer["error_message"]?.stringValue ?? ""
      #expect(text.contains(message), "\(text)")
      let call = try await HTTPCall("POST", sandbox.base + "/ai/videos/generate", json: request)
      #expect(call.status == 422)
      #expect(try sandbox.json(call)["error"]?["message"]?.stringValue == text)
    }
  }

  @Test func aDurationThatAResolutionDoesNotOfferFails() async throws {
    try await TestSandbox.with { sandbox in
      let id = try await sandbox.enqueue(
        #"{"model":"google-veo-3-1","prompt":"x","resolution":"4k","duration":6}"#)[0]
      #expect(try await sandbox.outcome(of: id)["error_message"]?.stringValue?.contains("duration of 8 only") == true)
    }
  }

  @Test func promptsOverTheModelsLimitFail() async throws {
    try await TestSandbox.with { sandbox in
      let text = String(repeating: "x", count: 513)
      let id = try await sandbox.enqueue(#"{"model":"\#(model)","prompt":"\#(text)"}"#)[0]
      #expect(try await sandbox.outcome(of: id)["error_message"]?.stringValue?.contains("at most 512") == true)
    }
  }

  @Test func listsActiveGenerationsByTheirParameters() async throws {
    try await TestSandbox.with(change: { $0.latency = .seconds(120) }) { sandbox in
      let ids = try await sandbox.enqueue(
        #"{"model":"\#(model)","prompt":"x","target_namespace":"studio one","num_generations":2}"#)
      for (query, count) in [
        ("", 2), ("?model=\(model)", 2), ("?model=other", 0), ("?namespace=studio+one", 2), ("?namespace=other", 0),
        ("?media_type=video", 2), ("?media_type=image", 0), ("?status=succeeded", 0),
      ] {
        let list = try await sandbox.get("/ai/queue\(query)")
        #expect(list["count"]?.integerValue == Int64(count), "\(query)")
        #expect(list["generations"]?.arrayValue?.count == count)
      }
      let order = try await sandbox.get("/ai/queue")["generations"]?.arrayValue?.map {
        $0["generation_id"]?.stringValue
      }
      #expect(order == ids)
    }
  }

  @Test func cancelsActiveGenerationsOnly() async throws {
    try await TestSandbox.with(divisor: 2) { sandbox in
      let ids = try await sandbox.enqueue(#"{"model":"\#(model)","prompt":"x","duration":15,"num_generations":2}"#)
      for id in ids.reversed() {
        let call = try await HTTPCall("DELETE", sandbox.base + "/ai/queue/\(id)")
        #expect(call.status == 200)
        #expect(try sandbox.json(call) == ["generation_id": .string(id), "status": "cancelled"])
        #expect(try await sandbox.get("/ai/queue/\(id)")["status"] == "cancelled")
      }
      let done = try await sandbox.outcome(of: try await sandbox.enqueue(#"{"model":"\#(model)","duration":2}"#)[0])
      #expect(done["status"] == "failed", "the queue goes on after a cancelled generation")
      let id = try #require(done["generation_id"]?.stringValue)
      let late = try await HTTPCall("DELETE", sandbox.base + "/ai/queue/\(id)")
      #expect(late.status == 200)
      #expect(try await sandbox.get("/ai/queue/\(id)")["status"] == "failed")
      #expect(try await HTTPCall("DELETE", sandbox.base + "/ai/queue/none").status == 404)
    }
  }

  @Test func theSynchronousCallReturnsAddressOrBytes() async throws {
    try await TestSandbox.with { sandbox in
      let request = #""model":"\#(model)","prompt":"dunes","duration":3"#
      let plain = try await HTTPCall("POST", sandbox.base + "/ai/videos/generate", json: "{\(request)}")
      let answer = try sandbox.json(plain)
      #expect(plain.status == 200)
      #expect(answer["model"]?.stringValue == model)
      #expect(answer["created"]?.integerValue ?? 0 > 1_700_000_000)
      let url = try #require(answer["videos"]?.arrayValue?.first?["url"]?.stringValue)
      let clip = try await HTTPCall("GET", url, key: nil).body
      let inline = try await HTTPCall(
        "POST", sandbox.base + "/ai/videos/generate", json: "{\(request),\"response_format\":\"b64_json\"}")
      let text = try #require(try sandbox.json(inline)["videos"]?.arrayValue?.first?["b64_json"]?.stringValue)
      #expect(Data(base64Encoded: text) == clip, "the same request gives the same bytes")
    }
  }
}
