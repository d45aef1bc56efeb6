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
        "anchor_search", "cost_usd", "depends_on", "ends_on", "id", "request", "seconds",
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
