import Foundation
import Generation
import Presets
import Support
import Testing

/// Looking for a request in a list of which nothing is published but its columns.
@Suite struct LostRequestTests {
  private static let request = GenerationRequest(
    model: SmallStoryboard.model, parameters: ["prompt": "A quay.", "duration": 1, "generate_audio": true])

  /// Loses the answer to one request and looks for it once.
  private func search(
    _ script: String, known: [String: Double?] = [:], faults: String = "",
    _ check: (LostRequestSearch, ScriptedHub) throws -> Void
  ) async throws {
    let more = script.isEmpty ? "" : ", " + script
    let hub = try await ScriptedHub.startUnfriendly(
      #"{"done_after": 60, "faults": [{"method": "POST", "path": "/api/ai", "action": "accept_and_drop"}\#(faults)]\#(more)}"#
    )
    defer { hub.stop() }
    var configuration = try OxenConfiguration(
      baseURL: hub.baseURL, key: APIKey(ScriptedHub.key, variable: "OXEN_API_KEY"))
    configuration.settings = configuration.settings.fast(FastClock())
    let provider = try OxenProvider(configuration: configuration, waitMode: .poll)
    let start = Date().timeIntervalSince1970
    _ = await expectError(.answerLost) { _ = try await provider.enqueue(Self.request) }
    // The hub goes on after the connection was cut.
    while try hub.requests("POST", "/api/ai/queue").isEmpty { try await Task.sleep(for: .milliseconds(5)) }
    let found = try await provider.search(for: LostRequest(Self.request, sentAt: start, known: known))
    try await provider.close()
    try check(found, hub)
  }

  /// The hub lists its oldest generations first, so that the lost one is on the last page.
  @Test(
    arguments: ["page", "offset", "after", "limit", "next", "cursor", "number", "link", "total_pages"],
    ["all", "page", "none"])
  func readsEveryPage(_ paging: String, count: String) async throws {
    // Nothing tells of further pages, and the page is not a full one: they cannot be known.
    let isHidden = count != "all" && ["page", "offset", "after", "limit"].contains(paging)
    let size = isHidden ? 10 : 2
    try await search(
      #""decoys": 25, "page_size": \#(size), "paging": "\#(paging)", "count": "\#(count)", "strict": true, "done_after": 0"#
    ) { found, _ in
      #expect(found.matches.map(\.id) == ["gen-26"])
      #expect(found.isComplete)
    }
  }

  @Test(arguments: [
    #""page_size": 2, "paging": "none""#, #""page_size": 2, "paging": "stuck", "count": "none""#,
    #""nameless": 1, "count": "none", "rows": "bare", "job": "bare""#,
  ])
  func reportsAListThatCannotBeReadToItsEnd(_ script: String) async throws {
    try await search(#""decoys": 9, "done_after": 0, \#(script)"#) { found, _ in
      #expect(found.matches.isEmpty && !found.isComplete)
    }
  }

  /// A page in place of the list is asked for again; where it stays, what the other lists have counts all the same.
  @Test(arguments: [(2, true), (999, false)])
  func readsWhatItCanOfAListThatBreaks(_ times: Int, isWhole: Bool) async throws {
    let page =
      #", {"method": "GET", "path": "/api/ai/queue$", "action": "status", "status": 200, "skip": 1, "times": \#(times), "body": "<html>Maintenance</html>"}"#
    try await search("", faults: page) { found, _ in
      #expect(found.matches.map(\.id) == ["gen-1"] && found.isComplete == isWhole)
    }
  }

  /// The search is repeated anyway: no single answer may hold it up.
  @Test func doesNotWaitLongForAList() async throws {
    let busy =
      #", {"method": "GET", "path": "/api/ai/queue$", "action": "status", "status": 429, "headers": {"Retry-After": "200"}, "times": 999, "body": {"error": {"message": "busy"}}}"#
    let clock = FastClock()
    let start = clock.now
    let error = await expectError(.rateLimited) { try await search("", faults: busy) { _, _ in } }
    #expect(error?.message.contains("busy") == true)
    #expect(start.duration(to: clock.now) < .seconds(1500))
  }

  @Test(arguments: ["bare", "null", "prompt"]) func asksForWhatARowLeavesOut(_ rows: String) async throws {
    try await search(#""rows": "\#(rows)", "decoys": 3"#) { (found, hub) throws in
      #expect(found.matches.map(\.id) == ["gen-4"] && found.likely.isEmpty)
      #expect(try !hub.requests("GET", "/api/ai/queue/gen-4").isEmpty)
    }
  }

  @Test func takesAGenerationWithItsPromptAloneForLikely() async throws {
    try await search(#""rows": "prompt", "job": "prompt", "decoys": 3"#) { found, _ in
      #expect(found.matches.isEmpty && found.likely.map(\.id) == ["gen-4"])
    }
    try await search(#""rows": "bare", "job": "bare", "decoys": 3"#) { found, _ in
      #expect(found.matches.isEmpty && found.likely.isEmpty, "model and time are not enough")
      #expect(found.undecided == 4)
    }
  }

  @Test(arguments: [
    #""duplicates": true"#, #""shuffled": true, "decoys": 3"#, #""status": "preparing""#, #""clock_skew": 7200"#,
    #""clock_skew": -200"#, #""clock_skew": -600"#, #""clock_skew": -7200, "dated": true"#, #""times": "milliseconds""#,
    #""times": "iso""#, #""times": "offset""#, #""times": "zoneless""#, #""times": "text""#, #""times": "null""#,
    #""case": "upper""#,
  ])
  func findsItInAStrangeList(_ script: String) async throws {
    try await search(script) { found, _ in #expect(found.matches.count == 1 && found.isComplete) }
  }

  /// In whatever form a time is written, it shows that a generation is older than the request.
  @Test(arguments: ["seconds", "milliseconds", "iso", "offset", "text"])
  func leavesOutOlderGenerations(_ times: String) async throws {
    try await search(#""times": "\#(times)", "clock_skew": -7200"#) { found, _ in #expect(found.matches.isEmpty) }
  }

  /// The times of generations that are known show how far the clocks differ.
  @Test func learnsTheServicesClockFromKnownGenerations() async throws {
    let script = #""clock_skew": -7200, "decoys": 1"#
    let known: [String: Double?] = ["decoy-0": Date().timeIntervalSince1970 - 1]
    try await search(script) { found, _ in
      #expect(found.matches.isEmpty, "older than the request by the only clock seen")
    }
    try await search(script, known: known) { found, _ in #expect(found.matches.count == 1) }
  }
}
