import Foundation
import Ledger
import Support
import Testing

/// The process ends after every ledger write and every network event, and is run again: each request is paid at most once,
/// or the run stops with an error.
@Suite struct FailpointTests {
  /// Reached by every run of two shots, with how often the walk ends there: what money depends on is tried for both shots.
  private static let reachedByEveryRun: [(Failpoint, Int)] = [
    (.storyboardRecorded, 1), (.intentRecorded, 2), (.sendRecorded, 2), (.requestAnswered, 2), (.acceptanceRecorded, 2),
    (.generationEnded, 1), (.stateRecorded, 1), (.clipDownloaded, 1), (.clipRecorded, 2), (.verdictRecorded, 1),
    (.anchorRecorded, 1), (.imageUploaded, 1), (.uploadRecorded, 1),
  ]
  private static let notInSync: Set<Failpoint> = [.generationEnded, .stateRecorded]
  /// Where `sse` differs from `poll`.
  private static let inEventStream: Set<Failpoint> = [
    .sendRecorded, .requestAnswered, .acceptanceRecorded, .generationEnded,
  ]
  private static let reachedInOtherTests: Set<Failpoint> = [
    .refusedSendRecorded, .refusalRecorded, .lossRecorded, .uncertaintyRecorded, .renameRecorded, .searchAnswered,
    .cancellationAnswered, .clipLossRecorded,
    .redoRecorded, .choiceRecorded,
    .requestFailed, .uploadsForgotten,
  ]
  private static let single = "  - id: one\n    prompt: A quay."

  /// A hub that plays a script, and the program run against it in one way of waiting.
  private final class Bench: Sendable {
    let hub: ScriptedHub
    private let wait: String
    private let clip: SmallStoryboard

    init(_ wait: String, faults: String = "", more: String = "") async throws {
      clip = try SmallStoryboard(seconds: 1)
      hub = try await ScriptedHub.start(
        #"{"clip_file": "\#(try clip.clip(seconds: 1))", "done_after": 0.02, "faults": [\#(faults)]\#(more)}"#)
      self.wait = wait
    }

    func generate(
      _ board: SmallStoryboard, endingAt failpoint: String? = nil, agreed: Bool = true
    ) async throws -> LongtakeProgram.Result {
      try await run(
        [
          "generate", board.storyboard, "--provider", "oxen", "--base-url", hub.baseURL, "--wait", wait,
          "--lost-answer-wait", "100ms",
        ] + (agreed ? ["--yes"] : []), board, endingAt: failpoint)
    }

    func run(
      _ arguments: [String], _ board: SmallStoryboard, endingAt failpoint: String? = nil
    ) async throws -> LongtakeProgram.Result {
      var environment = [
        "OXEN_API_KEY": ScriptedHub.key, "OXEN_NAMESPACE": "tester", "LONGTAKE_POLL_SECONDS": "0.02",
      ]
      environment["LONGTAKE_FAILPOINT"] = failpoint
      let presets = ["jobs", "forget-uploads"].contains(arguments[0]) ? [] : ["--presets", board.presets]
      return try await LongtakeProgram.run(arguments + presets, environment: environment)
    }

    /// Ends the program at a failpoint and asserts that it did end there.
    func end(
      _ board: SmallStoryboard, at point: Failpoint, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
      let result = try await generate(board, endingAt: point.rawValue)
      #expect(result.status == 137, "\(result.errors)", sourceLocation: sourceLocation)
    }

    /// Paid requests that left, with a text in their body.
    func sent(_ text: String = "") throws -> Int {
      let posts = try hub.requests("POST", "/api/ai/queue") + hub.requests("POST", "/api/ai/videos")
      return posts.count { text.isEmpty || $0.body.contains(text) }
    }
  }

  @Test func everyFailpointIsReachedByATest() {
    let reached = Set(Self.reachedByEveryRun.map(\.0)).union(Self.reachedInOtherTests)
    #expect(reached == Set(Failpoint.allCases))
  }

