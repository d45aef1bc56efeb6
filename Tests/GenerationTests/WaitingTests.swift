import Foundation
import Generation
import Presets
import Support
import Synchronization
import Testing

@Suite struct WaitingTests {
  @Test(arguments: [WaitMode.poll, .sse]) func fetchesAQueuedClip(_ mode: WaitMode) async throws {
    try await HubFixture.run(wait: mode) { (bench) async throws in
      let jobs = try await bench.provider.enqueue(HubFixture.request)
      #expect(jobs.map(\.state) == [.queued])
      let file = try await bench.fetch(try await bench.wait(jobs[0].id))
      #expect(file.bytes == 200_000)
      #expect(try bench.paid().count == 1)
    }
  }

  @Test(arguments: ["url", "b64_json"]) func fetchesABlockingClipInEitherForm(_ form: String) async throws {
    try await HubFixture.run(#"{"sync_format": "\#(form)"}"#, wait: .sync) { (bench) async throws in
      let results = try await bench.provider.generate(HubFixture.request, into: bench.file("clips"))
      #expect(results.count == 1)
      let sync = try await bench.fetch(results[0], to: "sync.mp4")
      #expect(sync.bytes == 200_000)
      let queued = try await bench.fetch(try await bench.wait("gen-1"), to: "queued.mp4")
      #expect(queued.sha256 == sync.sha256)
      #expect(try FileManager.default.contentsOfDirectory(atPath: bench.hub.folder.path).contains("sync.mp4"))
    }
  }

