import Foundation
import Support
import Testing

/// The configuration as commands use and show it.
@Suite struct ConfigurationCommandTests {
  private let fixture: SmallStoryboard
  private var folder: ScratchFolder { fixture.folder }

  init() throws { fixture = try SmallStoryboard(shots: "  - id: one\n    prompt: A quay.", seconds: 1) }

  private func run(_ arguments: String..., environment: [String: String] = [:]) async throws -> LongtakeProgram.Result {
    var variables = ["XDG_CONFIG_HOME": folder.path("xdg")]
    variables.merge(environment) { _, new in new }
    return try await LongtakeProgram.run(arguments, environment: variables, in: folder.url)
  }

  private func configure(_ text: String) throws { try folder.write("xdg/longtake/config.yaml", text) }

  @Test func showsEveryValueAndWhereItComesFrom() async throws {
    try configure("max_cost: 20\nkeys: {fal: {command: exit 1}}\nprofiles: {quick: {jobs: 2}}")
    try folder.write("longtake.yaml", "profile: quick\nnamespace: studio\n")
    let result = try await run(
      "config", fixture.storyboard, environment: ["OXEN_API_KEY": "sk-secret", "LONGTAKE_ANCHOR_STORE": "data"])
    #expect(result.status == 0, "\(result.errors)")
    let lines = result.output.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
    let user = folder.path("xdg/longtake/config.yaml")
    for line in [
      "profile: quick", "provider sandbox from default", "namespace studio from \(folder.path("longtake.yaml")):2",
      "max_cost 20 from \(user):1", "jobs 2 from \(user):3, profile quick",
      "anchor_store data from LONGTAKE_ANCHOR_STORE", "key of oxen set from OXEN_API_KEY",
      "key of fal command exit 1 from \(user):2",
    ] { #expect(lines.contains(line), "\(line) in \(result.output)") }
    #expect(!(result.output + result.errors).contains("sk-secret"))
    let alone = try await run("config")
    #expect(!alone.output.contains("studio"))
  }

  @Test func everyCommandNamesFileAndFieldOfAMistake() async throws {
    try configure("jbos: 2")
    let commands = [
      ["config"], ["run", fixture.storyboard], ["plan", fixture.storyboard], ["models", "--offline"],
      ["verify", "x.mp4"],
    ]
    for command in commands {
      let result = try await LongtakeProgram.run(
        command, environment: ["XDG_CONFIG_HOME": folder.path("xdg")], in: folder.url)
      #expect(result.status == 65, "\(command): \(result.errors)")
      #expect(result.errors.contains("config.yaml") && result.errors.contains("Did you mean 'jobs'?"), "\(command)")
    }
    let doctor = try await run("doctor", "--json")
    #expect(doctor.status == 1 && doctor.output.contains("Did you mean 'jobs'?"))
  }

  @Test func aRunUsesProviderKeyPresetsAndLimitOfTheFiles() async throws {
    let hub = try await ScriptedHub.start(#"{"clip_file": "\#(try fixture.clip(seconds: 1))", "done_after": 0.05}"#)
    defer { hub.stop() }
    let key = try folder.write("xdg/longtake/oxen.key", ScriptedHub.key + "\n")
    try configure(
      "provider: oxen\npresets: \(fixture.presets)\nkeys: {oxen: {file: oxen.key}}\nmax_cost: 0.10\n"
        + "profiles: {large: {max_cost: 5}}")
    let environment = ["OXEN_BASE_URL": hub.baseURL, "LONGTAKE_POLL_SECONDS": "0.1", "OXEN_NAMESPACE": "team"]
    func generate(_ more: String...) async throws -> LongtakeProgram.Result {
      try await LongtakeProgram.run(
        ["generate", fixture.storyboard, "--yes", "--wait", "poll"] + more,
        environment: environment.merging(["XDG_CONFIG_HOME": folder.path("xdg")]) { _, new in new }, in: folder.url)
    }
    let open = try await generate()
    #expect(open.status == 77 && open.errors.contains("chmod 600"), "\(open.errors)")
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: key)
    let limited = try await generate()
    #expect(limited.status == 1 && limited.errors.contains("--max-cost $0.10"), "\(limited.errors)")
    let done = try await generate("--profile", "large")
    #expect(done.status == 0, "\(done.errors)")
    let paid = try hub.requests("POST", "/api/ai/queue")
    #expect(paid.map { $0.headers["authorization"] } == ["Bearer \(ScriptedHub.key)"])
    let log = try String(contentsOfFile: fixture.workspace + "/run.log", encoding: .utf8)
    #expect(!(log + done.output + done.errors).contains(ScriptedHub.key))
  }

  @Test func theStoryboardsProviderOverridesTheConfiguration() async throws {
    try configure("provider: fal\npresets: \(fixture.presets)")
    #expect(try await run("plan", fixture.storyboard).output.contains("fal, fal-ai/small/model"))
    try fixture.rewrite(shots: "  - id: one\n    prompt: A quay.", extra: "provider: sandbox")
    #expect(try await run("plan", fixture.storyboard).output.contains("sandbox, small-model"))
    #expect(try await run("plan", fixture.storyboard, "--provider", "fal").output.contains("fal, fal-ai/small/model"))
  }

  @Test func extendAsksForAProviderWhenAKeyIsSet() async throws {
    let clip = try fixture.clip(seconds: 1)
    let asked = try await run("extend", clip, "--prompt", "On.", environment: ["FAL_KEY": "k"])
    #expect(asked.status == 64 && asked.errors.contains("--provider fal"), "\(asked.errors)")
    #expect(!FileManager.default.fileExists(atPath: folder.path("clip-1-576-0.extend.longtake")))
  }

  // MARK: - doctor --online

  @Test func doctorTriesKeyClockAndStoreWithoutPaying() async throws {
    let hub = try await ScriptedHub.start()
    defer { hub.stop() }
    let environment = ["OXEN_BASE_URL": hub.baseURL, "OXEN_API_KEY": ScriptedHub.key, "OXEN_NAMESPACE": "team"]
    let good = try await run("doctor", "--online", environment: environment)
    #expect(good.status == 0, "\(good.output)\(good.errors)")
    for text in [
      "oxen reachable: ", "oxen clock: ", "oxen key: the service accepts", "team/longtake-anchors will be created",
    ] { #expect(good.output.contains(text), "\(text) in \(good.output)") }
    #expect(try hub.requests().allSatisfy { $0.method == "GET" })
    let wrong = try await run(
      "doctor", "--online", environment: environment.merging(["OXEN_API_KEY": "sk-wrong"]) { _, new in new })
    #expect(
      wrong.status == 1 && wrong.output.contains("refuses the key (HTTP 401)") && !wrong.output.contains("sk-wrong"))
    let homeless = try await run(
      "doctor", "--online", environment: environment.merging(["OXEN_NAMESPACE": ""]) { _, new in new })
    #expect(homeless.status == 1 && homeless.output.contains("no namespace"))
    let nothing = try await run("doctor", "--online")
    #expect(nothing.status == 1 && nothing.output.contains("no service is set up"))
  }

  @Test func doctorReportsAClockThatIsWrongAndAHubThatIsAway() async throws {
    let fault = #"{"path": "/api/ai/queue", "action": "status", "status": 200, "body": "{}", "date": "\#("DATE")"}"#
    let old = Date(timeIntervalSinceNow: -4000)
    let formatter = DateFormatter()
    formatter.locale = Locale(identifier: "en_US_POSIX")
    formatter.timeZone = TimeZone(identifier: "GMT")
    formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
    let hub = try await ScriptedHub.start(
      #"{"faults": [\#(fault.replacing("DATE", with: formatter.string(from: old)))]}"#)
    let environment = ["OXEN_BASE_URL": hub.baseURL, "OXEN_API_KEY": ScriptedHub.key, "OXEN_NAMESPACE": "team"]
    let late = try await run("doctor", "--online", environment: environment)
    hub.stop()
    #expect(late.status == 1 && late.output.contains("s fast: signed addresses"), "\(late.output)")
    let away = try await run("doctor", "--online", "--json", environment: environment)
    #expect(
      away.status == 1 && away.output.contains(#""name":"reachable","service":"oxen","state":"failed""#),
      "\(away.output)")
  }

  @Test func doctorReachesAServiceThroughTheConfiguredProxy() async throws {
    let hub = try await ScriptedHub.start()
    defer { hub.stop() }
    let proxy = try await ScriptedProxy.start(before: hub)
    defer { proxy.stop() }
    try configure(
      "https_proxy: http://127.0.0.1:\(proxy.port)\nca_file: \(proxy.authority)\nnamespace: team\n"
        + "keys: {oxen: {command: echo \(ScriptedHub.key)}}")
    let result = try await run("doctor", "--online", environment: ["OXEN_BASE_URL": ScriptedProxy.hubURL])
    #expect(result.status == 0 && result.output.contains("the service accepts the key"), "\(result.output)")
    #expect(try proxy.requests().map(\.target).contains("hub.test:443"))
  }

  @Test func doctorTriesFal() async throws {
    let fal = try await ScriptedFal.start()
    defer { fal.stop() }
    var environment = fal.environment
    environment["FAL_KEY"] = ScriptedFal.key
    let result = try await run("doctor", "--online", environment: environment)
    #expect(result.status == 0 && result.output.contains("fal key: the service accepts"), "\(result.output)")
    environment["FAL_KEY"] = "wrong"
    #expect(try await run("doctor", "--online", environment: environment).status == 1)
  }
}