  @Test(arguments: ["poll", "sse", "sync"])
  func paysEachShotAtMostOnceWhereverTheProcessEnds(_ wait: String) async throws {
    let bench = try await Bench(wait)
    defer { bench.hub.stop() }
    let ends = Self.reachedByEveryRun.flatMap { point, times -> [(Failpoint, Int)] in
      if wait == "sync", Self.notInSync.contains(point) { return [] }
      if wait == "sse", !Self.inEventStream.contains(point) { return [] }
      return (1...(wait == "sse" ? 1 : times)).map { (point, $0) }
    }
    // The runs wait for the hub most of the time, so several go on side by side.
    let lanes = 3
    try await withThrowingTaskGroup(of: Void.self) { group in
      for lane in 0..<lanes {
        group.addTask {
          for index in stride(from: lane, to: ends.count, by: lanes) {
            try await Self.endAndRunAgain(bench, wait, at: ends[index].0, count: ends[index].1)
          }
        }
      }
      try await group.waitForAll()
    }
  }

  private static func endAndRunAgain(_ bench: Bench, _ wait: String, at point: Failpoint, count: Int) async throws {
    let name = "\(point.rawValue):\(count)"
    let board = try SmallStoryboard(
      shots: "  - id: one\n    prompt: Quay <\(name)>\n  - id: two\n    prompt: Boat <\(name)>", seconds: 1)
    let ended = try await bench.generate(board, endingAt: name)
    #expect(ended.status == 137, "\(wait) \(name): \(ended.errors)")
    var again = try await bench.generate(board)
    #expect(try bench.sent("Quay <\(name)>") <= 1 && bench.sent("Boat <\(name)>") <= 1, "\(wait) \(name)")
    if again.status == 1 {
      // Ended between the record of a request and its departure: the service lists nothing, and only the user can
      // find out.
      #expect(point == .sendRecorded, "\(name): \(again.errors)")
      let shot = try #require(
        again.errors.firstMatch(of: /does not list it.*--shot (\w+) --accept-double-payment/.dotMatchesNewlines())
      ).1
      let redo = try await bench.run(
        ["redo", board.storyboard, "--shot", String(shot), "--accept-double-payment", "--yes"], board)
      try #require(redo.status == 0, "\(redo.errors)")
      again = try await bench.generate(board)
    }
    #expect(again.status == 0, "\(wait) \(name): \(again.errors)")
    #expect(try bench.sent("Quay <\(name)>") == 1 && bench.sent("Boat <\(name)>") == 1, "\(wait) \(name)")
  }

