import Settings
import Storyboard
import Foundation
import Generation
import Support
import Testing

@Suite struct EffectiveConfigurationTests {
  private let folder: ScratchFolder
  private let environment: [String: String]

  init() throws {
    folder = try ScratchFolder()
    environment = ["HOME": folder.path("home"), "XDG_CONFIG_HOME": folder.path("xdg")]
  }

  private func configuration(
    user: String? = nil, project: String? = nil, profile: String? = nil, _ variables: [String: String] = [:]
  ) throws -> EffectiveConfiguration {
    if let user { try folder.write("xdg/longtake/config.yaml", user) }
    if let project { try folder.write("film/longtake.yaml", project) }
    return try EffectiveConfiguration(
      besides: folder.path("film/board.yaml"), profile: profile,
      environment: environment.merging(variables) { _, new in new })
  }

  private func problems(user: String? = nil, project: String? = nil) -> String {
    let error = #expect(throws: ConfigurationError.self) { try configuration(user: user, project: project) }
    return error.map { "\($0)" } ?? ""
  }

  @Test func isEmptyWithoutFiles() throws {
    let configuration = try configuration()
    #expect(configuration.files.isEmpty && configuration.values.isEmpty && configuration.keys.isEmpty)
    #expect(configuration.environment == environment)
  }

  @Test func readsAFileOfCommentsOnly() throws {
    #expect(try configuration(user: "# nothing yet\n").values.isEmpty)
  }

  @Test func strongerPlacesOverrideWeakerOnes() throws {
    let user = """
      jobs: 1
      max_cost: 2
      namespace: user
      repository: user
      provider: fal
      profiles:
        p: {max_cost: 3, namespace: profile, repository: profile, provider: oxen}
      """
    let configuration = try configuration(
      user: user, project: "namespace: project\nrepository: project\nprofiles: {p: {repository: projects-profile}}",
      profile: "p", ["LONGTAKE_PROVIDER": "sandbox"])
    #expect(configuration[.jobs] == "1")
    #expect(configuration[.maximumCost] == "3")
    #expect(configuration[.namespace] == "project")
    #expect(configuration[.repository] == "projects-profile")
    #expect(configuration[.provider] == "sandbox")
    #expect(configuration.values[.provider]?.origin == .environment("LONGTAKE_PROVIDER"))
    let path = folder.path("xdg/longtake/config.yaml")
    #expect(configuration.values[.maximumCost]?.origin == .file(path, line: 7, profile: "p"))
    #expect(configuration.environment["OXEN_NAMESPACE"] == "project")
    #expect(configuration.environment["LONGTAKE_PROVIDER"] == "sandbox")
  }

  @Test func theProfileComesFromTheOptionTheVariableOrTheNearestFile() throws {
    let user = "profile: a\nprofiles: {a: {jobs: 1}, b: {jobs: 2}, c: {jobs: 3}, d: {jobs: 4}}"
    #expect(try configuration(user: user)[.jobs] == "1")
    #expect(try configuration(project: "profile: b")[.jobs] == "2")
    #expect(try configuration(["LONGTAKE_PROFILE": "c"])[.jobs] == "3")
    #expect(try configuration(profile: "d", ["LONGTAKE_PROFILE": "c"])[.jobs] == "4")
    let error = #expect(throws: ConfigurationError.self) { try configuration(profile: "aa") }
    #expect(error?.message.contains("Did you mean 'a'?") == true, "\(error?.message ?? "")")
  }

