import Foundation
import Generation
import Ledger
import Pipeline
import Presets
import Support
import Testing

/// The pure function that decides a shot's next action.
@Suite struct NextActionTests {
  private static let provider = "oxen"
  private static let content = "c1"

  private func take(
    _ state: GenerationEntry.State, number: Int64 = 1, content: String = content, superseded: Bool = false,
    id: String? = "gen-1", error: String? = nil, clip: ClipEntry? = nil, verdict: String? = nil
  ) -> GenerationEntry {
    GenerationEntry(
      number: number, intent: number, shot: "a", take: Int(number), provider: Self.provider, model: "m",
      contentDigest: content, remoteID: id, state: state, isSuperseded: superseded, error: error, clip: clip,
      verdict: verdict)
  }

  private func intent(
    _ number: Int64 = 1, provider: String = provider, sent: Bool = true, state: IntentEntry.State = .open
  ) -> IntentEntry {
    IntentEntry(
      number: number, shot: "a", provider: provider, model: "m", parameters: "{}", requestDigest: "r",
      contentDigest: Self.content, state: state, isBlocking: false, mayHaveBeenSent: sent, createdAt: 0)
  }

  private func facts(_ change: (inout ShotFacts) -> Void = { _ in }) -> ShotFacts {
    var facts = ShotFacts(contentDigest: Self.content, provider: Self.provider)
    change(&facts)
    return facts
  }

  private func next(_ shot: ShotSnapshot, _ facts: ShotFacts? = nil) -> [NextAction] {
    NextAction.all(for: shot, facts ?? self.facts())
  }

  // MARK: - States

  @Test func submitsAShotWithoutTakes() { #expect(next(ShotSnapshot()) == [.submit]) }

  @Test(arguments: GenerationEntry.State.allCases) func followsTheStateOfACurrentTake(_ state: GenerationEntry.State) {
    let one = take(state)
    let expected: NextAction =
      switch state {
      case .submitted, .processing: .wait(one)
      case .succeeded: .download(one)
      case .downloaded: .verify(one)
      case .verified: .done(one)
      case .rejected, .failed, .cancelled: .fail(one)
      case .pending, .uncertain, .notAccepted: .submit
      }
    #expect(next(ShotSnapshot(generations: [one])) == [expected])
  }

  @Test(arguments: GenerationEntry.State.allCases, [true, false])
  func ignoresSupersededTakesAndOtherContent(_ state: GenerationEntry.State, isSuperseded: Bool) {
    let old = take(state, content: isSuperseded ? Self.content : "c0", superseded: isSuperseded)
    #expect(next(ShotSnapshot(generations: [old])) == [.submit])
    let current = take(.submitted, number: 2)
    #expect(next(ShotSnapshot(generations: [old, current])) == [.wait(current)])
  }

  @Test func advancesAllTakesUnderWayTogether() {
    let takes = [take(.submitted, number: 1), take(.succeeded, number: 2), take(.verified, number: 3)]
    #expect(next(ShotSnapshot(generations: takes)) == [.wait(takes[0]), .download(takes[1])])
  }

  // MARK: - Requests whose answer is missing

  @Test func reconcilesBeforeAnythingElse() {
    let (open, other) = (intent(), take(.submitted, number: 2))
    let shot = ShotSnapshot(openIntents: [open], generations: [take(.pending, id: nil), other])
    #expect(next(shot) == [.reconcile(open), .wait(other)])
  }

  @Test func reconcilesASupersededRequestToo() {
    let open = intent()
    let shot = ShotSnapshot(openIntents: [open], generations: [take(.uncertain, superseded: true, id: nil)])
    #expect(next(shot) == [.reconcile(open)])
  }

  @Test func stopsWhenALostRequestWasLookedForInVain() {
    let open = intent()
    let searched = facts { $0.searchedIntents = [1] }
    let lost = take(.uncertain, id: nil)
    #expect(next(ShotSnapshot(openIntents: [open], generations: [lost]), searched) == [.stop(open)])
    let failed = take(.failed, number: 2)
    #expect(
      next(ShotSnapshot(openIntents: [open], generations: [lost, failed]), searched) == [.stop(open)],
      "nothing else is sent for the shot")
    let other = take(.submitted, number: 2)
    #expect(next(ShotSnapshot(openIntents: [open], generations: [lost, other]), searched) == [.wait(other)])
    let verified = take(.verified, number: 2)
    #expect(next(ShotSnapshot(openIntents: [open], generations: [lost, verified]), searched) == [.done(verified)])
  }

