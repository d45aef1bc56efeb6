import Foundation
import Presets
import Storyboard
import Testing
import Timing

@Suite("Chains, cost and content of shots")
struct ChainTests {
  private func storyboard(_ shots: String, head: String = "") throws -> Storyboard {
    try StoryboardDocument(Data("model: m\n\(head)shots:\n\(shots)".utf8), directory: "/").storyboard()
  }

  private let five = """
      - {id: a, prompt: p}
      - {id: b, prompt: p, duration: 10}
      - {id: c, prompt: p, start: none, takes: 3}
      - {id: d, multi_prompt: [{prompt: p, duration: 1}, {prompt: p, duration: 2}]}
      - {id: e, prompt: p, start: "https://host/x.png"}
    """

  @Test("a hard cut and a start image begin a new chain")
  func chains() throws {
    let board = try storyboard(five)
    #expect(board.inDependencyOrder.map(\.id) == ["a", "b", "c", "d", "e"])
    #expect(board.shots.map { board.dependency(of: $0)?.id } == [nil, "a", nil, "c", nil])
    #expect(try board.withDependents(["a"]).map(\.id) == ["a", "b"])
    #expect(try board.withDependents(["d", "b"]).map(\.id) == ["b", "d"])
    let error = try #require(throws: StoryboardError.self) { try board.withDependents(["f"]) }
    #expect(error.code == .unknownShot)
  }

  @Test("chains that meet: a shot that ends on the next one's first frame waits for it")
  func meeting() throws {
    let board = try storyboard(
      """
        - {id: a, prompt: p}
        - {id: b, prompt: p, end: next}
        - {id: c, prompt: p, start: none, end: next}
        - {id: d, prompt: p, start: x.png}
      """)
    #expect(board.inDependencyOrder.map(\.id) == ["a", "c", "b", "d"])
    #expect(board.dependencies(of: board.shots[1]).map(\.id) == ["a", "c"])
    // The frame exists already: nothing has to be waited for.
    #expect(board.dependencies(of: board.shots[2]).isEmpty)
    guard case .image(let image)? = board.endFrame(of: board.shots[2]) else {
      Issue.record("it ends on the next shot's frame")
      return
    }
    #expect(image.written == "x.png")
    #expect(try board.withDependents(["c"]).map(\.id) == ["b", "c"])
    #expect(board.shots.map { board.meetsPrevious($0) } == [false, true, true, true])
  }

  @Test("shots that wait for each other, and a last shot that ends on the next, are reported with their lines")
  func impossibleMeetings() {
    let text = "model: m\nshots:\n  - id: a\n    prompt: p\n    end: next\n  - {id: b, prompt: p, end: next}\n"
    let document = StoryboardDocument(Data(text.utf8), directory: "/")
    #expect(document.problems.map(\.path) == ["shots[0].end", "shots[1].end"])
    #expect(document.problems.map(\.line) == [5, 6])
    #expect(document.problems.first?.message.contains("wait for the other") == true)
  }

  @Test("seconds and dollars add up exactly; unknown stays unknown")
  func cost() throws {
    let library = try PresetLibrary(environment: [:])
    let model = try library.model(named: "kling-video-o3-4k-reference-to-video")
    let board = try storyboard(five)
    #expect(board.shots.map { $0.seconds(with: model) } == [5, 10, 5, 3, 5].map { Rational($0) })
    #expect(board.seconds(with: model) == Rational(28))
    #expect(board.shots[2].cost(with: model)?.decimal == "6.30")
    #expect(board.cost(with: model)?.decimal == "15.96")
    #expect(board.cost(with: try library.model(named: "google-veo-3-1")) == nil)
  }

  @Test("a shot's content changes with what its clip depends on, and with nothing else")
  func content() throws {
    let model = try PresetLibrary(environment: [:]).model(named: "kling-video-o3-4k-reference-to-video")
    func content(_ shot: String, head: String = "", frame: String = "1") throws -> String {
      let board = try storyboard("  - {id: z, prompt: q}\n  - {\(shot)}", head: head)
      return board.canonicalContent(of: board.shots[1], model: model) { $0.written + frame }
    }
    let base = try content("id: a, prompt: p, start: x.png, duration: 5")
    #expect(try content("prompt: p, duration: 5, takes: 4, start: x.png, id: other") == base)
    #expect(try content("id: a, prompt: p, start: x.png", head: "defaults: {duration: 5}\n") == base)
    let others = try [
      content("id: a, prompt: q, start: x.png, duration: 5"), content("id: a, prompt: p, start: x.png, duration: 6"),
      content("id: a, prompt: p, start: none, duration: 5"), content("id: a, prompt: p, duration: 5"),
      content("id: a, prompt: p, start: x.png, duration: 5", frame: "2"),
      content("id: a, prompt: p, start: x.png, duration: 5", head: "references: [r.png]\n"),
      content("id: a, prompt: p, start: x.png, duration: 5, end: y.png"),
      content("id: a, multi_prompt: [{prompt: p, duration: 5}], start: x.png"),
      content("id: a, prompt: p, start: x.png, duration: 5, generate_audio: false"),
    ]
    #expect(Set(others + [base]).count == others.count + 1)
    let mentions = "id: a, prompt: as @Image1"
    #expect(
      try content(mentions, head: "references: [r.png]\n") == content(mentions, head: "references: [r.png, s.png]\n"),
      "a reference that it does not mention")
  }
}
