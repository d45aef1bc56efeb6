import Foundation
import Generation
import Pipeline
import Presets
import Support
import Testing
import Timing

@Suite struct PlannerTests {
  private let library: PresetLibrary

  init() throws { library = try PresetLibrary(directory: ProjectFiles.path("presets"), environment: [:]) }

  private func plan(_ name: String, provider: String? = nil) throws -> ExecutionPlan {
    try Planner(library: library).plan(ProjectFiles.path("fixtures/storyboards/\(name).yaml"), provider: provider)
  }

  @Test func reportsEveryMistakeAtItsLine() throws {
    let plan = try plan("ten-mistakes")
    #expect(plan.problems.map(\.line) == [6, 9, 14, 15, 16, 17, 19, 20, 21, 27])
    #expect(throws: (any Error).self) { try plan.usable() }
  }

  @Test func plansEveryField() throws {
    let plan = try plan("three-shots", provider: "oxen")
    #expect(plan.problems.isEmpty)
    #expect(plan.shots.map(\.dependsOn) == [nil, "harbour", "boats"])
    #expect(plan.seconds == Rational(9))
    #expect(plan.cost == USD(parsing: "3.78"))
    #expect(plan.isPaid)
    let request = try #require(plan.shots[1].request)
    #expect(request.parameters["start_image_url"] == "anchor:harbour")
    #expect(request.parameters["duration"] == nil)
    #expect(request.parameters["multi_prompt"]?.arrayValue?.count == 2)
  }

