import Foundation
import Presets
import Storyboard
import Support
import Testing
import Timing

@Suite("Trims, transitions and conforming in storyboards")
struct JoinSettingsTests {
  private func document(second: String, join: String = "") -> StoryboardDocument {
    StoryboardDocument(
      Data(
        """
        model: m
        shots:
          - id: one
            prompt: A quay.
          - id: two
            prompt: A boat.
        \(second)
        master:
          join:
            mode: auto
        \(join)
        """.utf8), directory: "/boards")
  }

  @Test("they are read, and are valid by the schema")
  func reads() throws {
    let document = document(
      second: "    trim: {in: 0.5, out: \"#60\"}\n    transition: {kind: dissolve, duration: 00:00:00:12}",
      join:
        "    match_color: first\n    ease_frames: 12\n    conform: {size: 640x360, rate: 24000/1001, fit: crop, rate_conversion: blend}"
    )
    let storyboard = try document.storyboard()
    #expect(storyboard.shots[0].trim == nil && storyboard.shots[0].transition == nil)
    #expect(storyboard.shots[1].trim?.start == .seconds(Rational(1, 2)) && storyboard.shots[1].trim?.end == .frame(60))
    #expect(storyboard.shots[1].transition?.kind == .dissolve)
    #expect(storyboard.shots[1].transition?.duration == .timecode("00:00:00:12"))
    let join = storyboard.master.join
    #expect(join.matchColor == .first && join.easeFrames == 12)
    #expect(join.conform?.width == 640 && join.conform?.height == 360 && join.conform?.fit == .crop)
    #expect(join.conform?.rate == FrameRate(24_000, 1001) && join.conform?.rateConversion == .blend)
    #expect(
      try self.document(second: "", join: "    conform: true").storyboard().master.join.conform == ConformSettings())
    #expect(try self.document(second: "", join: "    conform: false").storyboard().master.join.conform == nil)
  }

  @Test(
    "mistakes are reported at their field",
    arguments: [
      ("    trim: {in: 3, out: 2}", "", "shots[1].trim.out"),
      ("    trim: {in: \"#5\", out: \"#5\"}", "", "shots[1].trim.out"),
      ("    trim: {}", "", "shots[1].trim"), ("    trim: {in: soon}", "", "shots[1].trim.in"),
      ("    trim: {from: 1}", "", "shots[1].trim.from"), ("    trim: 3", "", "shots[1].trim"),
      ("    transition: {kind: wipe, duration: 1}", "", "shots[1].transition.kind"),
      ("    transition: {kind: dip}", "", "shots[1].transition.duration"),
      ("    transition: {kind: dip, duration: 0}", "", "shots[1].transition.duration"),
      ("", "    conform: {size: 640}", "master.join.conform.size"),
      ("", "    conform: {rate: fast}", "master.join.conform.rate"),
      ("", "    conform: {fit: zoom}", "master.join.conform.fit"),
      ("", "    ease_frames: 0", "master.join.ease_frames"),
      ("", "    match_color: always", "master.join.match_color"),
    ])
  func refuses(second: String, join: String, path: String) throws {
    let problems = document(second: second, join: join).problems
    #expect(problems.map(\.path).contains(path), "\(problems)")
  }

  @Test("the schema accepts and rejects what the reader does", .media)
  func schema() throws {
    let schema = ProjectFiles.path("presets/schema/storyboard.json")
    let cases = [
      (
        "accepted",
        ##", "trim": {"in": 0.5, "out": "#60"}, "transition": {"kind": "dip", "duration": "00:00:01:00"}"##,
        #""conform": {"size": "640x360", "rate": "24000/1001"}, "match_color": "first""#
      ),
      ("trim", #", "trim": {}"#, ""), ("transition", #", "transition": {"kind": "wipe", "duration": 1}"#, ""),
      ("conform", "", #""conform": {"fit": "zoom"}"#),
    ]
    var batch = SchemaBatch()
    for (name, shot, join) in cases {
      batch.add(
        name, #"{"model": "m", "shots": [{"id": "a", "prompt": "b"\#(shot)}], "master": {"join": {\#(join)}}}"#,
        schema: schema)
    }
    let rejected = Set(try batch.problems().compactMap { $0.split(separator: ":").first.map(String.init) })
    #expect(rejected == ["trim", "transition", "conform"])
  }
}
