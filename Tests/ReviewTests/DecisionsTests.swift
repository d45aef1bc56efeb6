import Foundation
import Review
import Support
import Testing

/// Files of decisions: merging, conflicts, and what may be acted on.
@Suite struct DecisionsTests {
  private func file(
    _ folder: ScratchFolder, _ reviewer: String, _ shots: String, master: String = "aa", notes: String = ""
  ) throws -> (name: String, decisions: Decisions) {
    let path = try folder.write(
      "\(reviewer).json",
      """
      {"schema":"longtake.decisions/1","title":"Film","master":{"file":"m.mp4","sha256":"\(master)"},
       "reviewers":["\(reviewer)"],"written":"2026-01-01T00:00:00Z","shots":[\(shots)],"notes":[\(notes)],"conflicts":[]}
      """)
    return (path, try Decisions(path: path))
  }

  private func shot(_ id: String, _ reviewer: String, _ decision: String, _ pick: String, at: Int = 1) -> String {
    #"{"shot":"\#(id)","reviewer":"\#(reviewer)","decision":\#(decision),"pick":\#(pick),"at":"2026-01-0\#(at)T00:00:00Z"}"#
  }

  @Test func mergesReviewersAndNamesConflicts() throws {
    let folder = try ScratchFolder()
    let ada = try file(
      folder, "Ada",
      [
        shot("one", "Ada", "\"approve\"", "2"), shot("two", "Ada", "\"reject\"", "null"),
        shot("three", "Ada", "null", "1"),
      ]
      .joined(separator: ","))
    let bob = try file(
      folder, "Bob", [shot("one", "Bob", "\"reject\"", "2"), shot("three", "Bob", "null", "3")].joined(separator: ","))
    let merged = try Decisions.merged([ada, bob], at: Date(timeIntervalSince1970: 0))
    #expect(merged.reviewers == ["Ada", "Bob"])
    #expect(merged.conflicts.map { "\($0.shot) \($0.field)" } == ["one decision", "three pick"])
    #expect(merged.picks.map { "\($0.shot) \($0.take)" } == ["one 2"])
    #expect(merged.rejected == ["two"])
  }

  @Test func theLatestDecisionOfAReviewerCounts() throws {
    let folder = try ScratchFolder()
    let early = try file(folder, "Ada", shot("one", "Ada", "\"reject\"", "null", at: 1))
    let late = try file(folder, "Ada", shot("one", "Ada", "\"approve\"", "null", at: 2))
    for order in [[early, late], [late, early]] {
      let merged = try Decisions.merged(order, at: Date())
      #expect(merged.shots.map(\.decision) == [.approve])
      #expect(merged.conflicts.isEmpty && merged.rejected.isEmpty)
    }
  }

  @Test func decisionsAboutDifferentMastersDoNotMerge() throws {
    let folder = try ScratchFolder()
    let one = try file(folder, "Ada", "", master: "aa")
    let other = try file(folder, "Bob", "", master: "bb")
    #expect(throws: ReviewError.self) { try Decisions.merged([one, other], at: Date()) }
  }

  @Test(arguments: [
    "", "[]", "{}", "null", #"{"schema":"longtake.decisions/9"}"#, #"{"schema":"longtake.decisions/1","title":1}"#,
  ])
  func anotherFileIsRefusedByName(text: String) throws {
    let folder = try ScratchFolder()
    let path = try folder.write("no.json", text)
    let error = #expect(throws: ReviewError.self) { try Decisions(path: path) }
    #expect(error?.code == .invalidDecisions)
    #expect(error?.description.contains("no.json") == true)
  }
}
