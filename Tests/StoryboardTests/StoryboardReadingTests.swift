import Foundation
import Presets
import Storyboard
import Support
import Testing
import Timing

@Suite("Reading storyboards")
struct StoryboardReadingTests {
  private func read(_ text: String) -> StoryboardDocument {
    StoryboardDocument(Data(text.utf8), directory: "/boards/one")
  }

  private let demo = ProjectFiles.path("fixtures/storyboards/three-shots.yaml")

  @Test("the example is read completely")
  func demoReads() throws {
    let storyboard = try StoryboardDocument(path: demo).storyboard()
    #expect(storyboard.provider == "sandbox")
    #expect(storyboard.shots.map(\.id) == ["harbour", "boats", "lighthouse"])
    #expect(storyboard.shots.map(\.start) == [.none, .previous, .previous])
    #expect(storyboard.shots.map { $0.prompt.seconds ?? $0.duration } == [3, 3, 3].map { Rational($0) })
    #expect(storyboard.shots.allSatisfy { $0.generateAudio == true && $0.aspectRatio == "16:9" && $0.takes == 1 })
    #expect(storyboard.shots[1].prompt.texts.count == 2)
    #expect(storyboard.master.verify == "uhd-4k")
    #expect(storyboard.master.join.mode == .auto)
    #expect(storyboard.master.join.overlap == .auto)
    #expect(storyboard.master.join.matchColor == .report)
    #expect(storyboard.master.join.audioCrossfade == Rational(20))
  }

  @Test("the example is valid by the schema, and the same storyboard as JSON", .media)
  func jsonTwin() throws {
    let node = try #require(DocumentParser.parse(try Data(contentsOf: URL(filePath: demo)), problems: ProblemList()))
    let folder = try ScratchFolder()
    let path = try folder.write("twin.json", node.jsonValue.canonicalJSON)
    #expect(try SchemaValidator.problems(of: path, schema: ProjectFiles.path("presets/schema/storyboard.json")).isEmpty)
    let twin = try StoryboardDocument(path: path).storyboard()
    let original = try StoryboardDocument(path: demo).storyboard()
    #expect(twin.shots == original.shots)
    #expect(twin.master == original.master)
    #expect(twin.title == original.title)
  }

  @Test("the schema rejects the mistakes that a schema can express", .media)
  func schemaRefuses() throws {
    let mistakes = try Data(contentsOf: URL(filePath: ProjectFiles.path("fixtures/storyboards/ten-mistakes.yaml")))
    let node = try #require(DocumentParser.parse(mistakes, problems: ProblemList()))
    let folder = try ScratchFolder()
    let path = try folder.write("mistakes.json", node.jsonValue.canonicalJSON)
    let problems = try SchemaValidator.problems(of: path, schema: ProjectFiles.path("presets/schema/storyboard.json"))
    #expect(problems.contains { $0.contains("promt") })
    #expect(problems.contains { $0.contains("roof/top") })
    #expect(problems.contains { $0.contains("two") })
  }

