import Foundation
import Ledger
import Support
import Testing

@Suite("The ledger")
struct LedgerTests {
  private let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  private func open() throws -> Ledger { try Ledger(workspace: folder.path + "/w", now: { 1000 }) }

  private func intend(
    _ ledger: Ledger, _ shot: String = "a", takes: Int = 1, content: String = "c1"
  ) throws -> IntentEntry {
    try ledger.recordIntent(
      shot: shot, provider: "oxen", model: "m", parameters: #"{"prompt":"p"}"#, requestDigest: "r",
      contentDigest: content, takes: takes, costMicroUSD: 1_260_000)
  }

  private let clip = ClipEntry(path: "clips/a.take1.mp4", bytes: 10, sha256: "ab")

  @Test("at every step the next one is told from a ledger opened again")
  func everyStep() throws {
    func step(_ work: (Ledger) throws -> Void) throws -> NextStep? {
      do {
        let ledger = try open()
        try work(ledger)
      }
      return try open().nextSteps(shot: "a", anchors: [.last]).first
    }
    #expect(try step { _ in } == .submit)
    guard case .reconcile(let intent)? = try step({ _ = try intend($0) }) else {
      Issue.record("an intent must be reconciled")
      return
    }
    #expect(intent.createdAt == 1000)
    #expect(intent.parameters == #"{"prompt":"p"}"#)
    guard case .wait(let generation)? = try step({ try $0.recordSubmitted(intent: intent.number, remoteIDs: ["g1"]) })
    else {
      Issue.record("an id must be waited for")
      return
    }
    #expect(generation.remoteID == "g1")
    #expect(generation.take == 1)
    let number = generation.number
    guard case .wait? = try step({ try $0.recordState(generation: number, .processing, startedAt: 5) }),
      case .download? = try step({ try $0.recordState(generation: number, .succeeded, completedAt: 9) }),
      case .verify? = try step({ try $0.recordClip(generation: number, clip) }),
      case .anchor? = try step({ try $0.recordVerdict(generation: number, isGood: true, verdict: "{}") })
    else {
      Issue.record("the steps are out of order")
      return
    }
    let anchor = ClipEntry(path: "anchors/a.png", bytes: 3, sha256: "cd")
    guard
      case .done(let take)? = try step({
        try $0.recordAnchor(generation: number, anchor, mediaType: "image/png", detail: "{}")
      })
    else {
      Issue.record("it must be done")
      return
    }
    #expect(take.clip == clip)
    #expect(take.startedAt == 5)
    #expect(take.completedAt == 9)
    #expect(try open().anchor(of: number)?.file == anchor)
    #expect(try open().spent() == open().spent())
    #expect(try open().spent().paid == 1_260_000)
  }

  @Test("news that come late or twice change nothing")
  func lateNews() throws {
    let ledger = try open()
    let intent = try intend(ledger)
    try ledger.recordSubmitted(intent: intent.number, remoteIDs: ["g1"])
    let number = try #require(try ledger.generation(remoteID: "g1")).number
    try ledger.recordState(generation: number, .succeeded)
    try ledger.recordState(generation: number, .processing)
    #expect(try ledger.generation(number)?.state == .succeeded)
    try ledger.recordClip(generation: number, clip)
    try ledger.recordState(generation: number, .succeeded)
    try ledger.recordState(generation: number, .failed, error: "late")
    #expect(try ledger.generation(number)?.state == .downloaded)
    #expect(throws: LedgerError.self) { try ledger.recordSubmitted(intent: intent.number, remoteIDs: ["g2"]) }
    #expect(throws: LedgerError.self) { try ledger.recordRefused(intent: intent.number, error: nil) }
    #expect(throws: LedgerError.self) { try ledger.recordState(generation: 99, .failed) }
    #expect(throws: LedgerError.self) { try ledger.recordAnchor(generation: number, clip, mediaType: "image/png") }
  }

  @Test("an answer that was lost: adopted with its id, or refused and sent again as another take")
  func lostAnswer() throws {
    let ledger = try open()
    let lost = try intend(ledger)
    #expect(try ledger.openIntents() == [lost])
    #expect(try ledger.spent() == Spending.of(paid: 0, uncertain: 1_260_000))
    try ledger.recordRefused(intent: lost.number, error: nil)
    #expect(try ledger.openIntents().isEmpty)
    #expect(try ledger.nextSteps(shot: "a") == [.submit])
    let again = try intend(ledger)
    try ledger.recordSubmitted(intent: again.number, remoteIDs: ["found"])
    #expect(try ledger.knownRemoteIDs() == ["found"])
    #expect(try ledger.generation(remoteID: "found")?.take == 2)
    #expect(try ledger.spent() == Spending.of(paid: 1_260_000, uncertain: 0))
  }

  @Test("a refusal by the service is a failure that is told")
  func refused() throws {
    let ledger = try open()
    let intent = try intend(ledger)
    try ledger.recordRefused(intent: intent.number, error: "Insufficient credits")
    guard case .failed(let entry)? = try ledger.nextSteps(shot: "a").first else {
      Issue.record("it must be failed")
      return
    }
    #expect(entry.error == "Insufficient credits")
    #expect(try ledger.spent().paid == 0)
  }

