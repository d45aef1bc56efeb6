import Files
import Foundation
import Ledger
import Presets
import Support
import Testing

/// The stages of a run, as an engine runs them: twice, side by side, and killed in the middle.
@Suite struct StageTests {
  private static let single = "  - id: one\n    prompt: A quay."
  private static let pair = "  - id: one\n    prompt: A quay.\n  - id: two\n    prompt: A boat."

  @Test func makesTheMasterAndEachStageTwiceTheSame() async throws {
    let board = try SmallStoryboard(shots: Self.pair, seconds: 1)
    let hub = try await StageBench.hub(board)
    defer { hub.stop() }
    let bench = try await StageBench(hub: hub, board: board)
    let plan = try await bench.run("plan")
    #expect(plan.status == 0, "\(plan.errors)")
    #expect(plan.result["consent"]?.stringValue == bench.consent)
    #expect(plan.result["chains"] == .array([.array([.string("one"), .string("two")])]))
    #expect(plan.result["cost_usd"]?.stringValue == "0.84")
    for id in ["one", "two"] {
      for stage in ["submit", "poll", "collect"] {
        let first = try await bench.retry(stage, ["shot": .string(id)])
        #expect(first.status == 0, "\(id) \(stage): \(first.errors)")
        let second = try await bench.retry(stage, ["shot": .string(id)])
        #expect(second.result == first.result, "\(id) \(stage)")
      }
    }
    #expect(try bench.paid() == 2)
    let master = try await bench.run("stitch")
    #expect(master.status == 0, "\(master.errors)")
    #expect(master.result["cost_usd"]?.stringValue == "0.84")
    #expect(try await bench.run("stitch").result == master.result)
    let digest = try #require(master.result["master"]?["sha256"]?.stringValue)
    let blob = "\(bench.store)/blobs/sha256/\(digest.prefix(2))/\(digest)"
    let decoded = try MediaTool.decode(blob)
    #expect(decoded.frames > 40 && decoded.errors.isEmpty)
    #expect(decoded.frames == master.result["frames"]?.integerValue.map(Int.init))
    // Nothing of the stages' own folders is left.
    let left = try FileManager.default.contentsOfDirectory(atPath: board.folder.path(""))
    #expect(!left.contains { $0.hasPrefix(".longtake-") })
  }