  @Test("ten different mistakes are ten problems, each with its line")
  func tenMistakes() throws {
    let document = try StoryboardDocument(path: ProjectFiles.path("fixtures/storyboards/ten-mistakes.yaml"))
    let library = try PresetLibrary(environment: [:])
    let model = try library.model(named: try #require(document.partial).model, for: "sandbox")
    let problems = document.problems(against: model, images: FakeImages())
    let expected: [(path: String, line: Int, text: String)] = [
      ("defaults.aspect_ratio", 6, "16:9, 9:16, 1:1"),
      ("elements[0].frontal", 9, "missing-hero.png"),
      ("shots[1].promt", 14, "Did you mean 'prompt'?"),
      ("shots[1].prompt", 15, "Did you mean 'hero'?"),
      ("shots[1].duration", 16, "3 to 15 s"),
      ("shots[2].id", 17, "already used on line 13"),
      ("shots[2].duration", 19, "'two'"),
      ("shots[3].id", 20, "'roof/top'"),
      ("shots[3].prompt", 21, "exclude each other"),
      ("shots[4].takes", 27, "at most 4"),
    ]
    #expect(problems.map(\.path) == expected.map(\.path))
    #expect(problems.map(\.line) == expected.map(\.line))
    for (problem, wanted) in zip(problems, expected) { #expect(problem.message.contains(wanted.text)) }
    #expect(throws: StoryboardError.self) { try document.storyboard() }
  }

  @Test("paths are relative to the storyboard, addresses are unchanged")
  func images() throws {
    let storyboard = try read(
      """
      model: m
      references: [style.png, ../other/look.jpg, "https://example.com/a b.png", /abs/x.png]
      shots:
        - {id: a, prompt: p, start: "frames/ä 1.png", end: http://example.com/e.png}
      """
    ).storyboard()
    #expect(
      storyboard.references.map(\.location) == [
        .file("/boards/one/style.png"), .file("/boards/other/look.jpg"), .address("https://example.com/a b.png"),
        .file("/abs/x.png"),
      ])
    guard case .image(let start) = storyboard.shots[0].start else {
      Issue.record("no start image")
      return
    }
    #expect(start.location == .file("/boards/one/frames/ä 1.png"))
    #expect(storyboard.endFrame(of: storyboard.shots[0]).map { "\($0)".contains("http://example.com/e.png") } == true)
  }

  @Test(
    "a field that is wrong is one problem at its line",
    arguments: [
      ("start: data:image/png;base64,AAAA", "shots[0].start", "data:"),
      ("start: file:///x.png", "shots[0].start", "file:"),
      ("start: ftp://host/x.png", "shots[0].start", "ftp:"),
      ("start: https:///x.png", "shots[0].start", "https://host"),
      ("start: previous", "shots[0].start", "first shot"),
      ("start:", "shots[0].start", "no value"),
      ("end: previous", "shots[0].end", "image"),
      ("end: 7", "shots[0].end", "path"),
      ("duration: .nan", "shots[0].duration", "number"),
      ("duration: -3", "shots[0].duration", "above 0"),
      ("duration: \"5\"", "shots[0].duration", "number"),
      ("takes: 1.5", "shots[0].takes", "whole number"),
      ("takes: 0", "shots[0].takes", "from 1"),
      ("generate_audio: yes", "shots[0].generate_audio", "true or false"),
      ("aspect_ratio: wide", "shots[0].aspect_ratio", "16:9"),
      ("negative_prompt: ''", "shots[0].negative_prompt", "empty"),
      ("negative_prompt: 12", "shots[0].negative_prompt", "quotes"),
      ("takes: [1]", "shots[0].takes", "a list"),
      ("multi_prompt: []", "shots[0].prompt", "exclude"),
    ])
  func wrongField(line: String, path: String, text: String) {
    let document = read("model: m\nshots:\n  - id: a\n    prompt: p\n    \(line)\n")
    let problem = document.problems.first { $0.path == path }
    #expect(problem?.message.contains(text) == true, "\(document.problems)")
    #expect(problem?.line == (path == "shots[0].prompt" ? 4 : 5))
  }

  @Test("music and loudness are read, the file relative to the storyboard")
  func audio() throws {
    let master = try read(
      """
      model: m
      shots: [{id: a, prompt: p}]
      master:
        join: {loudness: -16, true_peak: -1.5}
        music: {file: ../bed.flac, level: -9.5, fade: 1, duck: 12, loop: true}
      """
    ).storyboard().master
    #expect(master.join.loudness == Rational(-16) && master.join.truePeak == Rational(-3, 2))
    #expect(
      master.music
        == MusicSettings(
          file: "/boards/bed.flac", level: Rational(-19, 2), fade: Rational(1), duck: Rational(12), loops: true))
  }

