import Foundation
import Presets
import Storyboard
import Testing

@Suite("Elements and references by name")
struct MentionTests {
  private func document(_ prompt: String) -> StoryboardDocument {
    let text = """
      model: m
      references: [r1.png, r2.png]
      elements:
        - {name: hero, frontal: h.png}
        - {name: hero-car, frontal: c.png, angles: [c1.png]}
      shots:
        - {id: a, prompt: "\(prompt)"}
      """
    return StoryboardDocument(Data(text.utf8), directory: "/")
  }

  @Test(
    "names become numbers, other text stays",
    arguments: [
      ("@hero runs to @hero-car.", "@Element1 runs to @Element2."),
      ("@hero's hat, @hero-like, @hero-", "@Element1's hat, @Element1-like, @Element1-"),
      ("as in @Image2 and @Element2", "as in @Image1 and @Element1"),
      ("mail me@hero.com (@hero)", "mail me@hero.com (@Element1)"),
      ("at 3 @ 5, @", "at 3 @ 5, @"), ("no mention", "no mention"), ("@hero", "@Element1"),
    ])
  func sent(prompt: String, expected: String) throws {
    let storyboard = try document(prompt).storyboard()
    #expect(storyboard.sentPrompt(prompt, of: storyboard.shots[0]) == expected)
  }

  @Test("a request holds what its shot mentions, and of a kind that no shot mentions everything")
  func sentWithAShot() throws {
    let text = """
      model: m
      references: [r1.png, r2.png]
      elements: [{name: hero, frontal: h.png}, {name: car, frontal: c.png}]
      shots: [{id: a, prompt: "@car"}, {id: b, prompt: "nobody"}]
      """
    let storyboard = try StoryboardDocument(Data(text.utf8), directory: "/").storyboard()
    #expect(storyboard.shots.map { storyboard.sentElements(of: $0).map(\.name) } == [["car"], []])
    #expect(storyboard.shots.map { storyboard.sentReferences(of: $0).count } == [2, 2])
    #expect(storyboard.requestedFields(of: storyboard.shots[1]).contains(.elements) == false)
  }

  @Test(
    "what names nothing is a problem",
    arguments: [
      ("@heroine jumps", "'@heroine'"), ("@Image3", "2 references"), ("@Element3", "@Element1 to @Element2"),
      ("@image1", "Did you mean 'Image1'?"), ("@Hero", "Did you mean 'hero'?"), ("@Element0", "2 elements"),
    ])
  func unknown(prompt: String, text: String) {
    let problems = document(prompt).problems
    #expect(problems.count == 1)
    #expect(problems.first?.path == "shots[0].prompt")
    #expect(problems.first?.line == 7)
    #expect(problems.first?.message.contains(text) == true, "\(problems)")
  }
}
