import Foundation
import Ledger
import Presets
import Support
import Synchronization
import Testing

@Suite struct LedgerTests {
  private let folder: ScratchFolder
  private let price = USD(micro: 1_260_000)

  init() throws { folder = try ScratchFolder() }

  private func open() throws -> Ledger { try Ledger(workspace: folder.path + "/w", now: { 1000 }) }

  private func intend(
    _ ledger: Ledger, _ shot: String = "a", takes: Int = 1, content: String = "c1"
  ) throws -> IntentEntry {
    try ledger.recordIntent(
      shot: shot, provider: "oxen", model: "m", parameters: #"{"prompt":"p"}"#, requestDigest: "r",
      contentDigest: content, takes: takes, cost: price)
  }

  private let clip = ClipEntry(path: "clips/a.take1.mp4", bytes: 10, sha256: "ab")
  private let anchor = ClipEntry(path: "anchors/a.png", bytes: 3, sha256: "cd")

  private func current(_ ledger: Ledger, content: String? = nil) throws -> [GenerationEntry.State] {
    try ledger.snapshot(of: "a").currentTakes(content.map { [$0] }).map(\.state)
  }

  @Test func keepsEveryStepOfAGeneration() throws {
    let number: Int64
    do {
      let ledger = try open()
      let intent = try intend(ledger)
      #expect(intent.createdAt == 1000 && intent.parameters == #"{"prompt":"p"}"#)
      try ledger.recordSubmitted(intent: intent.number, remoteIDs: ["g1"])
      number = try #require(try ledger.generation(remoteID: "g1")).number
      try ledger.recordState(generation: number, .processing, startedAt: 5)
      try ledger.recordState(generation: number, .succeeded, completedAt: 9)
      try ledger.recordClip(generation: number, clip)
      try ledger.recordVerdict(generation: number, isGood: true, verdict: "{}")
      try ledger.recordAnchor(generation: number, anchor, mediaType: "image/png", detail: "{}")
    }
    let ledger = try open()
    let take = try #require(try ledger.generation(number))
    #expect(take.clip == clip && take.take == 1 && take.startedAt == 5 && take.completedAt == 9)
    #expect(try ledger.anchor(of: number)?.file == anchor)
    let snapshot = try ledger.snapshot(of: "a")
    #expect(snapshot.generations == [take] && snapshot.anchors == [number: [.last]] && snapshot.openIntents.isEmpty)
    #expect(try ledger.snapshot(of: "b") == ShotSnapshot())
    #expect(try ledger.spending().paid == USD(parsing: "1.26"))
  }