  @Test func linesAndObjectsFollowTheirSchemas() async throws {
    let board = try SmallStoryboard(
      shots: Self.single, extra: "deliver:\n  presets: [gif-preview]", seconds: 1)
    let hub = try await StageBench.hub(board)
    defer { hub.stop() }
    let bench = try await StageBench(hub: hub, board: board)
    var batch = SchemaBatch()
    func add(_ name: String, _ text: some StringProtocol, _ schema: String) {
      batch.add(name, String(text), schema: ProjectFiles.path("presets/schema/\(schema).json"))
    }
    let one: [String: JSONValue] = ["shot": .string("one")]
    let early = try await bench.run("stitch")
    #expect(early.status == 1 && early.errors.contains("shot one has no clip"), "\(early.errors)")
    for (stage, fields) in [
      ("plan", [:]), ("submit", one), ("poll", one), ("collect", one), ("stitch", [:]), ("review", [:]),
      ("deliver", ["preset": .string("gif-preview")]),
    ] {
      let outcome = try await bench.retry(stage, fields)
      #expect(outcome.status == 0, "\(stage): \(outcome.errors)")
      let lines = outcome.output.split(separator: "\n")
      add(stage, try #require(lines.last), "stage-result")
      for line in lines.dropLast() where !line.hasPrefix(#"{"heartbeat":"#) { add(stage, line, "event") }
    }
    add("no clip", try #require(early.output.split(separator: "\n").last), "stage-result")
    add("job", StageBench.job(bench, "submit", one), "stage-job")
    add("submit", bench.submitted, "submit")
    add("run", try String(contentsOfFile: "\(bench.store)/runs/film/run.json", encoding: .utf8), "stored-run")
    add("take", try String(contentsOfFile: "\(bench.store)/ledger/film/one.take1.json", encoding: .utf8), "stored-take")
    let gathered = try await LongtakeProgram.run(
      ["gather", "film", "--store", "file://\(bench.store)", "-o", board.folder.path("gathered"), "--json"])
    add("gather", gathered.output, "gather")
    #expect(try batch.problems() == [])
    for name in ["review/index.html", "deliverables/manifest.json", "master.mp4"] {
      #expect(FileManager.default.fileExists(atPath: board.folder.path("gathered/\(name)")), "\(name)")
    }
  }

  @Test func gathersAnOrdinaryWorkspace() async throws {
    let board = try SmallStoryboard(shots: Self.single, seconds: 1)
    let hub = try await StageBench.hub(board)
    defer { hub.stop() }
    let bench = try await StageBench(hub: hub, board: board)
    #expect(try await bench.shot("one").status == 0)
    #expect(try await bench.run("stitch").status == 0)
    let workspace = board.folder.path("gathered")
    let gather = ["gather", "film", "--store", "file://\(bench.store)", "-o", workspace]
    let gathered = try await LongtakeProgram.run(gather)
    #expect(gathered.status == 0, "\(gathered.errors)")
    // A workspace with takes is not filled again, and stays as it is.
    let report = workspace + "/report.json"
    try "mine".write(toFile: report, atomically: true, encoding: .utf8)
    #expect(try await LongtakeProgram.run(gather).status == 73)
    #expect(try String(contentsOfFile: report, encoding: .utf8) == "mine")
    try FileManager.default.removeItem(atPath: report)
    let jobs = try await LongtakeProgram.run(["jobs", "--workspace", workspace])
    #expect(jobs.output.contains("one take 1: gen-1, verified, $0.42"), "\(jobs.output)")
    // The run of one machine goes on from there without paying.
    let run = try await LongtakeProgram.run(
      [
        "run", "\(workspace)/storyboard/storyboard.json", "--workspace", workspace, "--provider", "oxen", "--base-url",
        hub.baseURL, "--presets", board.presets, "--no-review",
      ], environment: StageBench.environment)
    #expect(run.status == 0, "\(run.errors)")
    #expect(try bench.paid() == 1)
  }

  @Test func oneOfTwoSendersAtOncePays() async throws {
    let board = try SmallStoryboard(shots: Self.single, seconds: 1)
    let hub = try await StageBench.hub(board)
    defer { hub.stop() }
    let bench = try await StageBench(hub: hub, board: board)
    let job: [String: JSONValue] = ["shot": .string("one")]
    let senders = try (0..<4).map { _ in try bench.start("submit", job) }
    var statuses: [Int32] = []
    for sender in senders { statuses.append(try await bench.outcome(sender).status) }
    #expect(statuses.contains(0) && statuses.allSatisfy { $0 == 0 || $0 == 75 }, "\(statuses)")
    #expect(try bench.paid() == 1)
    _ = try await bench.retry("poll", job)
    let collectors = try (0..<3).map { _ in try bench.start("collect", job) }
    for collector in collectors {
      let outcome = try await bench.outcome(collector)
      #expect(outcome.status == 0 || outcome.status == 75, "\(outcome.errors)")
    }
    let collected = try await bench.retry("collect", job)
    #expect(collected.status == 0 && collected.result["state"]?.stringValue == "verified")
    #expect(try bench.paid() == 1)
  }

  /// Where a stage ends, with the stage.
  private static let ends: [(String, Failpoint)] = [
    ("submit", .storyboardRecorded), ("submit", .intentRecorded), ("submit", .sendRecorded),
    ("submit", .requestAnswered), ("submit", .acceptanceRecorded), ("poll", .generationEnded), ("poll", .stateRecorded),
    ("collect", .clipDownloaded), ("collect", .clipRecorded), ("collect", .verdictRecorded),
    ("collect", .anchorRecorded),
  ]

  @Test(arguments: ends) func paysOnceWhereverAStageEnds(_ stage: String, _ point: Failpoint) async throws {
    let board = try SmallStoryboard(shots: Self.pair, seconds: 1)
    let hub = try await StageBench.hub(board)
    defer { hub.stop() }
    let bench = try await StageBench(hub: hub, board: board)
    let job: [String: JSONValue] = ["shot": .string("one")]
    for before in ["submit", "poll"].prefix(while: { $0 != stage }) { _ = try await bench.retry(before, job) }
    if stage == "collect" || stage == "poll" { try await Task.sleep(for: .milliseconds(200)) }
    let ended = try await bench.run(stage, job, at: point.rawValue)
    #expect(ended.status == 137, "\(ended.errors)")
    var outcome = try await bench.shot("one")
    if outcome.status == 1 {
      // Ended between the record of a request and its departure: only a person can find out.
      #expect(point == .sendRecorded && outcome.result["uncertain"] == .bool(true), "\(outcome.errors)")
      let advice = "'longtake approve film --redo one --accept-double-payment'"
      #expect(outcome.result["error"]?.stringValue?.contains(advice) == true, "\(outcome.result)")
      #expect(try bench.paid() == 0)
      let plain = try await bench.shot("one", ["redo": .object(["one": .integer(1)])])
      #expect(plain.status == 1, "a new round alone does not accept a double payment")
      outcome = try await bench.shot(
        "one", ["redo": .object(["one": .integer(1)]), "accept_double_payment": .array([.string("one")])])
    }
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(try bench.paid() == 1)
  }

  /// A sender that is stopped longer than its lease sends nothing when it wakes up.
  @Test(arguments: [Failpoint.storyboardRecorded, .intentRecorded])
  func aSenderThatWasOvertakenSendsNothing(_ point: Failpoint) async throws {
    let board = try SmallStoryboard(shots: Self.single, seconds: 1)
    let hub = try await StageBench.hub(board)
    defer { hub.stop() }
    let bench = try await StageBench(hub: hub, board: board)
    let stopped = try bench.start("submit", ["shot": .string("one")], at: "\(point.rawValue):1:stop")
    try await Task.sleep(for: .seconds(3))
    #expect(try bench.paid() == 0)
    let other = try await bench.shot("one")
    #expect(other.status == 0, "\(other.errors)")
    #expect(try bench.paid() == 1)
    stopped.signal(SIGCONT)
    let woken = try await bench.outcome(stopped)
    #expect(woken.status == 75, "\(woken.errors)")
    #expect(try bench.paid() == 1)
  }

  /// A sender that is stopped after paying: the other finds its generation, and the id that comes late is the same.
  @Test func theGenerationOfAStoppedSenderIsAdopted() async throws {
    let board = try SmallStoryboard(shots: Self.single, seconds: 1)
    let hub = try await StageBench.hub(board)
    defer { hub.stop() }
    let bench = try await StageBench(hub: hub, board: board)
    let stopped = try bench.start(
      "submit", ["shot": .string("one")], at: "\(Failpoint.requestAnswered.rawValue):1:stop")
    try await Task.sleep(for: .seconds(3))
    #expect(try bench.paid() == 1)
    let other = try await bench.shot("one")
    #expect(other.status == 0, "\(other.errors)")
    stopped.signal(SIGCONT)
    let woken = try await bench.outcome(stopped)
    #expect(woken.status == 75 || woken.status == 0, "\(woken.errors)")
    let again = try await bench.shot("one")
    #expect(again.result["take"] == .integer(1) && again.result["remote_id"] == other.result["remote_id"])
    #expect(try bench.paid() == 1)
  }

  /// A stranger's equal generation was taken for the one of a stopped sender: the sender's own becomes a take as well.
  @Test func anIdThatComesLateIsNotLost() async throws {
    let board = try SmallStoryboard(shots: Self.single, seconds: 1)
    let hub = try await StageBench.hub(board)
    defer { hub.stop() }
    let bench = try await StageBench(hub: hub, board: board)
    let job: [String: JSONValue] = ["shot": .string("one")]
    let stopped = try bench.start("submit", job, at: "\(Failpoint.requestAnswered.rawValue):1:stop")
    try await Task.sleep(for: .seconds(3))
    #expect(try bench.paid() == 1)
    // As if the successor had adopted another one.
    let path = "\(bench.store)/ledger/film/one.take1.json"
    let other = try await StageBench("other", hub: hub, board: board, store: bench.store)
    #expect(try await other.retry("submit", job).status == 0)
    let taken = try String(contentsOfFile: "\(bench.store)/ledger/other/one.take1.json", encoding: .utf8)
    try taken.replacing(#""run":"other""#, with: #""run":"film""#).write(
      toFile: path, atomically: true, encoding: .utf8)
    stopped.signal(SIGCONT)
    let woken = try await bench.outcome(stopped)
    #expect(woken.status == 75, "\(woken.errors)")
    let late = try String(contentsOfFile: "\(bench.store)/ledger/film/one.take2.json", encoding: .utf8)
    #expect(late.contains(#""remote_id":"gen-1""#) && taken.contains(#""remote_id":"gen-2""#), "\(late)")
    #expect(try bench.paid() == 2)
  }

  /// The control: without the intent object the same test finds a second payment.
  @Test func withoutItsIntentAShotIsPaidTwice() async throws {
    let board = try SmallStoryboard(shots: Self.single, seconds: 1)
    let hub = try await StageBench.hub(board)
    defer { hub.stop() }
    let bench = try await StageBench(hub: hub, board: board)
    #expect(try await bench.run("submit", ["shot": .string("one")], at: "request-answered").status == 137)
    try FileManager.default.removeItem(atPath: "\(bench.store)/ledger")
    #expect(try await bench.shot("one").status == 0)
    #expect(try bench.paid() == 2)
  }

  /// Two runs with the same requests: each lost generation is found once.
  @Test func equalRequestsOfTwoRunsAreNotMixedUp() async throws {
    let board = try SmallStoryboard(shots: Self.single, seconds: 1)
    let lost = #"{"method": "POST", "path": "/api/ai/queue", "action": "accept_and_drop"}"#
    let hub = try await StageBench.hub(board, faults: "\(lost), \(lost)")
    defer { hub.stop() }
    let first = try await StageBench("a", hub: hub, board: board)
    let second = try await StageBench("b", hub: hub, board: board, store: first.store)
    let job: [String: JSONValue] = ["shot": .string("one")]
    let sent = [try first.start("submit", job), try second.start("submit", job)]
    for running in sent { _ = try await first.outcome(running) }
    let outcomes = [try await first.shot("one"), try await second.shot("one")]
    #expect(outcomes.map(\.status) == [0, 0], "\(outcomes.map(\.errors))")
    #expect(outcomes[0].result["remote_id"] != outcomes[1].result["remote_id"])
    #expect(try first.paid() == 2)
  }

  @Test func neverSpendsMoreThanTheProjectMay() async throws {
    let board = try SmallStoryboard(shots: Self.single, seconds: 1)
    let hub = try await StageBench.hub(board)
    defer { hub.stop() }
    var benches: [StageBench] = []
    for number in 0..<4 {
      benches.append(
        try await StageBench(
          "film-\(number)", hub: hub, board: board, store: benches.first?.store, arguments: ["--project", "spring"]))
    }
    let outside = try? await StageBench(
      "x", hub: hub, board: board, store: benches[0].store, arguments: ["--project", "../x"])
    #expect(outside == nil)
    let job: [String: JSONValue] = ["shot": .string("one"), "max_cost_usd": .string("1.00")]
    let senders = try benches.map { try $0.start("submit", job) }
    var statuses: [Int32] = []
    for (bench, sender) in zip(benches, senders) { statuses.append(try await bench.outcome(sender).status) }
    #expect(statuses.sorted() == [0, 0, 1, 1], "\(statuses)")
    #expect(try benches[0].paid() == 2)
  }

  /// A stage that ended between two takes leaves the second to the next.
  @Test func sendsTheTakesThatAreMissing() async throws {
    let board = try SmallStoryboard(shots: "\(Self.single)\n    takes: 2", seconds: 1)
    let hub = try await StageBench.hub(board)
    defer { hub.stop() }
    let bench = try await StageBench(hub: hub, board: board)
    let job: [String: JSONValue] = ["shot": .string("one")]
    #expect(try await bench.run("submit", job, at: "acceptance-recorded").status == 137)
    #expect(try bench.paid() == 1)
    #expect(try await bench.shot("one").status == 0)
    #expect(try bench.paid() == 2)
    let second = try await bench.run("collect", job.merging(["picks": .object(["one": .integer(2)])]) { $1 })
    #expect(second.status == 0 && second.result["take"] == .integer(2), "\(second.errors)")
  }

  /// More than was asked for is paid and recorded, whatever the limit is; nothing more is sent then.
  @Test func recordsWhatWasAcceptedBeyondTheLimit() async throws {
    let board = try SmallStoryboard(shots: Self.pair, seconds: 1)
    let hub = try await StageBench.hub(board, more: #", "surplus": 1"#)
    defer { hub.stop() }
    let bench = try await StageBench(hub: hub, board: board)
    let limit: [String: JSONValue] = ["max_cost_usd": .string("0.42")]
    #expect(try await bench.shot("one", limit).status == 0)
    let takes = try FileManager.default.contentsOfDirectory(atPath: "\(bench.store)/ledger/film")
    #expect(takes.sorted() == ["one.take1.json", "one.take2.json"])
    let next = try await bench.run("submit", limit.merging(["shot": .string("two")]) { $1 })
    #expect(next.status == 1 && next.errors.contains("more than"), "\(next.errors)")
    #expect(try bench.paid() == 1)
  }

  /// What was refused is not counted, also when the stage ended before it could say so.
  @Test func givesBackThePriceOfWhatWasRefused() async throws {
    let board = try SmallStoryboard(shots: Self.single, seconds: 1)
    let refusal = #""status", "status": 422, "body": {"error": {"title": "no"}}"#
    let hub = try await StageBench.hub(
      board, faults: #"{"method": "POST", "path": "/api/ai/queue", "action": \#(refusal)}"#)
    defer { hub.stop() }
    let bench = try await StageBench(hub: hub, board: board)
    let limit: [String: JSONValue] = ["max_cost_usd": .string("0.42")]
    #expect(try await bench.shot("one", limit).status == 1)
    let budget = "\(bench.store)/budget/film.json"
    let free = try String(contentsOfFile: budget, encoding: .utf8)
    #expect(free.contains(#""reserved_micro_usd":{}"#), "\(free)")
    try free.replacing("{}", with: #"{"film/one.take1":420000}"#).write(
      toFile: budget, atomically: true, encoding: .utf8)
    let again = try await bench.shot("one", limit.merging(["redo": .object(["one": .integer(1)])]) { $1 })
    #expect(again.status == 0, "\(again.errors)")
    #expect(try bench.paid() == 2)
  }

  /// A shared folder that is away for a moment is tried again, and takes nothing for absent.
  @Test func waitsForAStoreThatIsAway() async throws {
    let board = try SmallStoryboard(shots: Self.single, seconds: 1)
    let hub = try await StageBench.hub(board)
    defer { hub.stop() }
    let bench = try await StageBench(hub: hub, board: board)
    try FileManager.default.moveItem(atPath: bench.store, toPath: bench.store + ".away")
    #expect(try await bench.run("submit", ["shot": .string("one")]).status == 69)
    try FileManager.default.createDirectory(atPath: bench.store, withIntermediateDirectories: true)
    #expect(try await bench.run("submit", ["shot": .string("one")]).status == 69)
    #expect(try bench.paid() == 0)
    try FileManager.default.removeItem(atPath: bench.store)
    try FileManager.default.moveItem(atPath: bench.store + ".away", toPath: bench.store)
    #expect(try await bench.shot("one").status == 0)
    #expect(try bench.paid() == 1)
  }

  /// The store is away in the moment in which the service answers.
  @Test func recordsTheIdWhenTheStoreIsBack() async throws {
    let board = try SmallStoryboard(shots: Self.single, seconds: 1)
    let hub = try await StageBench.hub(board)
    defer { hub.stop() }
    let bench = try await StageBench(hub: hub, board: board)
    let sender = try bench.start("submit", ["shot": .string("one")], at: "\(Failpoint.requestAnswered.rawValue):1:stop")
    while try bench.paid() == 0 { try await Task.sleep(for: .milliseconds(20)) }
    try await Task.sleep(for: .milliseconds(500))
    try FileManager.default.moveItem(atPath: bench.store, toPath: bench.store + ".away")
    sender.signal(SIGCONT)
    try await Task.sleep(for: .seconds(1))
    try FileManager.default.moveItem(atPath: bench.store + ".away", toPath: bench.store)
    let outcome = try await bench.outcome(sender)
    #expect(outcome.status == 0 && outcome.result["remote_id"]?.stringValue == "gen-1", "\(outcome.errors)")
    #expect(try bench.paid() == 1)
  }

  /// Beside the take that goes on.
  @Test func tellsOfATakeThatMayHaveBeenPaid() async throws {
    let board = try SmallStoryboard(shots: "\(Self.single)\n    takes: 2", seconds: 1)
    let hub = try await StageBench.hub(board)
    defer { hub.stop() }
    let bench = try await StageBench(hub: hub, board: board)
    #expect(try await bench.run("submit", ["shot": .string("one")], at: "send-recorded:2").status == 137)
    let outcome = try await bench.shot("one")
    #expect(outcome.status == 0 && outcome.result["uncertain"] == .bool(true), "\(outcome.result)")
    #expect(outcome.result["take"] == .integer(1))
    #expect(try bench.paid() == 1)
  }

  /// A stage that is asked to stop while its request is on the way records the id first.
  @Test func recordsTheIdWhenItIsStopped() async throws {
    let board = try SmallStoryboard(shots: Self.single, seconds: 1)
    let hub = try await StageBench.hub(
      board, faults: #"{"method": "POST", "path": "/api/ai/queue", "action": "none", "delay": 2}"#)
    defer { hub.stop() }
    let bench = try await StageBench(hub: hub, board: board)
    let sender = try bench.start("submit", ["shot": .string("one")])
    while try bench.paid() == 0 { try await Task.sleep(for: .milliseconds(20)) }
    sender.signal(SIGTERM)
    let stopped = try await bench.outcome(sender)
    #expect(stopped.status == 75 || stopped.status == 0, "\(stopped.errors)")
    #expect(!stopped.errors.contains("CancellationError"), "\(stopped.errors)")
    let take = try String(contentsOfFile: "\(bench.store)/ledger/film/one.take1.json", encoding: .utf8)
    #expect(take.contains(#""remote_id":"gen-1""#), "\(take)")
    #expect(try await bench.shot("one").status == 0)
    #expect(try bench.paid() == 1)
  }

  /// The second of two takes is refused for the moment.
  @Test func sendsATakeAgainThatWasRefusedForTheMoment() async throws {
    let board = try SmallStoryboard(shots: "\(Self.single)\n    takes: 2", seconds: 1)
    let busy = #""status", "status": 503, "body": {"error": {"message": "busy"}}"#
    let hub = try await StageBench.hub(
      board, faults: #"{"method": "POST", "path": "/api/ai/queue", "skip": 1, "times": 8, "action": \#(busy)}"#)
    defer { hub.stop() }
    let bench = try await StageBench(hub: hub, board: board)
    #expect(try await bench.shot("one").status == 0)
    let takes = try FileManager.default.contentsOfDirectory(atPath: "\(bench.store)/ledger/film").sorted()
    let states = try takes.map { name in
      let text = try String(contentsOfFile: "\(bench.store)/ledger/film/\(name)", encoding: .utf8)
      return text.contains(#""remote_id""#)
    }
    #expect(states.count { $0 } == 2, "\(takes) \(states)")
  }

  /// Orders that name what does not exist change nothing.
  @Test(arguments: [
    (["picks": JSONValue.object(["one": .integer(7)])], "take 7 of shot one"),
    (["picks": .object(["none": .integer(1)])], "'none'"), (["redo": .object(["none": .integer(1)])], "'none'"),
    (["accept_double_payment": .array([.string("none")])], "'none'"),
  ])
  func refusesOrdersOfWhatDoesNotExist(_ order: [String: JSONValue], _ text: String) async throws {
    let board = try SmallStoryboard(shots: Self.single, seconds: 1)
    let hub = try await StageBench.hub(board)
    defer { hub.stop() }
    let bench = try await StageBench(hub: hub, board: board)
    let outcome = try await bench.run("submit", order.merging(["shot": .string("one")]) { $1 })
    #expect(outcome.status == 65 && outcome.errors.contains(text), "\(outcome.errors)")
    #expect(try bench.paid() == 0)
  }

  /// The key goes to no host that only the store names.
  @Test func refusesAnAddressThatTheMachineDoesNotName() async throws {
    let board = try SmallStoryboard(shots: Self.single, seconds: 1)
    let hub = try await StageBench.hub(board)
    defer { hub.stop() }
    let bench = try await StageBench(hub: hub, board: board)
    let path = "\(bench.store)/runs/film/run.json"
    let run = try String(contentsOfFile: path, encoding: .utf8)
    try run.replacing(hub.baseURL, with: "https://collector.example/api").write(
      toFile: path, atomically: true, encoding: .utf8)
    let outcome = try await bench.run("submit", ["shot": .string("one")])
    #expect(outcome.status == 64 && outcome.errors.contains("OXEN_BASE_URL"), "\(outcome.errors)")
  }

  private static let sha = String(repeating: "0", count: 64)

  /// What somebody else wrote into an object is not believed: nothing is sent, and nothing is written outside.
  @Test(arguments: [
    ("ledger/film/one.take1.json", #""state":"answered""#, #""state":"nonsense""#),
    ("ledger/film/one.take1.json", "stored-take/1", "stored-take/9"),
    ("ledger/film/one.take1.json", "longtake.take/1", "longtake.take/9"),
    ("ledger/film/one.take1.json", #""shot":"one""#, #""shot":"two""#),
    ("ledger/film/one.take1.json", #""run":"film""#, #""run":"other""#),
    ("ledger/film/one.take1.json", "clips/one.take1.mp4", "../../evil.mp4"),
    ("ledger/film/one.take1.json", "{", ""),
    ("runs/film/run.json", #""files":[]"#, #""files":[{"name":"../../evil","bytes":1,"sha256":"\#(sha)"}]"#),
    ("runs/film/run.json", "stored-run/1", "stored-run/9"),
    ("budget/film.json", "longtake.budget/1", "longtake.budget/9"),
  ])
  func refusesADamagedObject(_ object: String, _ text: String, _ replacement: String) async throws {
    let board = try SmallStoryboard(shots: Self.pair, seconds: 1)
    let hub = try await StageBench.hub(board)
    defer { hub.stop() }
    let bench = try await StageBench(hub: hub, board: board)
    #expect(try await bench.shot("one").status == 0)
    let path = "\(bench.store)/\(object)"
    let whole = try String(contentsOfFile: path, encoding: .utf8)
    #expect(whole.contains(text), "\(whole)")
    try whole.replacing(text, with: replacement).write(toFile: path, atomically: true, encoding: .utf8)
    let submitted = try await bench.run("submit", ["shot": .string("two")])
    #expect(submitted.status == 65, "\(submitted.errors)")
    #expect(try bench.paid() == 1)
    #expect(!FileManager.default.fileExists(atPath: board.folder.path("evil")))
  }

  /// The service still has the clip.
  @Test func aDamagedClipIsDownloadedAgain() async throws {
    let board = try SmallStoryboard(shots: Self.pair, seconds: 1)
    let hub = try await StageBench.hub(board)
    defer { hub.stop() }
    let bench = try await StageBench(hub: hub, board: board)
    let first = try await bench.shot("one")
    let digest = try #require(first.result["clip"]?["sha256"]?.stringValue)
    let blob = "\(bench.store)/blobs/sha256/\(digest.prefix(2))/\(digest)"
    for damage in [
      { try Data("x".utf8).write(to: URL(filePath: blob)) }, { try FileManager.default.removeItem(atPath: blob) },
    ] {
      try damage()
      let again = try await bench.run("collect", ["shot": .string("one")])
      #expect(again.status == 0 && again.result == first.result, "\(again.errors)")
      #expect(try MediaTool.decode(blob).errors.isEmpty)
    }
    #expect(try bench.paid() == 1)
  }

  @Test func sendsNothingWithoutConsent() async throws {
    let board = try SmallStoryboard(shots: Self.single, seconds: 1)
    let hub = try await StageBench.hub(board)
    defer { hub.stop() }
    let bench = try await StageBench(hub: hub, board: board)
    for consent in ["", "0000"] {
      let outcome = try await bench.run("submit", ["shot": .string("one"), "consent": .string(consent)])
      #expect(outcome.status == 64 && outcome.errors.contains("consent"), "\(outcome.errors)")
    }
    #expect(try bench.paid() == 0)
  }

  @Test func aShotIsOrderedAnewAndAnEarlierTakePicked() async throws {
    let board = try SmallStoryboard(shots: Self.pair, seconds: 1)
    let hub = try await StageBench.hub(board)
    defer { hub.stop() }
    let bench = try await StageBench(hub: hub, board: board)
    for id in ["one", "two"] { #expect(try await bench.shot(id).status == 0) }
    let redo: [String: JSONValue] = ["redo": .object(["two": .integer(1)])]
    let second = try await bench.shot("two", redo)
    #expect(second.status == 0 && second.result["take"] == .integer(2), "\(second.errors)")
    #expect(try await bench.shot("one", redo).result["take"] == .integer(1))
    #expect(try bench.paid() == 3)
    let picked = try await bench.shot("two", redo.merging(["picks": .object(["two": .integer(1)])]) { $1 })
    #expect(picked.status == 0 && picked.result["take"] == .integer(1), "\(picked.errors)")
    #expect(try bench.paid() == 3)
    // A workspace that is gathered has the takes that the master was made of.
    #expect(try await bench.run("stitch", redo).status == 0)
    let workspace = board.folder.path("gathered")
    let gathered = try await LongtakeProgram.run([
      "gather", "film", "--store", "file://\(bench.store)", "-o", workspace,
    ])
    #expect(gathered.status == 0, "\(gathered.errors)")
    let ledger = try Ledger(readingWorkspace: workspace)
    #expect(try ["one", "two"].map { try ledger.snapshot(of: $0).chosenTake()?.take } == [1, 2])
  }

  @Test(arguments: [
    ("{}", "schema"), ("[1]", "JSON object"), ("", "JSON object"),
    (#"{"schema":"longtake.stage-job/1","store":"file:///tmp","run":"../x"}"#, "name of a run"),
    (#"{"schema":"longtake.stage-job/1","store":"file:///tmp","run":"x","sho":"y"}"#, "'sho'"),
    (#"{"schema":"longtake.stage-job/1","store":"file:///tmp","run":"x","redo":{"a":"b"}}"#, "'redo.a'"),
    (#"{"schema":"longtake.stage-job/1","store":"file:///tmp","run":"x","max_cost_usd":"-1"}"#, "'max_cost_usd'"),
    (#"{"schema":"longtake.stage-job/1","store":"file:///tmp","run":"x","redo":{"a":-1}}"#, "'redo.a'"),
    (#"{"schema":"longtake.stage-job/1","store":"file:///tmp","run":"x","picks":{"a":0}}"#, "'picks.a'"),
  ])
  func namesWhatIsWrongWithAJob(_ job: String, _ text: String) async throws {
    let result = try await LongtakeProgram.run(["stage", "submit"], input: job)
    #expect(result.status == 65 && result.errors.contains(text), "\(result.errors)")
    #expect(result.output.split(separator: "\n").last?.contains(#""status":65"#) == true, "\(result.output)")
  }
}