  /// The answer is lost, or the service refuses: the process ends right after, or after what was found out is recorded.
  @Test(arguments: [
    (Failpoint.requestFailed, #""accept_and_drop""#, 1), (.acceptanceRecorded, #""accept_and_drop""#, 1),
    (.lossRecorded, #""accept_and_drop""#, 1), (.searchAnswered, #""accept_and_drop""#, 1),
    (
      .refusedSendRecorded,
      #""status", "status": 429, "headers": {"Retry-After": "0"}, "body": {"error": {"message": "busy"}}"#, 2
    ),
    (.refusalRecorded, #""status", "status": 422, "body": {"error": {"title": "no"}}"#, 2),
  ])
  func findsOutAboutAFailedRequestOnce(_ point: Failpoint, action: String, sent: Int) async throws {
    let bench = try await Bench("poll", faults: #"{"method": "POST", "path": "/api/ai/queue", "action": \#(action)}"#)
    defer { bench.hub.stop() }
    let board = try SmallStoryboard(shots: Self.single, seconds: 1)
    try await bench.end(board, at: point)
    let again = try await bench.generate(board)
    #expect(again.status == 0, "\(again.errors)")
    #expect(try bench.sent() == sent)
  }

  /// The refusal was never recorded, so the next run cannot know of it.
  @Test func stopsWhenTheProcessEndsBeforeARefusalIsRecorded() async throws {
    let refusal = #""status", "status": 422, "body": {"error": {"title": "no"}}"#
    let bench = try await Bench("poll", faults: #"{"method": "POST", "path": "/api/ai/queue", "action": \#(refusal)}"#)
    defer { bench.hub.stop() }
    let board = try SmallStoryboard(shots: Self.single, seconds: 1)
    try await bench.end(board, at: .requestFailed)
    let again = try await bench.generate(board)
    #expect(again.status == 1 && again.errors.contains("--accept-double-payment"), "\(again.errors)")
    #expect(try bench.sent() == 1)
  }

  @Test func aRenamedShotIsWholeWhenTheProcessEnds() async throws {
    let bench = try await Bench("poll")
    defer { bench.hub.stop() }
    let board = try SmallStoryboard(shots: Self.single, seconds: 1)
    #expect(try await bench.generate(board).status == 0)
    try board.rewrite(shots: Self.single.replacing("id: one", with: "id: uno"))
    try await bench.end(board, at: .renameRecorded)
    #expect(try await bench.generate(board, agreed: false).status == 0)
    #expect(try bench.sent() == 1)
  }

  /// A cancellation that was not recorded is learnt from the service; the generation had begun, so it may cost.
  @Test func aCancellationIsWholeWhenTheProcessEnds() async throws {
    let bench = try await Bench("poll", more: #", "done_after": 60"#)
    defer { bench.hub.stop() }
    let board = try SmallStoryboard(shots: Self.single, seconds: 1)
    try await bench.end(board, at: .acceptanceRecorded)
    let cancel = ["jobs", board.storyboard, "--cancel", "gen-1", "--base-url", bench.hub.baseURL]
    for point in [Failpoint.cancellationAnswered, .stateRecorded] {
      let ended = try await bench.run(cancel, board, endingAt: point.rawValue)
      #expect(ended.status == 137, "\(ended.errors)")
    }
    let spending = try Ledger(readingWorkspace: board.workspace).spending()
    #expect("\(spending.paid) \(spending.uncertain)" == "$0.00 $0.42")
  }

  @Test func downloadsALostClipAgainWithoutPaying() async throws {
    let bench = try await Bench("poll")
    defer { bench.hub.stop() }
    let board = try SmallStoryboard(shots: Self.single, seconds: 1)
    #expect(try await bench.generate(board).status == 0)
    try FileManager.default.removeItem(atPath: board.workspace + "/clips/one.take1.mp4")
    try await bench.end(board, at: .clipLossRecorded)
    #expect(try await bench.generate(board).status == 0)
    #expect(try bench.sent() == 1)
    #expect(FileManager.default.fileExists(atPath: board.workspace + "/clips/one.take1.mp4"))
  }

  @Test func uploadsForgottenImagesAgain() async throws {
    let bench = try await Bench("poll")
    defer { bench.hub.stop() }
    let board = try SmallStoryboard(shots: "\(Self.single)\n  - id: two\n    prompt: A boat.", seconds: 1)
    #expect(try await bench.generate(board).status == 0)
    let forget = ["forget-uploads", board.storyboard]
    #expect(try await bench.run(forget, board, endingAt: Failpoint.uploadsForgotten.rawValue).status == 137)
    let again = try await bench.run(forget, board)
    #expect(again.status == 0 && again.output == "0 uploads forgotten\n", "\(again.errors)")
    #expect(try await bench.run(["redo", board.storyboard, "--shot", "two", "--yes"], board).status == 0)
    #expect(try await bench.generate(board).status == 0)
    #expect(try bench.hub.requests("PUT", "/api/repos/").count == 2)
  }

  @Test func redoAndPickAreWholeWhenTheProcessEnds() async throws {
    let bench = try await Bench("poll")
    defer { bench.hub.stop() }
    let board = try SmallStoryboard(shots: Self.single, seconds: 1)
    #expect(try await bench.generate(board).status == 0)
    let redo = ["redo", board.storyboard, "--shot", "one", "--yes"]
    #expect(try await bench.run(redo, board, endingAt: Failpoint.redoRecorded.rawValue).status == 137)
    #expect(try await bench.generate(board).status == 0)
    #expect(try bench.sent() == 2)
    let pick = ["pick", board.storyboard, "one", "1", "--yes"]
    #expect(try await bench.run(pick, board, endingAt: Failpoint.choiceRecorded.rawValue).status == 137)
    #expect(try await bench.generate(board).status == 0)
    #expect(try bench.sent() == 2)
    let ledger = try Ledger(readingWorkspace: board.workspace)
    #expect(try ledger.snapshot(of: "one").chosenTake()?.take == 1)
  }

  /// A request that was looked for in vain stays uncertain until the user accepts that it may be paid twice.
  @Test(arguments: ["poll", "sync"]) func countsALostRequestAsUncertain(_ wait: String) async throws {
    let bench = try await Bench(wait, faults: #"{"method": "POST", "path": "/api/ai", "action": "drop"}"#)
    defer { bench.hub.stop() }
    let board = try SmallStoryboard(shots: Self.single, seconds: 1)
    try await bench.end(board, at: .uncertaintyRecorded)
    let jobs = try await LongtakeProgram.run(["jobs", board.storyboard])
    #expect(jobs.output.contains("no id, uncertain, uncertain $0.42"), "\(jobs.output)")
    let again = try await bench.generate(board)
    #expect(again.status == 1 && again.errors.contains("--accept-double-payment"), "\(again.errors)")
    let redo = ["redo", board.storyboard, "--shot", "one", "--yes"]
    #expect(try await bench.run(redo, board).status == 1)
    #expect(try await bench.generate(board).status == 1)
    #expect(try bench.sent() == 1)
    #expect(try await bench.run(redo + ["--accept-double-payment"], board).status == 0)
    #expect(try await bench.generate(board, agreed: false).status == 0, "agreed to when it was redone")
    #expect(try bench.sent() == 2)
    let spending = try Ledger(readingWorkspace: board.workspace).spending()
    #expect("\(spending.paid) \(spending.uncertain)" == "$0.42 $0.42")
  }

  /// A ledger that contradicts itself is an internal error, and nothing is sent on its ground.
  @Test func exits70ForAnInconsistentLedger() async throws {
    let bench = try await Bench("poll", faults: #"{"method": "POST", "path": "/api/ai", "action": "accept_and_drop"}"#)
    defer { bench.hub.stop() }
    let board = try SmallStoryboard(shots: Self.single, seconds: 1)
    try await bench.end(board, at: .lossRecorded)
    let edit = try await OutsideProgram.run(
      "python3",
      [
        "-c",
        "import sqlite3,sys; c=sqlite3.connect(sys.argv[1]); c.execute(\"UPDATE intents SET parameters='{'\"); c.commit()",
        board.workspace + "/" + Ledger.fileName,
      ])
    #expect(edit.status == 0, "\(edit.text)")
    let again = try await bench.generate(board)
    #expect(again.status == 70 && again.errors.contains("cannot be read"), "\(again.errors)")
    #expect(try bench.sent() == 1)
  }

  /// The process ends after the request has left; the next run has nobody to ask.
  @Test func sendsNothingWithoutConsentAfterAKill() async throws {
    let bench = try await Bench("poll")
    defer { bench.hub.stop() }
    for point in [Failpoint.sendRecorded, .intentRecorded] {
      let board = try SmallStoryboard(shots: "  - id: one\n    prompt: <\(point.rawValue)>", seconds: 1)
      try await bench.end(board, at: point)
      let again = try await bench.generate(board, agreed: false)
      #expect(again.status == (point == .sendRecorded ? 1 : 64), "\(again.errors)")
      #expect(try bench.sent("<\(point.rawValue)>") == 0)
    }
  }

  @Test func refusesAnUnknownFailpoint() async throws {
    let bench = try await Bench("poll")
    defer { bench.hub.stop() }
    let board = try SmallStoryboard(shots: Self.single, seconds: 1)
    #expect(try await bench.generate(board, endingAt: "nowhere").status == 64)
    #expect(try bench.sent() == 0)
  }
}
