import Foundation
import Presets
import Sandbox
import Support
import Testing

@Suite struct FaultTests {
  private static let request = #"{"model": "\#(TestSandbox.referenceModel)", "prompt": "snow", "duration": 3}"#

  private func with(_ faults: String, _ body: (TestSandbox) async throws -> Void) async throws {
    let script = try FaultScript(data: Data("schema: longtake.faults/1\nfaults:\n\(faults)".utf8), name: "test")
    try await TestSandbox.with(change: { $0.faults = script }, body)
  }

  /// curl's exit status and the bytes it received.
  private func curl(_ method: String, _ url: String, _ options: [String] = []) async throws -> (Int32, Data) {
    let result = try await OutsideProgram.run(
      "curl", ["-s", "-X", method, "-H", "Authorization: Bearer k", "--max-time", "20"] + options + [url])
    return (result.status, result.output)
  }

  private func result(_ sandbox: TestSandbox) async throws -> String {
    let answer = try await sandbox.outcome(of: try await sandbox.enqueue(Self.request)[0])
    return try #require(answer["result_url"]?.stringValue)
  }

  @Test func aStatusHitsAsOftenAsScripted() async throws {
    try await with(
      """
        - {fault: status, path: /ai/queue, method: GET, status: 429, retry_after: 7, skip: 1, times: 2}
        - {fault: status, path: "/api/ai/mod*", status: 503, retry_after: 60, retry_after_form: date, body: "busy"}
      """
    ) { (sandbox) async throws in
      let url = sandbox.base + "/ai/queue"
      var statuses: [Int] = []
      var pauses: [String?] = []
      for _ in 0..<4 {
        let call = try await HTTPCall("GET", url)
        statuses.append(call.status)
        pauses.append(call.headers["retry-after"])
      }
      #expect(statuses == [200, 429, 429, 200] && pauses == [nil, "7", "7", nil])
      let busy = try await HTTPCall("GET", sandbox.base + "/ai/models")
      #expect(busy.status == 503 && busy.text == "busy")
      #expect(busy.headers["retry-after"]?.hasSuffix(" GMT") == true)
    }
  }

  @Test func aLostAnswerIsProcessedAndADroppedRequestIsNot() async throws {
    try await with("  - fault: lost_answer\n  - {fault: dropped_request, path: /ai/queue, method: POST}") {
      (sandbox) async throws in
      let options = ["-H", "Content-Type: application/json", "-d", Self.request]
      for expected in [1, 1] {
        #expect(try await curl("POST", sandbox.base + "/ai/queue", options).0 == 52, "an empty reply")
        var known: Set<String> = []
        for query in ["", "?status=succeeded"] {
          let listed = try await sandbox.get("/ai/queue" + query)["generations"]?.arrayValue ?? []
          known.formUnion(listed.compactMap { $0["generation_id"]?.stringValue })
        }
        #expect(known.count == expected)
      }
      #expect(try await sandbox.enqueue(Self.request).count == 1)
    }
  }

  @Test func bodiesAreDamagedAsScripted() async throws {
    try await with(
      """
        - {fault: expired_link}
        - {fault: truncated_body, bytes: 1000}
        - {fault: corrupted_body, from: 100, bytes: 8}
        - {fault: slow, seconds: 0.1, bytes_per_second: 1000000, path: "/results/*"}
      """
    ) { (sandbox) async throws in
      let url = try await result(sandbox)
      #expect(try await HTTPCall("GET", url, key: nil).status == 403)
      let cut = try await curl("GET", url)
      #expect(cut.0 == 18 && cut.1.count == 1000, "a partial file")
      let changed = try await HTTPCall("GET", url, key: nil).body
      let slow = try await HTTPCall("GET", url, key: nil).body
      let whole = try await HTTPCall("GET", url, key: nil).body
      #expect(slow == whole && cut.1 == whole.prefix(1000) && changed.count == whole.count)
      let differing = zip(changed, whole).enumerated().filter { $0.element.0 != $0.element.1 }.map(\.offset)
      #expect(differing == Array(100..<108))
    }
  }