  @Test func sendsAgainOnceTheUserAcceptsDoublePayment() {
    let released = intent(state: .released)
    let shot = ShotSnapshot(openIntents: [released], generations: [take(.uncertain, superseded: true, id: nil)])
    #expect(next(shot) == [.submit])
  }

  @Test func withdrawsARequestThatNeverLeft() {
    let open = intent(sent: false)
    #expect(next(ShotSnapshot(openIntents: [open], generations: [take(.pending, id: nil)])) == [.withdraw(open)])
  }

  @Test func leavesRequestsToOtherProvidersAlone() {
    let shot = ShotSnapshot(
      openIntents: [intent(provider: "fal")], generations: [take(.pending, id: nil), take(.verified, number: 2)])
    #expect(next(shot) == [.done(shot.generations[1])])
  }

  // MARK: - Chosen takes and anchors

  @Test func prefersThePickedTake() {
    let takes = [take(.verified, number: 1), take(.verified, number: 2)]
    #expect(next(ShotSnapshot(generations: takes)) == [.done(takes[0])])
    #expect(next(ShotSnapshot(generations: takes, picked: 2)) == [.done(takes[1])])
    #expect(next(ShotSnapshot(generations: takes, picked: 9)) == [.done(takes[0])])
  }

  private static let anchorings: [(Set<AnchorKind>, Set<AnchorKind>, Bool)] = [
    ([], [], true), ([.last], [], false), ([.last], [.last], true), ([.last, .first], [.last], false),
    ([.first], [.last], false), ([.last, .first], [.last, .first], true),
  ]

  @Test(arguments: anchorings)
  func anchorsUntilAllNeededFramesExist(_ needed: Set<AnchorKind>, made: Set<AnchorKind>, isDone: Bool) {
    let one = take(.verified)
    let actions = next(ShotSnapshot(generations: [one], anchors: [1: made]), facts { $0.anchors = needed })
    #expect(actions == [isDone ? .done(one) : .anchor(one)])
  }

  // MARK: - Failures and retries

  @Test(arguments: [
    (GenerationEntry.State.failed, true), (.cancelled, true), (.rejected, false),
  ])
  func resubmitsWhatEarlierRunsDidNotPay(_ state: GenerationEntry.State, isResubmitted: Bool) {
    let one = take(state)
    let earlier = next(ShotSnapshot(generations: [one]), facts { $0.lastEarlierGeneration = 1 })
    #expect(earlier == [isResubmitted ? .submit : .fail(one)])
    #expect(next(ShotSnapshot(generations: [one])) == [.fail(one)], "in this run it is not sent again")
    let endedNow = facts {
      $0.lastEarlierGeneration = 1
      $0.errorCodes = [1: .generationFailed]
    }
    #expect(next(ShotSnapshot(generations: [one]), endedNow) == [.fail(one)], "it was sent by an earlier run")
  }

  private static let failures: [(GenerationEntry.State, String?, GenerationError.Code?, Bool)] = [
    (.rejected, nil, nil, true), (.rejected, nil, .damagedDownload, false),
    (.failed, "The model could not finish this clip", nil, true),
    (.failed, "The model could not finish this clip", .generationFailed, true),
    (.failed, "No credits", .insufficientCredits, false), (.failed, "Insufficient credits", nil, false),
    (.failed, "Getting model response error: 422 - Value error, duration is too long", .generationFailed, false),
    (.failed, "Error 404", nil, false), (.failed, "Blocked by the content policy", .generationFailed, false),
    (.failed, "The prompt was flagged by moderation", nil, false), (.cancelled, nil, nil, false),
  ]

  @Test(arguments: failures)
  func retriesOnlyFailuresOfTheModel(
    _ state: GenerationEntry.State, message: String?, code: GenerationError.Code?, isRetried: Bool
  ) {
    let one = take(state, error: message)
    let shot = ShotSnapshot(generations: [one])
    let allowed = facts {
      $0.retriesLeft = 1
      $0.errorCodes = code.map { [1: $0] } ?? [:]
    }
    #expect(next(shot, allowed) == [isRetried ? .retry(one) : .fail(one)])
    #expect(next(shot, facts { $0.errorCodes = allowed.errorCodes }) == [.fail(one)], "no retries are left")
  }

