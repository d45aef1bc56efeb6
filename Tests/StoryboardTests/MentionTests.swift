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
      ("as in @Image2 and @Element1", "as in @Image2 and @Element1"),
      ("mail me@hero.com (@hero)", "mail me@hero.com (@Element1)"),
      ("at 3 @ 5, @", "at 3 @ 5, @"), ("no mention", "no mention"), ("@hero", "@Element1"),
    ])
  func sent(prompt: String, expected: String) throws {
    let storyboard = try document(prompt).storyboard()
    #expect(storyboard.sentPrompt(prompt) == expected)
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