  @Test(arguments: [
    #"{"videos": [{"b64_json": "YS9iP2M+ZA=="}]}"#,
    #"{"note": "b64_json", "videos": [{"id": 1, "b64_json" : "YS9iP2M+ZA"}]}"#,
    #"[{"b64_json": "data:video/mp4;base64,YS9i\nP2M+\u005aA=="}]"#,
    #"  {"quote\"": ["b64_json"], "videos": [{"b64_json": "YS9i P2M-ZA==", "url": null}]}"#,
  ])
  func extractsTheClipFromTheResponse(_ body: String) async throws {
    let encoded = String(decoding: try JSONEncoder().encode(body), as: UTF8.self)
    let fault = #"{"path": "/api/ai/videos", "action": "status", "status": 200, "body": \#(encoded)}"#
    try await HubFixture.run(#"{"faults": [\#(fault)]}"#, wait: .sync) { (bench) async throws in
      let results = try await bench.provider.generate(HubFixture.request, into: bench.file("clips"))
      let file = try await bench.fetch(try #require(results.first))
      #expect(try String(contentsOfFile: file.path, encoding: .utf8) == "a/b?c>d")
      #expect(try FileManager.default.contentsOfDirectory(atPath: bench.file("clips")).isEmpty)
    }
  }

  @Test(arguments: [
    #"{"videos": [{"b64_json": "YS9i!"}]}"#, #"{"videos": [{"b64_json": ""}]}"#, #"{"videos": [{}]}"#,
    #"{"videos": []}"#, #"{"videos": [{"b64_json": "YS9i"#, "no JSON", "",
  ])
  func treatsAResponseWithoutAClipAsPaid(_ body: String) async throws {
    let encoded = String(decoding: try JSONEncoder().encode(body), as: UTF8.self)
    let fault = #"{"path": "/api/ai/videos", "action": "status", "status": 200, "body": \#(encoded)}"#
    try await HubFixture.run(#"{"faults": [\#(fault)]}"#, wait: .sync) { (bench) async throws in
      _ = await expectError(.answerLost) {
        _ = try await bench.provider.generate(HubFixture.request, into: bench.file("clips"))
      }
      #expect(try bench.paid().count == 1)
    }
  }

  @Test func closingEndsTheWait() async throws {
    try await HubFixture.run(#"{"done_after": 30}"#, wait: .sse) { (bench) async throws in
      let id = try await bench.provider.enqueue(HubFixture.request)[0].id
      let task = Task { try await bench.wait(id, seconds: 6000) }
      try await until { try !bench.hub.requests("GET", "/api/ai/queue/").isEmpty }
      let start = ContinuousClock.now
      try await bench.provider.close()
      await #expect(throws: (any Error).self) { _ = try await task.value }
      #expect(start.duration(to: .now) < .seconds(25))
    }
  }

  @Test func sendsOneBlockingRequestPerTake() async throws {
    try await HubFixture.run(#"{"sync_format": "b64_json"}"#, wait: .sync) { (bench) async throws in
      let request = GenerationRequest(model: "m", parameters: ["prompt": "p"], takes: 3)
      let results = try await bench.provider.generate(request, into: bench.file("clips"))
      #expect(results.count == 3)
      #expect(try bench.paid() == Array(repeating: ["model": "m", "prompt": "p"], count: 3))
    }
  }

  @Test func connectsTheStreamBeforeSending() async throws {
    try await HubFixture.run(wait: .sse) { (bench) async throws in
      let jobs = try await bench.provider.enqueue(HubFixture.request)
      let order = try bench.hub.requests().map(\.path)
      #expect(order == ["/api/events", "/api/ai/queue"])
      _ = try await bench.wait(jobs[0].id)
      #expect(try bench.hub.requests("GET", "/api/ai/queue/").count == 1, "the event itself ended the wait")
    }
  }

  @Test func keepsAnEventThatFiresBeforeTheWait() async throws {
    try await HubFixture.run(#"{"done_after": 0}"#, wait: .sse) { (bench) async throws in
      let jobs = try await bench.provider.enqueue(HubFixture.request)
      try await Task.sleep(for: .milliseconds(50))
      _ = try await bench.wait(jobs[0].id, seconds: 500)
    }
  }

  /// The first status request breaks the stream, so that the generation ends unheard.
  @Test func asksForEventsMissedWhileDisconnected() async throws {
    let faults = """
      [{"path": "/api/events", "skip": 1, "times": 2, "action": "drop"},
      {"method": "GET", "path": "/api/ai/queue/", "action": "drop_streams", "body": \(Self.processing)}]
      """
    try await HubFixture.run(
      #"{"events": "never", "done_after": 0, "faults": \#(faults)}"#, wait: .sse, poll: .seconds(6000)
    ) {
      (bench) async throws in
      let jobs = try await bench.provider.enqueue(HubFixture.request)
      _ = try await bench.wait(jobs[0].id)
      #expect(try bench.hub.requests("GET", "/api/events").count == 4)
      #expect(try bench.hub.requests("GET", "/api/ai/queue/").count == 2)
    }
  }

  static let processing = #"{"generation_id": "gen-1", "status": "processing"}"#

  @Test func reconnectsASilentStream() async throws {
    try await HubFixture.run(#"{"done_after": 0.8, "events": "mute"}"#, wait: .sse, silence: .seconds(20)) {
      (bench) async throws in
      let jobs = try await bench.provider.enqueue(HubFixture.request)
      _ = try await bench.wait(jobs[0].id, seconds: 20_000)
      #expect(try bench.hub.requests("GET", "/api/events").count >= 2)
    }
  }

  @Test func theSafetyNetFindsAJobWithoutAnEvent() async throws {
    try await HubFixture.run(#"{"events": "never"}"#, wait: .sse, safetyNet: .seconds(10)) { (bench) async throws in
      let jobs = try await bench.provider.enqueue(HubFixture.request)
      _ = try await bench.wait(jobs[0].id, seconds: 20_000)
      #expect(try bench.hub.requests("GET", "/api/events").count == 1)
    }
  }

  @Test func pollsWithoutAStream() async throws {
    try await HubFixture.run(
      #"{"faults": [{"path": "/api/events", "times": 999, "action": "status", "status": 404}]}"#, wait: .sse
    ) {
      (bench) async throws in
      let jobs = try await bench.provider.enqueue(HubFixture.request)
      _ = try await bench.wait(jobs[0].id, seconds: 20_000)
    }
  }

  @Test func sharesOneStreamBetweenWaiters() async throws {
    try await HubFixture.run(#"{"done_after": 0.5}"#, wait: .sse) { (bench) async throws in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<30 {
          group.addTask {
            let jobs = try await bench.provider.enqueue(HubFixture.request)
            _ = try await bench.wait(jobs[0].id, seconds: 2000)
          }
        }
        try await group.waitForAll()
      }
      #expect(try bench.hub.requests("GET", "/api/events").count == 1)
    }
  }

  @Test(arguments: [WaitMode.poll, .sse]) func reportsTheServiceReasonOfAFailure(_ mode: WaitMode) async throws {
    let script = #"{"outcome": "failed", "error_message": "Blocked by content policy \u001b[31m secret-key-1234"}"#
    try await HubFixture.run(script, wait: mode) { (bench) async throws in
      let id = try await bench.provider.enqueue(HubFixture.request)[0].id
      let error = await expectError(.generationFailed) { _ = try await bench.wait(id) }
      let message = try #require(error?.message)
      #expect(message.contains("Blocked by content policy") && message.contains("change the prompt"))
      #expect(!message.contains("\u{1B}"))
    }
  }

  /// Services send a text, an object or a list.
  @Test(
    arguments: [
      (#"{"code": 7, "message": "No face found"}"#, "No face found"),
      (#"[{"loc": ["body", "prompt"], "msg": "too short"}, "retry later"]"#, "body.prompt: too short; retry later"),
      (#"{"error": {"detail": "No face found"}}"#, "No face found"), (#"{"kind": "E42"}"#, #"{"kind":"E42"}"#),
      (#"["No face", "no hands"]"#, "No face; no hands"), ("42", "42"),
    ], [WaitMode.poll, .sse])
  func reportsTheReasonInAnyForm(_ reason: (json: String, text: String), _ mode: WaitMode) async throws {
    try await HubFixture.run(#"{"outcome": "failed", "error_message": \#(reason.json)}"#, wait: mode) {
      (bench) async throws in
      let id = try await bench.provider.enqueue(HubFixture.request)[0].id
      let error = await expectError(.generationFailed) { _ = try await bench.wait(id) }
      #expect(error?.message.contains(reason.text) == true, "\(error?.message ?? "")")
    }
  }

  @Test func recognisesMissingCredits() async throws {
    try await HubFixture.run(#"{"outcome": "failed", "error_message": "Insufficient credits"}"#) {
      (bench) async throws in
      let id = try await bench.provider.enqueue(HubFixture.request)[0].id
      _ = await expectError(.insufficientCredits) { _ = try await bench.wait(id) }
    }
  }

  @Test func reportsACancelledJob() async throws {
    try await HubFixture.run(#"{"done_after": 30}"#, wait: .sse, safetyNet: .seconds(10)) { (bench) async throws in
      let id = try await bench.provider.enqueue(HubFixture.request)[0].id
      #expect(try await bench.provider.cancel(id).state == .cancelled)
      _ = await expectError(.cancelled) { _ = try await bench.wait(id) }
    }
  }

  @Test(arguments: [WaitMode.poll, .sse]) func endsTheWaitAtItsTimeout(_ mode: WaitMode) async throws {
    try await HubFixture.run(#"{"done_after": 30}"#, wait: mode) { (bench) async throws in
      let id = try await bench.provider.enqueue(HubFixture.request)[0].id
      let start = ContinuousClock.now
      _ = await expectError(.timedOut) { _ = try await bench.wait(id, seconds: 5) }
      #expect(start.duration(to: .now) < .seconds(25))
    }
  }

  @Test(arguments: [WaitMode.poll, .sse]) func endsTheWaitWhenTheTaskIsCancelled(_ mode: WaitMode) async throws {
    try await HubFixture.run(#"{"done_after": 30}"#, wait: mode) { (bench) async throws in
      let id = try await bench.provider.enqueue(HubFixture.request)[0].id
      let task = Task { try await bench.wait(id, seconds: 6000) }
      try await until { try !bench.hub.requests("GET", "/api/ai/queue/").isEmpty }
      let start = ContinuousClock.now
      task.cancel()
      await #expect(throws: CancellationError.self) { _ = try await task.value }
      #expect(start.duration(to: .now) < .seconds(25))
    }
  }

  @Test func waitsThroughAnOutage() async throws {
    let faults = #"[{"method": "GET", "path": "/api/ai/queue/", "times": 7, "action": "status", "status": 502}]"#
    try await HubFixture.run(#"{"faults": \#(faults)}"#) { (bench) async throws in
      let id = try await bench.provider.enqueue(HubFixture.request)[0].id
      _ = try await bench.wait(id)
    }
  }

  @Test func reportsTheStatesInOrder() async throws {
    let fault =
      #"{"method": "GET", "path": "/api/ai/queue/", "action": "status", "status": 200, "body": \#(Self.processing)}"#
    try await HubFixture.run(#"{"done_after": 0, "faults": [\#(fault)]}"#) { (bench) async throws in
      let id = try await bench.provider.enqueue(HubFixture.request)[0].id
      let states = Mutex<[GenerationJob.State]>([])
      _ = try await bench.provider.wait(for: id, timeout: .seconds(2000)) { job in
        states.withLock { $0.append(job.state) }
      }
      #expect(states.withLock { $0 } == [.processing, .succeeded])
    }
  }

  /// The stream may take 500 s to connect here.
  @Test(arguments: [#""status", "status": 503"#, #""status", "status": 404"#, #""drop""#])
  func aRefusedEventStreamDoesNotDelayTheRequest(_ refusal: String) async throws {
    let fault = #"{"path": "/api/events", "times": 99, "action": \#(refusal)}"#
    try await HubFixture.run(#"{"faults": [\#(fault)]}"#, wait: .sse) { (bench) async throws in
      let start = ContinuousClock.now
      let job = try await bench.provider.enqueue(HubFixture.request)[0]
      #expect(start.duration(to: .now) < .seconds(3))
      // Polling carries on.
      #expect(try await bench.fetch(try await bench.wait(job.id)).bytes == 200_000)
    }
  }
}