  @Test func callsTheFailpointAfterEveryWrite() throws {
    let hit = Mutex<[Failpoint]>([])
    let ledger = try Ledger(workspace: folder.path + "/w", failpoint: { point in hit.withLock { $0.append(point) } })
    let intent = try intend(ledger)
    try ledger.recordSent(intent: intent.number, true)
    try ledger.recordSent(intent: intent.number, false)
    try ledger.recordSubmitted(intent: intent.number, remoteIDs: ["g1"])
    #expect(throws: LedgerError.self) { try ledger.recordRefused(intent: intent.number, error: nil) }
    #expect(
      hit.withLock { $0 } == [.intentRecorded, .sendRecorded, .refusedSendRecorded, .acceptanceRecorded])
  }

  @Test func ignoresEarlierStatesThatArriveLate() throws {
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

  @Test func adoptsOrResendsARequestWhoseAnswerWasLost() throws {
    let ledger = try open()
    let lost = try intend(ledger)
    #expect(try ledger.openIntents() == [lost])
    #expect(try ledger.spending() == Spending(paid: .zero, uncertain: price, unpriced: 0))
    try ledger.recordRefused(intent: lost.number, error: nil)
    #expect(try ledger.openIntents().isEmpty)
    #expect(try current(ledger) == [.notAccepted])
    let again = try intend(ledger)
    try ledger.recordSubmitted(intent: again.number, remoteIDs: ["found"])
    #expect(try Set(ledger.knownRemoteIDs().keys) == ["found"])
    #expect(try ledger.generation(remoteID: "found")?.take == 2)
    #expect(try ledger.spending() == Spending(paid: price, uncertain: .zero, unpriced: 0))
  }

  @Test func keepsTheReasonOfARefusal() throws {
    let ledger = try open()
    let intent = try intend(ledger)
    try ledger.recordRefused(intent: intent.number, error: "Insufficient credits")
    let entry = try #require(try ledger.generations(shot: "a").first)
    #expect(entry.state == .failed && entry.error == "Insufficient credits")
    #expect(try ledger.spending() == .zero)
  }

  @Test func recordsSeveralTakesOfOneRequest() throws {
    let ledger = try open()
    try ledger.recordStoryboard(
      StoryboardEntry(path: "s.yaml", title: nil, digest: "d", provider: "oxen", model: "m"),
      shots: [ShotEntry(id: "a", position: 0, digest: "c1"), ShotEntry(id: "b", position: 1, digest: "c2")])
    let two = try intend(ledger, takes: 2)
    try ledger.recordSubmitted(intent: two.number, remoteIDs: ["g1", "g2", "g3"])
    #expect(try ledger.generations(shot: "a").map(\.take) == [1, 2, 3])
    #expect(try ledger.spending().paid == USD(parsing: "3.78"))
    let numbers = try ledger.generations(shot: "a").map(\.number)
    for number in numbers {
      try ledger.recordState(generation: number, .succeeded)
      try ledger.recordClip(generation: number, clip)
      try ledger.recordVerdict(generation: number, isGood: number != numbers[0], verdict: "{}")
    }
    #expect(try ledger.snapshot(of: "a").chosenTake()?.take == 2)
    try ledger.recordPicked(generation: numbers[2])
    #expect(try ledger.snapshot(of: "a").chosenTake()?.take == 3)
    #expect(throws: LedgerError.self) { try ledger.recordPicked(generation: numbers[0]) }
  }

  /// Takes without an id may have been accepted, too: they stay open until they are found.
  @Test func leavesTakesOpenForWhichThereIsNoID() throws {
    let ledger = try open()
    let three = try intend(ledger, takes: 3)
    try ledger.recordSent(intent: three.number, true)
    try ledger.recordSubmitted(intent: three.number, remoteIDs: ["h1"])
    #expect(try ledger.generations().map(\.state) == [.submitted, .uncertain, .uncertain])
    #expect(try ledger.openIntents().map(\.number) == [three.number])
    #expect(try ledger.spending() == Spending(paid: price, uncertain: price * 2, unpriced: 0))
    try ledger.recordUncertain(intent: three.number)
    #expect(try ledger.openIntents().first?.blocksSending == true)
    try ledger.recordSubmitted(intent: three.number, remoteIDs: ["h2", "h3"])
    #expect(try ledger.generations().map(\.remoteID) == ["h1", "h2", "h3"])
    #expect(try ledger.openIntents().isEmpty)
    #expect(throws: LedgerError.self) { try ledger.recordSubmitted(intent: three.number, remoteIDs: ["h4"]) }
  }

  @Test func releasesALostRequestOnlyWhenDoublePaymentIsAccepted() throws {
    let ledger = try open()
    let lost = try intend(ledger)
    try ledger.recordSent(intent: lost.number, true)
    try ledger.recordUncertain(intent: lost.number)
    try ledger.recordRedo(["a"])
    #expect(try ledger.openIntents().first?.blocksSending == true)
    try ledger.recordRedo(["a"], releasing: ["a"])
    let released = try #require(try ledger.openIntents().first)
    #expect(!released.blocksSending && released.isUnsettled)
    #expect(try ledger.spending().uncertain == price)
    try ledger.recordSubmitted(intent: lost.number, remoteIDs: ["late"])
    #expect(try ledger.spending() == Spending(paid: price, uncertain: .zero, unpriced: 0))
    #expect(try ledger.generations().first?.isSuperseded == true)
  }

  @Test func usesAnAgreementOnce() throws {
    let ledger = try open()
    let agreement = Agreement(shot: "a", provider: "oxen", cost: price)
    try ledger.recordRedo(["a"], agreed: [agreement])
    #expect(try ledger.agreements() == [agreement])
    _ = try intend(ledger, "b")
    #expect(try ledger.agreements() == [agreement])
    _ = try intend(ledger)
    #expect(try ledger.agreements().isEmpty)
  }

  @Test func redoKeepsTakesThatNoLongerCount() throws {
    let ledger = try open()
    let intent = try intend(ledger)
    try ledger.recordAnsweredWithClips(intent: intent.number)
    let number = try #require(try ledger.generations().first).number
    #expect(try current(ledger) == [.succeeded])
    try ledger.recordClip(generation: number, clip)
    try ledger.recordVerdict(generation: number, isGood: true, verdict: "{}")
    #expect(try ledger.snapshot(of: "a").chosenTake(["c1"])?.number == number)
    #expect(try ledger.snapshot(of: "a").chosenTake(["c2"]) == nil)
    #expect(try current(ledger, content: "c2").isEmpty)
    try ledger.recordRedo(["a"])
    #expect(try current(ledger).isEmpty)
    #expect(try ledger.generations().first?.isSuperseded == true)
    #expect(try ledger.generations().first?.clip == clip)
    #expect(try ledger.spending().paid == price)
    _ = try intend(ledger)
    #expect(try ledger.generations().map(\.take) == [1, 2])
  }

  @Test func forgetsALostClipAndItsAnchor() throws {
    let ledger = try open()
    let intent = try intend(ledger)
    try ledger.recordSubmitted(intent: intent.number, remoteIDs: ["g1"])
    let number = try #require(try ledger.generation(remoteID: "g1")).number
    try ledger.recordClip(generation: number, clip)
    try ledger.recordVerdict(generation: number, isGood: true, verdict: "{}")
    try ledger.recordAnchor(generation: number, clip, mediaType: "image/png")
    try ledger.recordClipLost(generation: number)
    #expect(try current(ledger) == [.succeeded])
    #expect(try ledger.snapshot(of: "a").anchors.isEmpty)
    #expect(try ledger.anchor(of: number) == nil)
  }

  @Test func remembersStoryboardAndUploadsPerStore() throws {
    let ledger = try open()
    let entry = StoryboardEntry(path: "s.yaml", title: "T", digest: "d", provider: "oxen", model: "m")
    try ledger.recordStoryboard(entry, shots: [ShotEntry(id: "a", position: 0, digest: "1")])
    let later = StoryboardEntry(path: "s.yaml", title: "U", digest: "e", provider: "fal", model: "m")
    try ledger.recordStoryboard(later, shots: [ShotEntry(id: "b", position: 0, digest: "2")])
    #expect(try ledger.storyboard() == later)
    #expect(try ledger.shots().map(\.id) == ["b"])
    try ledger.recordUpload(sha256: "ab", store: "oxen:x", address: "https://h/1")
    try ledger.recordUpload(sha256: "ab", store: "oxen:x", address: "https://h/2")
    #expect(try ledger.upload(sha256: "ab", store: "oxen:x")?.address == "https://h/2")
    #expect(try ledger.upload(sha256: "ab", store: "fal") == nil)
    #expect(try ledger.forgetUploads() == 1)
    #expect(try ledger.upload(sha256: "ab", store: "oxen:x") == nil)
  }

  @Test(arguments: GenerationEntry.State.allCases) func countsMoneyByState(_ state: GenerationEntry.State) {
    func spending(_ cost: USD?) -> Spending {
      GenerationEntry(
        number: 1, intent: 1, shot: "a", take: 1, provider: "oxen", model: "m", contentDigest: "c", state: state,
        cost: cost
      ).spending
    }
    switch state {
    case .pending, .uncertain:
      #expect(spending(price) == Spending(paid: .zero, uncertain: price, unpriced: 0))
      #expect(spending(nil) == Spending(paid: .zero, uncertain: .zero, unpriced: 1))
    case .failed, .cancelled, .notAccepted:
      #expect(spending(price) == .zero && spending(nil) == .zero)
    default:
      #expect(spending(price) == Spending(paid: price, uncertain: .zero, unpriced: 0))
      #expect(spending(nil) == Spending(paid: .zero, uncertain: .zero, unpriced: 1))
    }
  }

  @Test func comparesPaidAndUncertainMoneyWithALimit() {
    let spending = Spending(paid: price, uncertain: price, unpriced: 0)
    #expect(spending.total == USD(parsing: "2.52"))
    #expect(spending.allows(price, below: USD(micro: 3_780_000)))
    #expect(!spending.allows(price, below: USD(micro: 3_779_999)))
  }
}
