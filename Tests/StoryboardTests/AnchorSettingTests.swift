import Foundation
import Presets
import Storyboard
import Support
import Testing

@Suite("Anchor settings in storyboards")
struct AnchorSettingTests {
  private func document(_ defaults: String, _ second: String) -> StoryboardDocument {
    StoryboardDocument(
      Data(
        """
        model: m
        defaults:
          duration: 3
        \(defaults)
        shots:
          - id: one
            prompt: A quay.
          - id: two
            prompt: A boat.
        \(second)
        """.utf8), directory: "/boards")
  }

  @Test(
    "a shot's own overrides the default, and 1 is the last alone",
    arguments: [
      ("", "", [nil, nil]), ("  anchor: {search: 8}", "", [8, 8]),
      ("  anchor: {search: 8}", "    anchor: {search: 24}", [8, 24]),
      ("  anchor: {search: 8}", "    anchor: {search: 1}", [8, nil]),
      ("", "    anchor:\n      search: 120", [nil, 120]),
    ] as [(String, String, [Int?])])
  func reads(_ defaults: String, _ second: String, expected: [Int?]) throws {
    #expect(try document(defaults, second).storyboard().shots.map(\.anchorSearch) == expected)
  }

  @Test(
    "mistakes are reported at their field",
    arguments: [
      ("    anchor: {search: 0}", "shots[1].anchor.search"), ("    anchor: {search: 121}", "shots[1].anchor.search"),
      ("    anchor: {search: best}", "shots[1].anchor.search"), ("    anchor: {}", "shots[1].anchor.search"),
      ("    anchor: 8", "shots[1].anchor"), ("    anchor: {last: 8}", "shots[1].anchor.last"),
    ])
  func refuses(_ second: String, path: String) {
    #expect(document("", second).problems.map(\.path).contains(path))
  }
}
