import Foundation
import Generation
import Presets
import Storyboard
import Support
import Testing

@Suite struct FalTests {
  @Test(arguments: [WaitMode.poll, .sse]) func fetchesAQueuedClip(_ mode: WaitMode) async throws {
    try await FalFixture.run(wait: mode) { (bench) async throws in
      let jobs = try await bench.provider.enqueue(FalFixture.request)
      #expect(jobs.map(\.id) == ["fal-ai/kling-video/requests/req-1"] && jobs.map(\.state) == [.queued])
      let file = try await bench.fetch(try await bench.wait(jobs[0].id))
      #expect(file.bytes == 200_000 && file.path == bench.file("clip.mp4"))
      let paid = try bench.paid()
      #expect(paid.map(\.path) == ["/" + FalFixture.endpoint])
      let body = try JSONDecoder().decode(JSONValue.self, from: Data(paid[0].body.utf8))
      #expect(body == .object(FalFixture.request.parameters), "the endpoint is not repeated in the body")
      for request in try bench.fal.requests() {
        let key = request.headers["authorization"]
        #expect(request.port == "files" ? key == nil : key == "Key \(ScriptedFal.key)", "\(request.path)")
      }
    }
  }

  @Test func asksRarelyBesideAStream() async throws {
    try await FalFixture.run(#"{"done_after": 0.3}"#, wait: .sse) { (bench) async throws in
      let id = try await bench.provider.enqueue(FalFixture.request)[0].id
      _ = try await bench.wait(id)
      let asked = try bench.fal.requests("GET", at: "queue").filter { $0.path.hasSuffix("/status") }
      #expect(asked.count <= 3, "the stream itself ended the wait")
      for entry in asked { #expect(entry.query["logs"] == "1") }
    }
  }

  @Test(arguments: ["never", "mute", "drop"]) func finishesWithABrokenStream(_ stream: String) async throws {
    try await FalFixture.run(
      #"{"stream": "\#(stream)"}"#, wait: .sse, safetyNet: .seconds(10), silence: .seconds(10)
    ) { (bench) async throws in
      let id = try await bench.provider.enqueue(FalFixture.request)[0].id
      _ = try await bench.wait(id)
    }
  }

  @Test(arguments: ["odd", "foreign", "none"], [WaitMode.poll, .sse])
  func usesTheAddressesOfTheResponse(_ addresses: String, _ mode: WaitMode) async throws {
    try await FalFixture.run(#"{"addresses": "\#(addresses)"}"#, wait: mode, safetyNet: .seconds(10)) {
      (bench) async throws in
      let id = try await bench.provider.enqueue(FalFixture.request)[0].id
      _ = try await bench.fetch(try await bench.wait(id))
      let start = addresses == "odd" ? "/odd/" : "/fal-ai/kling-video/requests/"
      for entry in try bench.fal.requests("GET", at: "queue") { #expect(entry.path.hasPrefix(start)) }
      for entry in try bench.fal.requests("GET", at: "files") {
        #expect(entry.path.hasPrefix("/clips/") && entry.headers["authorization"] == nil)
      }
    }
  }

  @Test(arguments: [
    (#"{"outcome": "failed", "error": "Insufficient credits"}"#, GenerationError.Code.insufficientCredits, "credits"),
    (#"{"outcome": "failed", "error": "blocked by content policy"}"#, .generationFailed, "change the prompt"),
    (#"{"outcome": "failed", "error": {"message": "No face found"}}"#, .generationFailed, "No face found"),
    (#"{"outcome": "failed", "error": ["No face", {"msg": 7}]}"#, .generationFailed, "No face"),
    (#"{"outcome": "failed", "error": {"kind": "E42"}}"#, .generationFailed, "E42"),
    (#"{"outcome": "refused"}"#, .generationFailed, "body.duration: Input should be '3' to '15'"),
  ])
  func keepsTheReasonOfAFailure(_ script: String, _ code: GenerationError.Code, _ text: String) async throws {
    try await FalFixture.run(script, wait: .sse) { (bench) async throws in
      let id = try await bench.provider.enqueue(FalFixture.request)[0].id
      let error = await expectError(code) { _ = try await bench.wait(id) }
      #expect(error?.message.contains(text) == true, "\(error?.message ?? "")")
    }
  }

  @Test(arguments: [408, 409, 425, 429, 503]) func retriesATemporaryRefusal(_ status: Int) async throws {
    let fault =
      #""method": "POST", "action": "status", "status": \#(status), "headers": {"Retry-After": "0"}, "body": {"detail": "busy"}"#
    try await FalFixture.run(FalFixture.faults(fault)) { (bench) async throws in
      _ = try await bench.provider.enqueue(FalFixture.request)
      #expect(try bench.paid().count == 2)
    }
  }

  @Test(arguments: [502, 504]) func doesNotResendABlockingCallAfterAPageOfTheIngress(_ status: Int) async throws {
    let fault = #""port": "run", "method": "POST", "action": "status", "status": \#(status), "body": "nginx""#
    try await FalFixture.run(FalFixture.faults(fault), wait: .sync) { (bench) async throws in
      _ = await expectError(.answerLost) {
        _ = try await bench.provider.generate(FalFixture.request, into: bench.file("clips"))
      }
      #expect(try bench.paid().count == 1)
    }
  }

  /// The queue's own failure names the request that it has accepted.
  @Test(arguments: [500, 502, 503, 504]) func followsARequestThatAFailureNames(_ status: Int) async throws {
    let fault = #""method": "POST", "action": "garble", "named": true, "status": \#(status)"#
    try await FalFixture.run(FalFixture.faults(fault)) { (bench) async throws in
      let id = try await bench.provider.enqueue(FalFixture.request)[0].id
      #expect(id == "fal-ai/kling-video/requests/req-1")
      _ = try await bench.fetch(try await bench.wait(id))
      #expect(try bench.paid().count == 1)
    }
    let unknown =
      #""method": "POST", "action": "status", "status": \#(status), "headers": {"x-fal-request-id": "nobody"}"#
    try await FalFixture.run(FalFixture.faults(unknown)) { (bench) async throws in
      _ = await expectError(.answerLost) { _ = try await bench.provider.enqueue(FalFixture.request) }
      #expect(try bench.paid().count == 1)
    }
  }

  /// A blocking call fails after its request was accepted: it is followed in the queue, and never sent again.
  @Test(arguments: [500, 502, 503, 504]) func followsABlockingRequestThatAFailureNames(_ status: Int) async throws {
    func fault(_ body: String) -> String {
      #""port": "run", "method": "POST", "action": "fail_accepted", "status": \#(status), "body": \#(body)"#
    }
    for body in [#"{"detail": "Internal"}"#, #""<html>gateway""#] {
      try await FalFixture.run(FalFixture.faults(fault(body)), wait: .sync) { (bench) async throws in
        let results = try await bench.provider.generate(FalFixture.request, into: bench.file("clips"))
        #expect(try await bench.fetch(results[0]).bytes == 200_000)
        #expect(try bench.paid().count == 1)
      }
    }
    // The queue says that it failed: fal does not charge for that.
    let failed = #"{"outcome": "failed", "faults": [{\#(fault(#"{"detail": "Internal"}"#))}]}"#
    try await FalFixture.run(failed, wait: .sync) { (bench) async throws in
      let error = await expectError(.generationFailed) {
        _ = try await bench.provider.generate(FalFixture.request, into: bench.file("clips"))
      }
      #expect(!bench.provider.mayCharge(forFailure: error?.status))
      #expect(try bench.paid().count == 1)
    }
  }

  /// The queue does not have a blocking request, or does not say what became of it: it may have been charged.
  @Test(arguments: [
    (404, "Not Found"), (403, "no"), (401, "no"), (400, "no"), (402, "no credits"), (422, "no"),
  ])
  func doesNotTakeANamedFailureForARefusal(_ status: Int, _ detail: String) async throws {
    let script = """
      {"faults": [{"port": "run", "method": "POST", "action": "fail_accepted", "status": 500, "body": {"detail": "Internal"}},
        {"method": "GET", "action": "status", "status": \(status), "body": {"detail": "\(detail)"}, "times": 99}]}
      """
    try await FalFixture.run(script, wait: .sync) { (bench) async throws in
      let start = Date().timeIntervalSince1970
      _ = await expectError(.answerLost) {
        _ = try await bench.provider.generate(FalFixture.request, into: bench.file("clips"))
      }
      #expect(try bench.paid().count == 1)
      #expect(try await bench.provider.find(FalFixture.request, since: start).count == 1)
    }
  }

  /// The status of a request that a failure names cannot be read: it may have been accepted.
  @Test(arguments: [(403, 1), (503, 4)])
  func doesNotTakeAnUnreadableStatusForARefusal(_ status: Int, times: Int) async throws {
    let script = """
      {"faults": [{"method": "POST", "action": "garble", "named": true, "status": 500},
        {"method": "GET", "action": "status", "status": \(status), "body": {"detail": "no"}, "times": \(times)}]}
      """
    try await FalFixture.run(script) { (bench) async throws in
      let id = try await bench.provider.enqueue(FalFixture.request)[0].id
      #expect(id == "fal-ai/kling-video/requests/req-1")
      _ = try await bench.fetch(try await bench.wait(id))
      #expect(try bench.paid().count == 1)
    }
  }

  @Test func showsIDsAsFalDoes() {
    #expect(ProviderKind.shownID("fal-ai/kling-video/requests/a-1", provider: "fal") == "a-1")
    let odd = #"["a-2","https://queue.fal.run/x?p=1","https://queue.fal.run/x?p=2","https://queue.fal.run/x?p=3"]"#
    #expect(ProviderKind.shownID(odd, provider: "fal") == "a-2")
    #expect(ProviderKind.shownID("a/b/requests/c", provider: "oxen") == "a/b/requests/c")
    #expect(ProviderKind.shownID("whatever", provider: "fal") == "whatever")
  }

  @Test(arguments: [(500, "nginx"), (502, "nginx"), (503, "nginx"), (504, "timed out"), (429, "slow down"), (408, "")])
  func doesNotResendAnAmbiguousRequest(_ status: Int, _ page: String) async throws {
    let fault = #""method": "POST", "action": "status", "status": \#(status), "body": "<html>\#(page)</html>""#
    try await FalFixture.run(FalFixture.faults(fault)) { (bench) async throws in
      _ = await expectError(.answerLost) { _ = try await bench.provider.enqueue(FalFixture.request) }
      #expect(try bench.paid().count == 1)
    }
  }

  @Test(arguments: [400, 401, 403, 404, 422]) func doesNotRetryAPermanentRefusal(_ status: Int) async throws {
    let fault = #""method": "POST", "action": "status", "status": \#(status), "body": "{\"detail\": \"no way\"}""#
    try await FalFixture.run(FalFixture.faults(fault)) { (bench) async throws in
      do {
        _ = try await bench.provider.enqueue(FalFixture.request)
        Issue.record("nothing was thrown")
      } catch let error as GenerationError {
        #expect(error.status == status && error.message.contains("no way"))
        #expect([401, 403].contains(status) == error.message.contains("FAL_KEY"))
      }
      #expect(try bench.paid().count == 1)
    }
  }

  @Test(arguments: [#""action": "accept_and_drop""#, #""action": "garble""#])
  func findsALostRequestInTheHistory(_ action: String) async throws {
    let script = #"{"history_page": 1, "faults": [{"skip": 1, "method": "POST", \#(action)}]}"#
    try await FalFixture.run(script) { (bench) async throws in
      let start = Date().timeIntervalSince1970
      let other = GenerationRequest(
        model: FalFixture.endpoint, parameters: ["prompt": "A lighthouse", "duration": "5"])
      let known = try await bench.provider.enqueue(other)[0].id
      _ = await expectError(.answerLost) { _ = try await bench.provider.enqueue(FalFixture.request) }
      let lost = LostRequest(FalFixture.request, sentAt: start, known: [known: start])
      let search = try await bench.provider.search(for: lost)
      #expect(search.matches.map(\.id) == ["fal-ai/kling-video/requests/req-2"] && search.likely.isEmpty)
      #expect(
        try await bench.provider.find(FalFixture.request, since: start + 7200).count == 1, "the clock was set back")
      #expect(try await bench.provider.find(FalFixture.request, since: start - 60).count == 1)
      _ = try await bench.fetch(try await bench.wait(search.matches[0].id))
      #expect(try bench.paid().count == 2)
      let asked = try #require(try bench.fal.requests("GET", at: "api").first)
      #expect(asked.headers["authorization"] == "Key \(ScriptedFal.key)")
      #expect(asked.query["endpoint_id"] == FalFixture.endpoint && asked.query["expand"] == "payloads")
    }
  }

  @Test(arguments: [
    (#""history_page": 1, "history_more": "number""#, true), (#""history_times": "zoneless""#, true),
    (#""history_page": 1, "history_more": "nameless""#, false), (#""history_page": 1, "history_more": "stuck""#, false),
  ])
  func readsAStrangeHistory(_ script: String, isWhole: Bool) async throws {
    try await FalFixture.run(#"{\#(script)}"#) { (bench) async throws in
      let start = Date().timeIntervalSince1970
      let other = GenerationRequest(model: FalFixture.endpoint, parameters: ["prompt": "A quay", "duration": "5"])
      _ = try await bench.provider.enqueue(other)
      _ = try await bench.provider.enqueue(FalFixture.request)
      let found = try await bench.provider.search(for: LostRequest(FalFixture.request, sentAt: start))
      #expect(found.isComplete == isWhole)
      #expect(found.matches.map(\.id) == (isWhole ? ["fal-ai/kling-video/requests/req-2"] : []))
    }
  }

  @Test func doesNotTakeARequestWithoutItsPayloadForTheLostOne() async throws {
    let script = #"{"history": "bare", "faults": [{"method": "POST", "action": "accept_and_drop"}]}"#
    try await FalFixture.run(script) { (bench) async throws in
      _ = await expectError(.answerLost) { _ = try await bench.provider.enqueue(FalFixture.request) }
      let search = try await bench.provider.search(for: LostRequest(FalFixture.request, sentAt: 0))
      #expect(search.matches.isEmpty && search.likely.isEmpty)
    }
  }

  @Test func readsTheRequestIDFromTheHeader() async throws {
    try await FalFixture.run(FalFixture.faults(#""method": "POST", "action": "garble", "named": true"#)) {
      (bench) async throws in
      let id = try await bench.provider.enqueue(FalFixture.request)[0].id
      _ = try await bench.fetch(try await bench.wait(id))
      #expect(try bench.paid().count == 1)
    }
  }

  @Test func fetchesABlockingClip() async throws {
    try await FalFixture.run(wait: .sync) { (bench) async throws in
      let results = try await bench.provider.generate(FalFixture.request, into: bench.file("clips"))
      #expect(results.count == 1)
      #expect(try await bench.fetch(results[0]).bytes == 200_000)
      #expect(try bench.fal.requests("POST", at: "run").count == 1)
    }
    try await FalFixture.run(#"{"faults": [{"port": "run", "action": "accept_and_drop"}]}"#, wait: .sync) {
      (bench) async throws in
      _ = await expectError(.answerLost) {
        _ = try await bench.provider.generate(FalFixture.request, into: bench.file("clips"))
      }
      #expect(try bench.paid().count == 1)
    }
  }

  @Test func sendsOneRequestPerTake() async throws {
    try await FalFixture.run { (bench) async throws in
      #expect(bench.provider.takesPerRequest == 1)
      let request = GenerationRequest(model: FalFixture.endpoint, parameters: ["prompt": "p"], takes: 3)
      let ids = try await bench.provider.enqueue(request).map(\.id)
      #expect(Set(ids).count == 3)
    }
  }

  @Test func cancelsARequest() async throws {
    try await FalFixture.run(#"{"done_after": 60}"#, wait: .sse, safetyNet: .seconds(10)) { (bench) async throws in
      let id = try await bench.provider.enqueue(FalFixture.request)[0].id
      #expect(try await bench.provider.cancel(id).state == .cancelled)
      _ = await expectError(.cancelled) { _ = try await bench.wait(id) }
      _ = await expectError(.notFound) { _ = try await bench.provider.cancel("fal-ai/kling-video/requests/none") }
      _ = await expectError(.notFound) { _ = try await bench.provider.cancel("nonsense") }
    }
    try await FalFixture.run(#"{"done_after": 0}"#) { (bench) async throws in
      let id = try await bench.provider.enqueue(FalFixture.request)[0].id
      #expect(try await bench.provider.cancel(id).state == .succeeded, "the cancellation came too late")
    }
  }

  @Test func uploadsAnImageOnceWithoutTheKey() async throws {
    try await FalFixture.run { (bench) async throws in
      let path = bench.file("a.png")
      try Data("anchor".utf8).write(to: URL(fileURLWithPath: path))
      let image = ImageUpload(path: path, sha256: AnchorUploadTests.digest, mediaType: "image/png")
      let address = try await bench.provider.publish(image)
      #expect(address == "\(bench.fal.address("files"))/upload/\(AnchorUploadTests.digest).png")
      #expect(try await bench.provider.publish(image) == address)
      let asked = try bench.fal.requests("POST", at: "rest")
      #expect(asked.count == 1 && asked[0].headers["authorization"] == "Key \(ScriptedFal.key)")
      let sent = try bench.fal.requests("PUT", at: "files")
      #expect(sent.count == 1 && sent[0].body == "anchor" && sent[0].headers["authorization"] == nil)
      #expect(sent[0].headers["content-type"] == "image/png")
      try Data("other".utf8).write(to: URL(fileURLWithPath: path))
      let changed = ImageUpload(path: path, sha256: String(repeating: "0", count: 64), mediaType: "image/png")
      _ = await expectError(.localFile) { _ = try await bench.provider.publish(changed) }
    }
  }

  @Test func acceptsHostNamesAndAddresses() throws {
    let key = ["FAL_KEY": "k"]
    let usual = try FalConfiguration.fromEnvironment(key)
    #expect(usual.queueBase.absoluteString == "https://queue.fal.run")
    #expect(usual.runBase.absoluteString == "https://fal.run" && usual.restBase.absoluteString == "https://rest.fal.ai")
    let other = try FalConfiguration.fromEnvironment(
      key.merging(["FAL_QUEUE_RUN_HOST": "queue.example", "FAL_RUN_HOST": "http://127.0.0.1:9/run/"]) { $1 })
    #expect(other.queueBase.absoluteString == "https://queue.example")
    #expect(other.runBase.absoluteString == "http://127.0.0.1:9/run")
    let sandbox = try FalConfiguration.fromEnvironment(key, baseURL: "http://127.0.0.1:9/")
    #expect(sandbox.restBase.absoluteString == "http://127.0.0.1:9/rest")
    for bad in ["http://fal.example", "ftp://127.0.0.1", "https://u:p@fal.example", "a b"] {
      #expect(throws: GenerationError.self, "\(bad)") {
        _ = try FalConfiguration.fromEnvironment(key.merging(["FAL_QUEUE_RUN_HOST": bad]) { $1 })
      }
    }
    #expect(throws: GenerationError.self) { _ = try FalConfiguration.fromEnvironment([:]) }
  }
}