  @Test func aGenerationFailsAsScripted() async throws {
    try await with("  - {fault: failed_generation, message: Blocked by policy., skip: 1}") { (sandbox) async throws in
      #expect(try await sandbox.outcome(of: try await sandbox.enqueue(Self.request)[0])["status"] == "succeeded")
      let failed = try await sandbox.outcome(of: try await sandbox.enqueue(Self.request)[0])
      #expect(failed["status"] == "failed" && failed["error_message"] == "Blocked by policy.")
    }
  }

  @Test func streamsBreakAndFallSilent() async throws {
    try await with("  - {fault: dropped_stream, after: 0.3}\n  - fault: mute_stream") { (sandbox) async throws in
      let dropped = try await curl("GET", sandbox.base + "/events", ["-N"])
      #expect(dropped.0 == 18 && String(decoding: dropped.1, as: UTF8.self).hasPrefix(":"))
      let mute = try await curl("GET", sandbox.base + "/events", ["-N", "--max-time", "1"])
      #expect(mute.0 == 28 && mute.1.isEmpty, "no byte until curl's time-out")
    }
  }

  @Test(arguments: [
    ("faults: []", 1), ("schema: longtake.faults/1\nfaults: nothing", 1),
    ("schema: longtake.faults/1\nfaults:\n  - {fault: statsu, status: 400}", 1),
    ("schema: longtake.faults/1\nfaults:\n  - {fault: status}", 1),
    ("schema: longtake.faults/1\nfaults:\n  - {fault: status, status: 99, pth: x}", 2),
    ("schema: longtake.faults/1\nfaults:\n  - {fault: mute_stream, times: never}", 1),
    ("schema: longtake.faults/1\nfaults:\n  - {fault: lost_answer, bytes: 3}\n  - {fault: slow}", 2),
    ("schema: longtake.faults/1\nfaults:\n  - {fault: status, status: 429, retry_after_form: date}", 1),
    ("schema: longtake.faults/1\nfaults:\n  - {fault: dropped_stream, after: -1}", 1), ("{", 1),
  ])
  func aScriptIsReadStrictly(_ text: String, _ problems: Int) throws {
    do {
      _ = try FaultScript(data: Data(text.utf8), name: "x.yaml")
      Issue.record("accepted: \(text)")
    } catch let error as PresetError {
      #expect(error.code == .invalid && error.problems.count == problems, "\(error)")
    }
  }

  @Test func theSchemaAgreesWithTheParser() throws {
    let folder = try ScratchFolder()
    let good = #"""
      {"schema": "longtake.faults/1", "faults": [
        {"fault": "status", "status": 429, "retry_after": 1, "retry_after_form": "date", "body": "x", "method": "POST"},
        {"fault": "lost_answer", "path": "/a*", "skip": 1, "times": "always"}, {"fault": "dropped_request", "times": 3},
        {"fault": "dropped_stream", "after": 0.5}, {"fault": "mute_stream"}, {"fault": "expired_link"},
        {"fault": "truncated_body", "bytes": 0}, {"fault": "corrupted_body", "from": 1, "bytes": 2},
        {"fault": "failed_generation", "message": "no"}, {"fault": "slow", "seconds": 1, "bytes_per_second": 9}]}
      """#
    let schema = ProjectFiles.path("presets/schema/faults.json")
    let path = try folder.write("good.json", good)
    #expect(try SchemaValidator.problems(of: path, schema: schema).isEmpty)
    _ = try FaultScript(path: path)
    for bad in [#"{"fault": "slow"}"#, #"{"fault": "status"}"#, #"{"fault": "mute_stream", "after": 1}"#] {
      let text = #"{"schema": "longtake.faults/1", "faults": [\#(bad)]}"#
      #expect(try !SchemaValidator.problems(of: try folder.write("bad.json", text), schema: schema).isEmpty, "\(bad)")
      #expect(throws: PresetError.self) { _ = try FaultScript(data: Data(text.utf8), name: "bad") }
    }
    #expect(throws: PresetError.self) { _ = try FaultScript(path: folder.path("none.yaml")) }
  }
}