  @Test("several takes: one row each, fewer and more ids than asked for, and the one chosen counts")
  func takes() throws {
    let ledger = try open()
    try ledger.recordStoryboard(
      StoryboardEntry(path: "s.yaml", title: nil, digest: "d", provider: "oxen", model: "m"),
      shots: [ShotEntry(id: "a", position: 0, digest: "c1"), ShotEntry(id: "b", position: 1, digest: "c2")])
    let two = try intend(ledger, takes: 2)
    try ledger.recordSubmitted(intent: two.number, remoteIDs: ["g1", "g2", "g3"])
    #expect(try ledger.generations(shot: "a").map(\.take) == [1, 2, 3])
    #expect(try ledger.spent().paid == 3_780_000)
    let numbers = try ledger.generations(shot: "a").map(\.number)
    for number in numbers {
      try ledger.recordState(generation: number, .succeeded)
      try ledger.recordClip(generation: number, clip)
      try ledger.recordVerdict(generation: number, isGood: number != numbers[0], verdict: "{}")
    }
    #expect(try ledger.chosenTake(shot: "a")?.take == 2)
    try ledger.recordChosen(generation: numbers[2])
    #expect(try ledger.chosenTake(shot: "a")?.take == 3)
    #expect(throws: LedgerError.self) { try ledger.recordChosen(generation: numbers[0]) }
    let fewer = try intend(ledger, "b", takes: 3)
    try ledger.recordSubmitted(intent: fewer.number, remoteIDs: ["h1"])
    #expect(try ledger.generations(shot: "b").map(\.state) == [.submitted, .abandoned, .abandoned])
  }

  @Test("redo: what was there is kept and no longer counts; other content does not count either")
  func redo() throws {
    let ledger = try open()
    let intent = try intend(ledger)
    try ledger.recordAnsweredWithClips(intent: intent.number)
    let number = try #require(try ledger.generations().first).number
    #expect(
      try ledger.nextSteps(shot: "a") == [.download(try #require(try ledger.generation(number)))])
    try ledger.recordClip(generation: number, clip)
    try ledger.recordVerdict(generation: number, isGood: true, verdict: "{}")
    #expect(try ledger.chosenTake(shot: "a", contentDigest: "c1")?.number == number)
    #expect(try ledger.chosenTake(shot: "a", contentDigest: "c2") == nil)
    #expect(try ledger.nextSteps(shot: "a", contentDigest: "c2") == [.submit])
    try ledger.markRedo(["a"])
    #expect(try ledger.nextSteps(shot: "a") == [.submit])
    #expect(try ledger.generations().first?.isSuperseded == true)
    #expect(try ledger.generations().first?.clip == clip)
    #expect(try ledger.spent().paid == 1_260_000)
    _ = try intend(ledger)
    #expect(try ledger.generations().map(\.take) == [1, 2])
  }

  @Test("a clip that is lost is fetched again and not paid again; its anchor goes with it")
  func lostClip() throws {
    let ledger = try open()
    let intent = try intend(ledger)
    try ledger.recordSubmitted(intent: intent.number, remoteIDs: ["g1"])
    let number = try #require(try ledger.generation(remoteID: "g1")).number
    try ledger.recordClip(generation: number, clip)
    try ledger.recordVerdict(generation: number, isGood: true, verdict: "{}")
    try ledger.recordAnchor(generation: number, clip, mediaType: "image/png")
    try ledger.recordClipLost(generation: number)
    guard case .download? = try ledger.nextSteps(shot: "a", anchors: [.last]).first else {
      Issue.record("it must be downloaded again")
      return
    }
    #expect(try ledger.anchor(of: number) == nil)
  }

  @Test("storyboard and uploads are remembered, per store")
  func memory() throws {
    let ledger = try open()
    let entry = StoryboardEntry(path: "s.yaml", title: "T", digest: "d", provider: "oxen", model: "m")
    try ledger.recordStoryboard(entry, shots: [ShotEntry(id: "a", position: 0, digest: "1")])
    let later = StoryboardEntry(path: "s.yaml", title: "U", digest: "e", provider: "fal", model: "m")
    try ledger.recordStoryboard(later, shots: [ShotEntry(id: "b", position: 0, digest: "2")])
    #expect(try ledger.storyboard() == later)
    #expect(try ledger.shots().map(\.id) == ["b"])
    try ledger.recordUpload(sha256: "ab", store: "oxen:x", address: "https://h/1")
    try ledger.recordUpload(sha256: "ab", store: "oxen:x", address: "https://h/2")
    #expect(try ledger.uploadedAddress(sha256: "ab", store: "oxen:x") == "https://h/2")
    #expect(try ledger.uploadedAddress(sha256: "ab", store: "fal") == nil)
  }
}

extension Spending {
  /// Compares without the unpriced.
  static func of(paid: Int64, uncertain: Int64) -> SpendingMatch { SpendingMatch(paid: paid, uncertain: uncertain) }
  static func == (a: Spending, b: SpendingMatch) -> Bool { a.paid == b.paid && a.uncertain == b.uncertain }
}

struct SpendingMatch {
  let paid: Int64
  let uncertain: Int64
}