  @Test(
    "wrong music is one problem at its field",
    arguments: [
      ("level: -9", "master.music", "'file' is missing"),
      ("{file: a.mp3, level: 21}", "master.music.level", "-60 to 20"),
      ("{file: a.mp3, duck: -1}", "master.music.duck", "0 to 60"),
      ("{file: a.mp3, fade: x}", "master.music.fade", "number"),
      ("{file: a.mp3, loop: 1}", "master.music.loop", "true or false"),
      ("{file: \"a\\0b\"}", "master.music.file", "NUL"),
      ("{file: a.mp3, volume: 1}", "master.music.volume", "volume"),
    ])
  func wrongMusic(music: String, path: String, text: String) {
    let inline = music.hasPrefix("{") ? music : "{\(music)}"
    let document = read("model: m\nshots: [{id: a, prompt: p}]\nmaster:\n  music: \(inline)\n")
    let problem = document.problems.first { $0.path.hasPrefix(path) }
    #expect(problem?.message.contains(text) == true, "\(document.problems)")
    #expect(document.problems.count == 1)
  }

  @Test(
    "a storyboard that is wrong as a whole",
    arguments: [
      ("", "empty"), ("just words", "mapping"), ("shots: []\nmodel: m", "at least one"),
      ("model: m", "'shots' is missing"),
      ("shots: [{id: a, prompt: p}]", "'model' is missing"), ("model: m\nshots: {id: a}", "a list"),
      ("model: m\nshots: [a]", "mapping"), ("model: m\nshots: [{id: a}]", "neither 'prompt' nor 'multi_prompt'"),
      ("model: m\nprovider: falx\nshots: [{id: a, prompt: p}]", "Did you mean 'fal'?"),
      ("model: m\nmaster: {join: {mode: fast}}\nshots: [{id: a, prompt: p}]", "auto, copy, smart, encode"),
      ("model: m\nmaster: {join: {overlap: 500}}\nshots: [{id: a, prompt: p}]", "0 to 120"),
      ("model: m\nmaster: {join: {loudness: 3}}\nshots: [{id: a, prompt: p}]", "-70 to 0"),
      ("model: m\nmaster: {join: {audio_crossfade: 5000}}\nshots: [{id: a, prompt: p}]", "0 to 1000"),
      ("schema: longtake.storyboard/9\nmodel: m\nshots: [{id: a, prompt: p}]", "longtake.storyboard/1"),
      ("version: 2\nmodel: m\nshots: [{id: a, prompt: p}]", "reads version 1"),
      ("version: '1'\nmodel: m\nshots: [{id: a, prompt: p}]", "reads version 1"),
      ("model: m\nshots: [{id: a, prompt: p}, {id: A, prompt: p}]", "already used"),
      ("model: m\nshots: [{id: a, duration: 4, multi_prompt: [{prompt: p, duration: 3}]}]", "add up to 3 s"),
      ("model: m\nshots: [{id: a, multi_prompt: [{prompt: p}]}]", "'duration' is missing"),
      ("model: m\ndefaults: {start: none}\nshots: [{id: a, prompt: p}]", "unknown key 'start'"),
      ("model: m\nelements: [{name: Image1, frontal: a.png}]\nshots: [{id: a, prompt: p}]", "reserved for"),
      ("model: m\nelements: [{name: a b, frontal: a.png}]\nshots: [{id: a, prompt: p}]", "cannot be used as @name"),
      ("model: m\nelements: [{name: x}]\nshots: [{id: a, prompt: p}]", "'frontal' is missing"),
    ])
  func wrongWhole(text: String, expected: String) {
    let problems = read(text).problems
    #expect(problems.contains { $0.message.contains(expected) }, "\(problems)")
  }

  @Test func takesTheVersionOfTheForm() {
    #expect(read("version: 1\nmodel: m\nshots: [{id: a, prompt: p}]").problems.isEmpty)
  }

  @Test("a mistake in the defaults is reported once")
  func defaultsOnce() {
    let document = read("model: m\ndefaults:\n  duration: long\nshots: [{id: a, prompt: p}, {id: b, prompt: p}]\n")
    #expect(document.problems.map(\.path) == ["defaults.duration"])
    #expect(document.problems.first?.line == 3)
  }

  @Test("a missing file and a folder are errors")
  func noFile() throws {
    let error = try #require(throws: StoryboardError.self) { try StoryboardDocument(path: "/no/such.yaml") }
    #expect(error.code == .notFound)
    let folder = try ScratchFolder()
    let other = try #require(throws: StoryboardError.self) { try StoryboardDocument(path: folder.path) }
    #expect(other.code == .unreadable)
  }
}