  @Test func redownloadsClipsThatArrivedDamaged() {
    let clip = ClipEntry(path: "clips/a.take1.mp4", bytes: 1, sha256: "ab")
    let verdict = #"{"findings": [{"check": "decode.clean", "status": "fail", "message": "broken"}]}"#
    let damaged = take(.rejected, clip: clip, verdict: verdict)
    let again = facts { $0.redownloadsDamaged = true }
    #expect(next(ShotSnapshot(generations: [damaged]), again) == [.redownload(damaged)])
    #expect(next(ShotSnapshot(generations: [damaged])) == [.fail(damaged)])
    let good = take(.verified, number: 2)
    #expect(next(ShotSnapshot(generations: [damaged, good]), again) == [.done(good)], "another take counts")
    for other in [
      take(.rejected, id: nil, clip: clip, verdict: verdict),
      take(.rejected, superseded: true, clip: clip, verdict: verdict),
      take(
        .rejected, clip: clip, verdict: #"{"findings": [{"check": "request.size", "status": "fail", "message": "x"}]}"#),
    ] {
      #expect(next(ShotSnapshot(generations: [other]), again) != [.redownload(other)])
    }
  }

  // MARK: - Beside the actions

  @Test func downloadsPaidTakesThatNoLongerCountInTheBackground() {
    let states = GenerationEntry.State.allCases
    let superseded = states.enumerated().map { take($1, number: Int64($0), superseded: true) }
    #expect(
      ShotSnapshot(generations: superseded).backgroundTakes([Self.content]).map(\.state) == [
        .submitted, .processing, .succeeded, .downloaded,
      ])
    let foreign = states.enumerated().map { take($1, number: Int64($0), content: "c0") }
    #expect(
      ShotSnapshot(generations: foreign).backgroundTakes([Self.content]).map(\.state) == [
        .submitted, .processing, .succeeded,
      ])
    #expect(ShotSnapshot(generations: states.map { take($0) }).backgroundTakes([Self.content]).isEmpty)
  }

  /// The same actions after a crash at any step: each is decided from a ledger that is opened again.
  @Test func decidesTheSameFromAReopenedLedger() throws {
    let folder = try ScratchFolder()
    func next(_ work: (Ledger) throws -> Void) throws -> NextAction {
      do {
        let ledger = try Ledger(workspace: folder.path)
        try work(ledger)
      }
      let snapshot = try Ledger(readingWorkspace: folder.path).snapshot(of: "a")
      return self.next(snapshot, facts { $0.anchors = [.last] })[0]
    }
    var intent: IntentEntry?
    let first = try next { ledger in
      intent = try ledger.recordIntent(
        shot: "a", provider: Self.provider, model: "m", parameters: "{}", requestDigest: "r",
        contentDigest: Self.content, takes: 1, cost: nil)
    }
    let request = try #require(intent)
    #expect(first == .withdraw(request))
    guard case .reconcile = try next({ try $0.recordSent(intent: request.number, true) }),
      case .wait(let take) = try next({ try $0.recordSubmitted(intent: request.number, remoteIDs: ["g1"]) }),
      case .wait = try next({ try $0.recordState(generation: take.number, .processing, startedAt: 5) }),
      case .download = try next({ try $0.recordState(generation: take.number, .succeeded, completedAt: 9) }),
      case .verify = try next({
        try $0.recordClip(generation: take.number, ClipEntry(path: "clips/a.take1.mp4", bytes: 10, sha256: "ab"))
      }),
      case .anchor = try next({ try $0.recordVerdict(generation: take.number, isGood: true, verdict: "{}") }),
      case .done(let done) = try next({
        try $0.recordAnchor(
          generation: take.number, ClipEntry(path: "anchors/a.png", bytes: 3, sha256: "cd"), mediaType: "image/png")
      })
    else {
      Issue.record("the actions are out of order")
      return
    }
    #expect(done.clip?.bytes == 10 && done.startedAt == 5 && done.completedAt == 9)
  }
}
