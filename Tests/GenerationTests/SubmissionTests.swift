import Foundation
import Generation
import Presets
import Support
import Synchronization
import Testing

@Suite struct SubmissionTests {
  static let queue = "/api/ai/queue"

  /// A refusal in the hub's own form.
  static let busy = #""body": {"error": {"type": "rate_limited", "title": "busy"}, "status": "error"}"#

  static func faults(_ fault: String) -> String { #"{"faults": [{"method": "POST", "path": "/api/ai", \#(fault)}]}"# }

  @Test func sendsEveryFieldAndNothingElse() async throws {
    try await HubFixture.run { (bench) async throws in
      let jobs = try await bench.provider.enqueue(
        GenerationRequest(model: HubFixture.request.model, parameters: HubFixture.request.parameters, takes: 2))
      #expect(jobs.map(\.id) == ["gen-1", "gen-2"])
      var expected = HubFixture.request.parameters
      expected["model"] = .string(HubFixture.request.model)
      expected["num_generations"] = 2
      #expect(try bench.paid() == [.object(expected)])
      let sent = try #require(try bench.hub.requests("POST", Self.queue).first)
      #expect(sent.headers["authorization"] == "Bearer \(ScriptedHub.key)")
      #expect(sent.headers["content-type"] == "application/json")
    }
  }

  @Test(arguments: [WaitMode.poll, .sync]) func retriesTooManyRequestsAfterRetryAfter(_ mode: WaitMode) async throws {
    let script = Self.faults(#""action": "status", "status": 429, "headers": {"Retry-After": "7"}, \#(Self.busy)"#)
    let clock = FastClock()
    try await HubFixture.run(script, wait: mode, clock: clock) { (bench) async throws in
      let start = clock.now
      if mode == .sync {
        _ = try await bench.provider.generate(HubFixture.request, into: bench.file("clips"))
      } else {
        _ = try await bench.provider.enqueue(HubFixture.request)
      }
      #expect(start.duration(to: clock.now) >= .seconds(7))
      #expect(try bench.paid().count == 2)
    }
  }

  /// An id is a paid generation, whatever its status; a duplicate counts once.
  @Test(arguments: [
    (#"[{"generation_id": "a"}, {"generation_id": "a", "status": "queued"}]"#, ["a"]),
    (#"[{"generation_id": "a", "status": "accepted"}, {"generation_id": 7, "status": "queued"}]"#, ["a", "7"]),
    (#"[{"generation_id": null, "id": "a", "status": null}, {"id": 8}]"#, ["a", "8"]),
  ])
  func findsPaidGenerationsInUnusualResponses(_ list: String, _ ids: [String]) async throws {
    let script = Self.faults(#""action": "status", "status": 200, "body": {"generations": \#(list)}"#)
    try await HubFixture.run(script) { (bench) async throws in
      let request = GenerationRequest(model: "m", parameters: ["prompt": "p"], takes: 2)
      #expect(try await bench.provider.enqueue(request).map(\.id) == ids)
      #expect(try bench.paid().count == 1)
    }
  }

  @Test(arguments: [
    #"{"generation_id": "a", "status": "queued"}"#, #"{"generation": {"generation_id": "a"}}"#,
  ])
  func readsAGenerationThatIsInNoList(_ answer: String) async throws {
    let script = Self.faults(#""action": "status", "status": 201, "body": \#(answer)"#)
    try await HubFixture.run(script) { (bench) async throws in
      #expect(try await bench.provider.enqueue(HubFixture.request).map(\.id) == ["a"])
    }
  }

  /// An answer that never ends holds nothing up for ever.
  @Test(arguments: [WaitMode.poll, .sync]) func givesUpOnAnEndlessAnswer(_ mode: WaitMode) async throws {
    let script = Self.faults(#""action": "endless""#)
    try await HubFixture.run(script, wait: mode, syncTimeout: .seconds(30), answerTime: .seconds(30)) {
      (bench) async throws in
      _ = await expectError(.answerLost) {
        if mode == .sync {
          _ = try await bench.provider.generate(HubFixture.request, into: bench.file("clips"))
        } else {
          _ = try await bench.provider.enqueue(HubFixture.request)
        }
      }
      #expect(try bench.paid().count == 1)
    }
  }

  /// Between the two calls of the journal, and only there, a request may have been paid.
  @Test func theJournalRecordsWhatMayHaveBeenSent() async throws {
    final class Journal: SendJournal {
      let calls = Mutex<[String]>([])
      func willSend() throws { calls.withLock { $0.append("sent") } }
      func wasNotTaken() throws { calls.withLock { $0.append("not taken") } }
    }
    let script = Self.faults(#""action": "status", "status": 429, "headers": {"Retry-After": "0"}, \#(Self.busy)"#)
    try await HubFixture.run(script) { (bench) async throws in
      let journal = Journal()
      _ = try await bench.provider.enqueue(HubFixture.request, journal: journal)
      #expect(journal.calls.withLock { $0 } == ["sent", "not taken", "sent"])
    }
    try await HubFixture.run(Self.faults(#""action": "drop""#)) { (bench) async throws in
      let journal = Journal()
      _ = await expectError(.answerLost) { _ = try await bench.provider.enqueue(HubFixture.request, journal: journal) }
      #expect(journal.calls.withLock { $0 } == ["sent"])
    }
  }

  @Test func findsARequestFromAClockThatWasSetBack() async throws {
    try await HubFixture.run { (bench) async throws in
      _ = try await bench.provider.enqueue(HubFixture.request)
      let now = Date().timeIntervalSince1970
      #expect(try await bench.provider.find(HubFixture.request, since: now + 7200).map(\.id) == ["gen-1"])
    }
  }

  @Test func findsARequestWhenTheServiceClockIsSlow() async throws {
    let now = Date().timeIntervalSince1970
    let job =
      #"{"generation_id": "late", "status": "queued", "model_name": "m", "prompt": "p", "enqueued_at": \#(now - 3600)}"#
    let dates = DateFormatter()
    dates.locale = Locale(identifier: "en_US_POSIX")
    dates.timeZone = .gmt
    dates.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
    let late = dates.string(from: Date(timeIntervalSince1970: now - 3600))
    let request = GenerationRequest(model: "m", parameters: ["prompt": "p"])
    for (date, ids) in [(#""date": "\#(late)", "#, ["late"]), ("", [])] {
      let fault =
        #"{"method": "GET", "path": "/api/ai/queue", "times": 9, "action": "status", "status": 200, \#(date)"body": {"generations": [\#(job)]}}"#
      try await HubFixture.run(#"{"faults": [\#(fault)]}"#) { (bench) async throws in
        #expect(try await bench.provider.find(request, since: now).map(\.id) == ids)
      }
    }
  }

  @Test func limitsRetriesOfTooManyRequests() async throws {
    try await HubFixture.run(Self.faults(#""times": 99, "action": "status", "status": 429, \#(Self.busy)"#)) {
      (bench) async throws in
      _ = await expectError(.rateLimited) { _ = try await bench.provider.enqueue(HubFixture.request) }
      #expect(try bench.paid().count == 4)
    }
  }

  /// Only the service's own refusal, in its own form, proves that nothing was accepted.
  @Test(arguments: [
    #""action": "drop""#, #""action": "garble""#, #""action": "status", "status": 500"#,
    #""action": "status", "status": 502, "body": "<html><title>Bad gateway</title></html>""#,
    #""action": "status", "status": 502, \#(busy)"#, #""action": "status", "status": 504, \#(busy)"#,
    #""action": "status", "status": 520, \#(busy)"#, #""action": "status", "status": 524, \#(busy)"#,
    #""action": "status", "status": 504"#, #""action": "status", "status": 503, "headers": {"Retry-After": "1"}"#,
    #""action": "status", "status": 503, "body": {"message": "Service Unavailable"}"#,
    #""action": "status", "status": 429, "headers": {"Retry-After": "1"}"#, #""action": "status", "status": 408"#,
    #""action": "status", "status": 403, "body": "<html>blocked</html>""#, #""action": "status", "status": 402"#,
    #""action": "status", "status": 400, "body": "just text""#, #""action": "status", "status": 401, "body": {}"#,
    #""action": "status", "status": 422, "body": {"detail": [{"loc": ["body"], "msg": "too big", "type": "x"}]}"#,
    #""action": "status", "status": 404, "body": {"error": {}, "status": "error"}"#,
    #""action": "status", "status": 200, "body": {"error": {"title": "no"}, "status": "error"}"#,
    #""action": "status", "status": 303, "headers": {"Location": "/api/ai/queue/gen-9"}"#,
    #""action": "redirect", "status": 308, "to": "/api/ai/queue?again=1""#,
  ])
  func doesNotResendAfterALostResponse(_ fault: String) async throws {
    try await HubFixture.run(Self.faults(#""times": 9, \#(fault)"#)) { (bench) async throws in
      _ = await expectError(.answerLost) { _ = try await bench.provider.enqueue(HubFixture.request) }
      #expect(try bench.paid().count == 1)
    }
  }

  @Test func doesNotResendAfterATruncatedResponse() async throws {
    let script = Self.faults(#""times": 9, "action": "truncate", "bytes": 1000"#)
    try await HubFixture.run(script, wait: .sync) { (bench) async throws in
      let request = GenerationRequest(model: "m", parameters: ["prompt": "p", "response_format": "b64_json"])
      _ = await expectError(.answerLost) {
        _ = try await bench.provider.generate(request, into: bench.file("clips"))
      }
      #expect(try bench.paid().count == 1)
      #expect(try FileManager.default.contentsOfDirectory(atPath: bench.file("clips")).isEmpty)
      #expect(try await bench.provider.find(request, since: Date().timeIntervalSince1970).map(\.id) == ["gen-1"])
    }
  }

  @Test func reportsASilentBlockingCallAsLost() async throws {
    try await HubFixture.run(#"{"done_after": 5}"#, wait: .sync, syncTimeout: .milliseconds(200)) {
      (bench) async throws in
      _ = await expectError(.answerLost) {
        _ = try await bench.provider.generate(HubFixture.request, into: bench.file("clips"))
      }
      #expect(try bench.paid().count == 1)
    }
  }

  @Test(arguments: ["0.01", "60"]) func findsALostRequest(_ doneAfter: String) async throws {
    let fault = #"{"method": "POST", "path": "/api/ai/queue", "skip": 1, "action": "accept_and_drop"}"#
    try await HubFixture.run(#"{"done_after": \#(doneAfter), "faults": [\#(fault)]}"#) { (bench) async throws in
      let start = Date().timeIntervalSince1970
      let other = GenerationRequest(
        model: HubFixture.request.model,
        parameters: HubFixture.request.parameters.merging(["duration": 5]) { $1 })
      _ = try await bench.provider.enqueue(other)
      _ = await expectError(.answerLost) { _ = try await bench.provider.enqueue(HubFixture.request) }
      if doneAfter != "60" { try await Task.sleep(for: .milliseconds(20)) }
      let same = GenerationRequest(
        model: HubFixture.request.model,
        parameters: HubFixture.request.parameters.merging(["duration": 3.0, "response_format": "url"]) { $1 })
      let found = try await bench.provider.find(same, since: start)
      #expect(found.map(\.id) == ["gen-2"])
      #expect(found.first?.state == (doneAfter == "60" ? .processing : .succeeded))
      let anchored = GenerationRequest(
        model: same.model,
        parameters: same.parameters.merging(["start_image_url": "https://images.example/s.png"]) { $1 })
      #expect(try await bench.provider.find(anchored, since: start).isEmpty)
      let reduced = GenerationRequest(model: HubFixture.request.model, parameters: ["prompt": "A lighthouse at night"])
      #expect(try await bench.provider.find(reduced, since: start).isEmpty)
    }
  }

  @Test func retriesAnUnreachableServiceAndDoesNotReportALoss() async throws {
    // Port 1 is reserved and nobody listens there.
    var configuration = try OxenConfiguration(
      baseURL: "http://127.0.0.1:1/api", key: APIKey("k", variable: "OXEN_API_KEY"))
    configuration.settings.retry = RetryPolicy(attempts: 3, firstPause: .milliseconds(10))
    let provider = try OxenProvider(configuration: configuration, waitMode: .poll)
    let error = await expectError(.unavailable) { _ = try await provider.enqueue(HubFixture.request) }
    #expect(error?.message.contains("Tried 3 times") == true)
    try await provider.close()
  }

  @Test func namesTheVariableOfARefusedKey() async throws {
    try await HubFixture.run(wait: .sse, key: "wrong-key") { (bench) async throws in
      let error = await expectError(.notAuthorised) { _ = try await bench.provider.enqueue(HubFixture.request) }
      let message = try #require(error?.message)
      #expect(message.contains("OXEN_API_KEY") && message.contains("No valid key") && !message.contains("wrong-key"))
      #expect(error?.status == 401)
    }
  }

  @Test(arguments: [
    (
      400, #"{"error": {"type": "invalid_params", "title": "Bad", "detail": "no such model"}, "status": "error"}"#,
      GenerationError.Code.refused, "no such model"
    ),
    (422, #"{"error": {"message": "prompt is too long"}}"#, .refused, "prompt is too long"),
    (400, #"{"error": {"message": "odd \u001b"}}"#, .refused, "odd \\u{1b}"),
    (400, "Getting model response error: 422 - Value error, no.", .refused, "422 - Value"),
    (500, #"{"error": {"type": "unknown_error", "title": "Oops"}}"#, .unavailable, "Oops"),
    (
      500, #"{"error": {"message": "Getting model response error: 422 - Value error, no."}}"#, .unavailable,
      "422 - Value"
    ),
    (400, #"{"error": {"message": "Insufficient credits"}}"#, .insufficientCredits, "Add credits"),
    (402, #"{"error": {"title": "Payment required"}}"#, .insufficientCredits, "Add credits"),
    (404, #"{"error": {"type": "resource_not_found"}, "status_message": "resource_not_found"}"#, .notFound, "404"),
  ])
  func keepsTheServiceMessageOfARefusal(
    _ status: Int, _ body: String, _ code: GenerationError.Code, _ text: String
  ) async throws {
    let encoded = String(decoding: try JSONEncoder().encode(body), as: UTF8.self)
    try await HubFixture.run(Self.faults(#""action": "status", "status": \#(status), "body": \#(encoded)"#)) {
      (bench) async throws in
      let error = await expectError(code) { _ = try await bench.provider.enqueue(HubFixture.request) }
      #expect(error?.message.contains(text) == true, "\(error?.message ?? "")")
      #expect(error?.status == status)
      #expect(try bench.paid().count == 1)
    }
  }

  @Test func doesNotFollowARedirectOfAPaidRequest() async throws {
    try await HubFixture.run(Self.faults(#""action": "redirect", "status": 307, "to": "{files}/x""#)) {
      (bench) async throws in
      let error = await expectError(.answerLost) { _ = try await bench.provider.enqueue(HubFixture.request) }
      #expect(error?.message.contains("redirect to") == true, "\(error?.message ?? "")")
      #expect(try bench.hub.requests().filter { $0.port == "files" }.isEmpty)
    }
  }

  @Test func followsARedirectOfAReadWithoutTheKey() async throws {
    let fault = #"{"method": "GET", "path": "/api/ai/models", "action": "redirect", "to": "{files}/models"}"#
    try await HubFixture.run(#"{"faults": [\#(fault)]}"#) { (bench) async throws in
      _ = try? await bench.provider.models(search: nil)
      let elsewhere = try bench.hub.requests().filter { $0.port == "files" }
      #expect(elsewhere.count == 1)
      #expect(elsewhere[0].headers["authorization"] == nil)
    }
  }

  @Test func returnsTheCatalogueUnchanged() async throws {
    try await HubFixture.run { (bench) async throws in
      #expect(try await bench.provider.models(search: nil).count == 2)
      #expect(try await bench.provider.models(search: "veo").map { $0["id"] } == ["google-veo-3-1"])
      #expect(try await bench.provider.model("kling-video-o3-omni")["pricing"]?["per_second"] == 0.42)
      _ = await expectError(.notFound) { _ = try await bench.provider.model("../secrets") }
    }
  }
}