  @Test func namesFileAndFieldOfEveryMistake() {
    let text = problems(
      user: """
        provder: oxen
        jobs: 0
        max_cost: much
        anchor_store: cloud
        presets: nowhere
        ca_file: nowhere.pem
        namespace: a/b
        https_proxy: "not a proxy"
        schema: longtake.config/9
        keys: {oxen: {fil: x}, fall: {file: x}, fal: {file: x, command: y}}
        profiles: {p: {colour: red}}
        """)
    #expect(text.contains(folder.path("xdg/longtake/config.yaml")))
    for part in [
      "line 1, provder: unknown key 'provder'. Did you mean 'provider'?", "line 2, jobs: 'jobs' must be",
      "line 3, max_cost:", "line 4, anchor_store:", "line 5, presets:", "line 6, ca_file:", "line 7, namespace:",
      "line 8, https_proxy:", "line 9, schema:", "keys.oxen.fil: unknown key", "keys.fall: unknown key",
      "keys.fal: name 'file' or 'command', not both", "line 11, profiles.p.colour: unknown key",
    ] { #expect(text.contains(part), "\(part) in \(text)") }
  }

  @Test func refusesAKeyInAFileWithoutRepeatingIt() {
    let text = problems(user: "keys: {oxen: sk-secret-123}")
    #expect(text.contains("keys.oxen: a key is never written here") && !text.contains("sk-secret-123"))
  }

  @Test(arguments: ["upload_command: rm x", "https_proxy: http://p:1", "ca_file: x", "keys: {oxen: {command: x}}"])
  func aProjectCannotRunCommandsOrReadAlong(_ line: String) {
    let text = problems(project: line)
    #expect(text.contains("longtake.yaml") && text.contains("only read from your own configuration"), "\(text)")
  }

  @Test func namesAVariableThatCannotBeUsed() {
    let error = #expect(throws: ConfigurationError.self) { try configuration(["LONGTAKE_JOBS": "many"]) }
    #expect(error?.message.hasPrefix("LONGTAKE_JOBS must be a whole number") == true)
  }

  @Test func pathsAreRelativeToTheFileOrTheHomeFolder() throws {
    try folder.write("xdg/longtake/studio/x", "")
    try folder.write("home/ca.pem", "")
    let found = try configuration(
      user: "presets: studio\nca_file: ~/ca.pem\nkeys: {oxen: {file: oxen.key}, fal: {command: pass show fal}}")
    #expect(found[.presets] == folder.path("xdg/longtake/studio"))
    #expect(found[.certificateFile] == folder.path("home/ca.pem"))
    #expect(found.keys[.oxen]?.source == .file(folder.path("xdg/longtake/oxen.key")))
    #expect(found.keys[.fal]?.source == .command("pass show fal"))
    #expect(try configuration(["OXEN_API_KEY": "k"]).keys[.oxen] == nil)
    #expect(found.environment["LONGTAKE_PRESETS"] == folder.path("xdg/longtake/studio"))
  }

  @Test func anEmptyVariableTakesAProxyAwayAndAPasswordIsNotShown() throws {
    let user = "https_proxy: http://ada:secret@proxy.example:3128"
    let found = try configuration(user: user)
    #expect(found.environment["https_proxy"] == "http://ada:secret@proxy.example:3128")
    #expect(found.shown(.httpsProxy) == "http://•••@proxy.example:3128")
    #expect(try configuration(["HTTPS_PROXY": ""])[.httpsProxy] == nil)
    #expect(try configuration(["OXEN_NAMESPACE": ""])[.namespace] == nil)
  }

  @Test func fallsBackToTheHomeFolder() throws {
    try folder.write("home/.config/longtake/config.yaml", "jobs: 7")
    let home = ["HOME": folder.path("home"), "XDG_CONFIG_HOME": "relative"]
    #expect(try EffectiveConfiguration(environment: home)[.jobs] == "7")
  }

  @Test func theSchemaTakesWhatTheReaderTakes() throws {
    let good = #"""
      {"schema": "longtake.config/1", "provider": "oxen", "jobs": 3, "max_cost": 2.5, "profile": "a",
       "profiles": {"a": {"no_proxy": "x"}}, "keys": {"oxen": {"file": "k"}, "fal": {"command": "c"}}}
      """#
    let schema = ProjectFiles.path("presets/schema/config.json")
    #expect(try SchemaValidator.problems(of: folder.write("good.json", good), schema: schema) == [])
    #expect(try configuration(user: good)[.jobs] == "3")
    for bad in [#"{"key": 1}"#, #"{"keys": {"oxen": "k"}}"#, #"{"jobs": 0}"#, #"{"profiles": {"a": {"b": 1}}}"#] {
      #expect(try !SchemaValidator.problems(of: folder.write("bad.json", bad), schema: schema).isEmpty, "\(bad)")
    }
  }
}

@Suite struct KeySourceTests {
  private let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  private func file(_ text: String, mode: Int) throws -> String {
    let path = try folder.write("key", text)
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    return path
  }

  private func message(_ source: KeySource) async -> String {
    do {
      return "read: \(try await source.read())"
    } catch {
      return (error as? GenerationError)?.code == .notAuthorised ? "\(error)" : "other: \(error)"
    }
  }

  @Test func readsAFileThatOnlyItsOwnerReads() async throws {
    let source = KeySource.file(try file("sk-1\n", mode: 0o600))
    #expect(try await source.read() == "sk-1")
    #expect(source.problem == nil)
  }

  @Test(arguments: [0o640, 0o604, 0o644]) func refusesAFileThatOthersRead(_ mode: Int) async throws {
    let source = KeySource.file(try file("sk-1", mode: mode))
    let text = await message(source)
    #expect(text.contains("chmod 600") && !text.contains("sk-1"))
    #expect(source.problem?.contains("chmod 600") == true)
  }

  @Test func namesWhatIsMissing() async throws {
    #expect(await message(.file(folder.path("none"))).contains("none cannot be read"))
    #expect(await message(.file(folder.path)).contains("is not a file"))
    #expect(await message(.file(try file(" \n", mode: 0o600))).contains("no key in the file"))
    #expect(await message(.command("true")).contains("no key in the output"))
  }

  @Test func runsACommandAndHidesWhatItPrinted() async throws {
    #expect(await message(.command("echo sk-2")) == "read: sk-2")
    let text = await message(.command("printf 'sk-%d' 3; printf 'cannot unlock sk-%d' 3 >&2; exit 4"))
    #expect(text.contains("status 4") && text.contains("cannot unlock") && !text.contains("sk-3"))
  }
}
