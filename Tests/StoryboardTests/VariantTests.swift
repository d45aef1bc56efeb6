import Foundation
import Presets
import Storyboard
import Support
import Testing
import Timing

/// Variables, included files, and parameters that go to the model as they are.
@Suite struct VariantTests {
  private func read(_ text: String, _ variables: [String: String] = [:], in folder: String = "/boards")
    -> StoryboardDocument
  {
    StoryboardDocument(Data(text.utf8), directory: folder, variables: variables)
  }

  private let signs = """
    model: m
    title: Signs ${lang}
    variables: {lang: en, sign: HARBOUR, seconds: 3, audio: true, year: "2026"}
    defaults: {duration: "${seconds}", generate_audio: "${audio}"}
    shots:
      - {id: "quay-${lang}", prompt: "A sign reads ${sign} ${year}, $5 and $${lang}."}
      - {id: boat, prompt: A boat.}
    """

  @Test func variablesStandForTheirDefaults() throws {
    let board = try read(signs).storyboard()
    #expect(board.title == "Signs en" && board.shots[0].id == "quay-en")
    #expect(board.shots[0].prompt.texts == ["A sign reads HARBOUR 2026, $5 and ${lang}."])
    #expect(
      board.shots.map(\.duration) == [Rational(3), Rational(3)] && board.shots.map(\.generateAudio) == [true, true])
  }

  @Test func givenValuesOverrideTheDefaultsAndKeepTheirType() throws {
    let board = try read(signs, ["lang": "de", "sign": "100", "seconds": "5", "audio": "false", "year": "${lang}"])
      .storyboard()
    #expect(board.title == "Signs de" && board.shots[0].id == "quay-de")
    #expect(
      board.shots[0].prompt.texts == ["A sign reads 100 ${lang}, $5 and ${lang}."], "values are not searched again")
    #expect(
      board.shots.map(\.duration) == [Rational(5), Rational(5)] && board.shots.map(\.generateAudio) == [false, false])
  }

  @Test(arguments: [
    (
      "variables: {lang: en}\nshots: [{id: a, prompt: \"${lnag}\"}]", [:], "line 3, shots[0].prompt",
      "Did you mean 'lang'?"
    ),
    ("variables: {lang: en}\nshots: [{id: a, prompt: \"${lang\"}]", [:], "line 3, shots[0].prompt", "write $${ for ${"),
    ("variables: {lang: en}\nshots: [{id: a, prompt: p}]", ["lnag": "de"], "variables", "Did you mean 'lang'?"),
    ("shots: [{id: a, prompt: p}]", ["lang": "de"], "variables", "the storyboard has no 'variables'"),
    ("variables: [en]\nshots: [{id: a, prompt: p}]", [:], "line 2, variables", "must be a mapping"),
    ("variables: {1x: en}\nshots: [{id: a, prompt: p}]", [:], "line 2, variables.1x", "cannot be used as ${name}"),
    ("variables: {a: [en]}\nshots: [{id: a, prompt: p}]", [:], "line 2, variables.a", "must be text, a number"),
    (
      "variables: {s: 3}\nshots: [{id: a, prompt: p, duration: \"${s}\"}]", ["s": "long"], "line 3, shots[0].duration",
      "not 'long'"
    ),
  ])
  func mistakesHaveTheirPlace(text: String, given: [String: String], place: String, message: String) {
    let problems = read("model: m\n" + text, given).problems
    #expect(
      problems.count == 1
        && problems.allSatisfy { $0.description.hasPrefix(place + ":") && $0.message.contains(message) }, "\(problems)")
  }

  @Test func aStoryboardWithoutVariablesIsLeftAsItIs() throws {
    let document = read("model: m\nshots: [{id: a, prompt: \"costs ${price}\"}]")
    #expect(try document.storyboard().shots[0].prompt.texts == ["costs ${price}"])
    #expect(document.resolved == nil)
    #expect(read(signs).resolved != nil && read(signs).resolved != read(signs, ["lang": "de"]).resolved)
  }

  @Test func includedFilesGiveWhatTheStoryboardLeavesOut() throws {
    let folder = try ScratchFolder()
    _ = try folder.write(
      "base.yaml", "model: base\ndefaults: {duration: 5, aspect_ratio: '16:9'}\nshots: [{id: x, prompt: x}]\n")
    _ = try folder.write("de.yaml", "variables: {sign: HAFEN}\ndefaults: {negative_prompt: '${sign}', duration: 7}\n")
    let text = """
      include: [base.yaml, "${lang}.yaml"]
      variables: {lang: en}
      model: mine
      defaults: {takes: 2}
      shots: [{id: a, prompt: "Sign ${sign}"}]
      """
    let document = read(text, ["lang": "de"], in: folder.url.path)
    let board = try document.storyboard()
    #expect(board.model == "mine" && board.shots.map(\.id) == ["a"] && board.shots[0].prompt.texts == ["Sign HAFEN"])
    let shot = board.shots[0]
    #expect(
      shot.takes == 2 && shot.duration == Rational(7) && shot.aspectRatio == "16:9" && shot.negativePrompt == "HAFEN")
  }

  @Test func problemsOfIncludedFilesAreAtTheLineThatIncludesThem() throws {
    let folder = try ScratchFolder()
    _ = try folder.write("odd.yaml", "\n\n\ndefaults: {duration: -1}\ntypo: 1\n")
    _ = try folder.write("broken.yaml", "a: [1\n")
    _ = try folder.write("deep.yaml", "include: odd.yaml\n")
    _ = try folder.write("list.yaml", "- 1\n")
    let text = """
      model: m
      include:
        - odd.yaml
        - missing.yaml
        - broken.yaml
        - deep.yaml
        - list.yaml
        - 7
      shots: [{id: a, prompt: p}]
      """
    let problems = read(text, in: folder.url.path).problems.map(\.description)
    for part in [
      "line 3, defaults.duration: 'duration' must be above 0", "line 3, typo: unknown key",
      "line 4, include[1]: there is no file 'missing.yaml'",
      "line 5, include[2]: in 'broken.yaml', line 2", "line 6, include[3]: 'deep.yaml' includes files itself",
      "line 7, include[4]: 'list.yaml' must be a mapping", "line 8, include[5]: this must be the path of a file",
    ] {
      #expect(problems.contains { $0.hasPrefix(part) }, "\(part): \(problems)")
    }
    #expect(problems.count == 7, "\(problems)")
  }

  @Test func parametersOfTheModelAreMergedAndChangeTheShot() throws {
    let text = """
      model: kling-video-o3-4k-reference-to-video
      defaults: {parameters: {cfg_scale: 0.5, camera: {type: pan, axes: [1, 2]}}}
      shots:
        - {id: a, prompt: p, seed: 7, parameters: {cfg_scale: 0.8}}
        - {id: b, prompt: p}
      """
    let board = try read(text).storyboard()
    let camera: JSONValue = ["type": "pan", "axes": [1, 2]]
    let expected: [[String: JSONValue]] = [
      ["cfg_scale": 0.8, "camera": camera, "seed": 7], ["cfg_scale": 0.5, "camera": camera],
    ]
    #expect(board.shots.map(\.parameters) == expected)
    let model = try PresetLibrary(environment: [:]).model(named: board.model)
    let contents = board.shots.map { board.canonicalContent(of: $0, model: model) { $0.written } }
    #expect(contents[0] != contents[1])
  }

  @Test(arguments: [
    ("seed: 1, parameters: {seed: 2}", "shots[0].seed", "is also in 'parameters'"),
    ("seed: -1", "shots[0].seed", "of at least 0"),
    ("parameters: {prompt: x}", "shots[0].parameters.prompt", "set that instead"),
    ("parameters: {start_image_url: x}", "shots[0].parameters.start_image_url", "the field 'start'"),
    ("parameters: {target_namespace: x}", "shots[0].parameters.target_namespace", "set by longtake"),
    ("parameters: {cfg_scale: }", "shots[0].parameters.cfg_scale", "has no value"),
    ("parameters: 3", "shots[0].parameters", "must be a mapping"),
  ])
  func parametersThatCannotBeSentAreProblems(fields: String, path: String, message: String) throws {
    let name = "kling-video-o3-4k-reference-to-video"
    let document = read("model: \(name)\nshots: [{id: a, prompt: p, \(fields)}]")
    let problems = document.problems(
      against: try PresetLibrary(environment: [:]).model(named: name), images: FakeImages(images: [:]))
    #expect(problems.map(\.path) == [path] && problems[0].message.contains(message), "\(problems)")
  }
}
