import Foundation
import Presets
import Sandbox
import Support
import Testing

@Suite struct EventTests {
  private let model = TestSandbox.referenceModel

  /// Listens, enqueues after the response head, prints every line until the events of two generations.
  private static let listener = """
    import json, os, sys, urllib.request
    base = sys.argv[1]
    key = {"Authorization": "Bearer any"}
    stream = urllib.request.urlopen(urllib.request.Request(base + "/events", headers=key), timeout=60)
    print(stream.headers["content-type"].split(";")[0])
    ids = []
    for body in sys.argv[2:]:
        request = urllib.request.Request(base + "/ai/queue", body.encode(), {**key, "Content-Type": "application/json"})
        ids.append(json.load(urllib.request.urlopen(request))["generations"][0]["generation_id"])
    if len(ids) > 2:
        urllib.request.urlopen(urllib.request.Request(base + "/ai/queue/" + ids[2], headers=key, method="DELETE"))
    seen = 0
    while seen < 2:
        line = stream.readline().decode().rstrip("\\n")
        print(line)
        seen += line.startswith("data: ")
    while line != ": keep-alive":
        line = stream.readline().decode().rstrip("\\n")
        print(line)
    """

  @Test func reportsSuccessAndFailureButNotCancelling() async throws {
    try await TestSandbox.with(change: { $0.keepAlive = .milliseconds(100) }) { sandbox in
      let result = try await OutsideProgram.run(
        "python3",
        [
          "-c", Self.listener, sandbox.base, #"{"model":"\#(model)","prompt":"sea","duration":3}"#,
          #"{"model":"\#(model)","prompt":"sea","duration":99}"#, #"{"model":"\#(model)","prompt":"sea"}"#,
        ])
      #expect(result.status == 0, "\(result.errors)")
      let lines = result.text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      #expect(lines.first == "text/event-stream")
      #expect(lines.contains(": keep-alive"))
      let events = lines.indices.filter { lines[$0].hasPrefix("data: ") }
      #expect(events.count == 2)
      for index in events { #expect(lines[index - 1] == "event: media_generation_completed") }
      let data = try events.map {
        try JSONDecoder().decode(JSONValue.self, from: Data(lines[$0].dropFirst(6).utf8))
      }
      #expect(data[0]["status"] == "succeeded")
      #expect(data[0]["media_type"] == "video")
      #expect(data[0]["model"]?.stringValue == model)
      let url = try #require(data[0]["url"]?.stringValue)
      #expect(try await HTTPCall("GET", url, key: nil).status == 200)
      #expect(data[1]["status"] == "failed")
      #expect(data[1]["error"]?.stringValue?.contains("duration") == true)
    }
  }

  @Test func eventsBeforeListeningAreLost() async throws {
    try await TestSandbox.with { sandbox in
      let id = try await sandbox.enqueue(#"{"model":"\#(model)","duration":1}"#)[0]
      _ = try await sandbox.outcome(of: id)
      let heard = try await OutsideProgram.run(
        "curl", ["-sN", "--max-time", "1", "-H", "Authorization: Bearer any", sandbox.base + "/events"])
      #expect(heard.text.hasPrefix(":"))
      #expect(!heard.text.contains(id))
    }
  }

  @Test func stoppingEndsTheStream() async throws {
    let heard = try await TestSandbox.with { sandbox in
      let listening = Task {
        try await OutsideProgram.run(
          "curl", ["-sN", "--max-time", "20", "-H", "Authorization: Bearer any", sandbox.base + "/events"])
      }
      try await Task.sleep(for: .milliseconds(300))
      return listening
    }
    #expect(try await heard.value.status != 28, "28 is curl's time-out")
  }

  /// The hub publishes enqueueing first and listening then, with awk to pick the event out.
  @Test func thePublishedShellExampleReceivesItsEvent() async throws {
    let script = """
      GEN_ID=$(curl -s -X POST $BASE/ai/queue \\
        -H "Content-Type: application/json" \\
        -H "Authorization: Bearer $OXEN_API_KEY" \\
        -d '{ "model": "kling-video-o3-pro-reference-to-video" }' \\
        | python3 -c 'import json,sys; print(json.load(sys.stdin)["generations"][0]["generation_id"])')
      curl -sN --max-time 90 -H "Authorization: Bearer $OXEN_API_KEY" $BASE/events | awk -v id="$GEN_ID" '
        /^event: media_generation_completed$/ { expect=1; next }
        /^data: / && expect {
          payload = substr($0, 7)
          if (index(payload, "\\"generation_id\\":\\"" id "\\"")) { print payload; exit }
          expect = 0
        }'
      """
    try await TestSandbox.with(change: {
      $0.shortestGeneration = 8
      $0.keepAlive = .seconds(1)
    }) { sandbox in
      let began = ContinuousClock.now
      let result = try await OutsideProgram.run(
        "bash", ["-c", script], environment: ["BASE": sandbox.base, "OXEN_API_KEY": "any"])
      let event = try JSONDecoder().decode(JSONValue.self, from: Data(result.text.utf8))
      #expect(event["status"] == "succeeded", "\(result.text)")
      #expect(began.duration(to: .now) < .seconds(80), "received at once, not at curl's time-out")
    }
  }
}