  @Test func encodesThePlanAsTheContractSays() throws {
    let data = try JSONEncoder().encode(PlanReport(try plan("three-shots")))
    let json = try JSONDecoder().decode(JSONValue.self, from: data)
    #expect(
      json.objectValue?.keys.sorted() == [
        "conversions", "cost_usd", "deliver", "live", "model", "problems", "provider", "schema", "seconds", "shots",
        "storyboard",
      ])
    #expect(json["schema"] == "longtake.plan/1")
    let shot = try #require(json["shots"]?.arrayValue?.first)
    #expect(
      shot.objectValue?.keys.sorted() == [
        "anchor_search", "cost_usd", "depends_on", "ends_on", "id", "model", "provider", "request", "seconds",
      ])
    #expect(shot["depends_on"] == .null)
    #expect(shot["request"]?["model"] == "kling-video-o3-4k-reference-to-video")
    let problems = try JSONDecoder().decode(
      JSONValue.self, from: JSONEncoder().encode(PlanReport(try plan("ten-mistakes"))))["problems"]?.arrayValue
    #expect(problems?.count == 10)
    #expect(problems?.first?["line"] == 6)
  }

  @Test func choosesTheProvidersModel() throws {
    let plan = try plan("three-shots", provider: "fal")
    #expect(plan.problems.isEmpty)
    #expect(plan.model?.serves("fal") == true)
    #expect(plan.shots[0].request?.parameters["duration"] == "3")
  }

  /// A storyboard for Oxen with a shot `a`, up to the shots of a test.
  private static let opening = """
    model: kling-video-o3-4k-reference-to-video
    provider: oxen
    shots:
      - {id: a, prompt: x, duration: 3}

    """

  @Test func plansEachShotForItsOwnModelAndProvider() throws {
    let folder = try ScratchFolder()
    let text =
      Self.opening + """
          - {id: b, prompt: x, duration: 3, provider: fal}
          - {id: c, prompt: x, duration: 3, start: none, provider: sandbox, model: kling-video-o3-omni}
        """
    let board = try folder.write("board.yaml", text)
    let plan = try Planner(library: library).plan(board)
    #expect(plan.problems.isEmpty, "\(plan.problems)")
    #expect(plan.shots.map(\.provider) == ["oxen", "fal", "sandbox"])
    let models = plan.shots.map(\.model)
    #expect(models[0] == "kling-video-o3-4k-reference-to-video" && models[2] == "kling-video-o3-omni")
    #expect(models[1].hasPrefix("fal-ai/") && plan.shots[1].request?.model == models[1])
    #expect(plan.shots.map { $0.request?.parameters["duration"] } == [3, "3", 3])
    #expect(plan.shots.map(\.cost) == [USD(parsing: "1.26"), USD(parsing: "1.26"), .zero])
    #expect(plan.cost == USD(parsing: "2.52") && plan.isPaid && plan.providers == "oxen, fal, sandbox")
    // What the user gives is for every shot.
    let free = try Planner(library: library).plan(board, provider: "sandbox")
    #expect(free.shots.map(\.provider) == ["sandbox", "sandbox", "sandbox"] && free.cost == .zero && !free.isPaid)
  }

  @Test(arguments: [
    ("    model: no-such-model", "shots[1].model", "no model 'no-such-model'"),
    ("    provider: fal\n    model: google-veo-3-1", "shots[1].model", "not available at 'fal'"),
    ("    provider: nowhere", "shots[1].provider", "nowhere"),
    ("    verify: no-such-preset", "shots[1].verify", "no verify preset 'no-such-preset'"),
    ("    verify: web-1080p", "shots[1].verify", "could never pass"),
    ("    model: google-veo-3-1\n    duration: 5", "shots[1].duration", "google-veo-3-1"),
  ])
  func reportsWhatAShotsOwnModelOrPresetRefuses(_ fields: String, path: String, message: String) throws {
    let folder = try ScratchFolder()
    let text =
      Self.opening + """
          - id: b
            prompt: x
            start: none
        \(fields)
        """
    let plan = try Planner(library: library).plan(try folder.write("board.yaml", text))
    #expect(plan.problems.contains { $0.path == path && $0.message.contains(message) }, "\(plan.problems)")
  }

  @Test func refusesARetimingThatIsTooFar() throws {
    let folder = try ScratchFolder()
    let model = try String(
      contentsOf: URL(filePath: ProjectFiles.path("presets/models/kling-video-o3-omni.json")), encoding: .utf8
    )
    .replacing("\"id\": \"kling-video-o3-omni\"", with: "\"id\": \"rated\"")
    .replacing("\"default_aspect_ratio\"", with: "\"frame_rate\": \"24/1\", \"default_aspect_ratio\"")
    try folder.write("models/rated.json", model)
    func problems(_ rate: String) throws -> [String] {
      let text = "model: rated\nshots: [{id: a, prompt: x}]\nmaster: {join: {retime: \(rate)}}\n"
      let library = try PresetLibrary(directory: folder.path, environment: [:])
      return try Planner(library: library).plan(try folder.write("board.yaml", text)).problems.map(\.path)
    }
    #expect(try problems("24000/1001") == [] && problems("25") == [])
    #expect(try problems("30").contains("master.join.retime"))
  }

  @Test(arguments: [
    ("model: no-such-model\nshots:\n  - id: a\n    prompt: x\n", "model", 1),
    (
      "model: kling-video-o3-omni\nshots:\n  - id: a\n    prompt: x\nmaster:\n  verify: no-such-preset\n",
      "master.verify", 6
    ),
  ])
  func reportsAMissingModelOrPreset(_ text: String, path: String, line: Int) throws {
    let folder = try ScratchFolder()
    let plan = try Planner(library: library).plan(try folder.write("board.yaml", text))
    #expect(plan.problems.map(\.path) == [path])
    #expect(plan.problems.map(\.line) == [line])
  }

  @Test func inspectsImagesByContent() throws {
    let folder = try ScratchFolder()
    _ = try folder.make("small.png", "-f", "lavfi", "-i", "color=size=200x200", "-frames:v", "1")
    try folder.write("liar.png", "no frame")
    let text = """
      model: kling-video-o3-4k-reference-to-video
      shots:
        - id: a
          start: small.png
          prompt: x
        - id: b
          start: liar.png
          prompt: x
      """
    let plan = try Planner(library: library).plan(try folder.write("board.yaml", text))
    #expect(plan.problems.map(\.line) == [4, 7])
    #expect(plan.problems.first?.message.contains("200x200") == true)
  }

  @Test func placesTheWorkspaceBesideTheStoryboard() {
    #expect(Workspace(besideStoryboard: "/films/harbour.v2.yaml").directory == "/films/harbour.v2.longtake")
    #expect(Workspace(directory: "/films/x/").path("clips") == "/films/x/clips")
  }
}
