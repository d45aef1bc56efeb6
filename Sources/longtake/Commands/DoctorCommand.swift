import ArgumentParser
import Settings
import Files
import Foundation
import Generation
import Libav
import Pipeline
import Presets
import Store
import Storyboard

struct DoctorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor", abstract: "Check the installation: libraries, codecs, keys, presets, disk space.",
    discussion: """
      Exits with 1 when a check fails. Reports whether keys are set, never their values. --online asks each service that \
      has a key, and the provider of the configuration, whether it can be reached and accepts the key, compares the \
      clocks and looks at the anchor store; it generates, uploads and pays nothing. --store tries whether a store that many \
      machines share refuses writes whose condition does not hold, without which a shot could be paid twice; it writes and \
      deletes small objects of its own.

      Environment for --online: OXEN_API_KEY, OXEN_NAMESPACE, OXEN_REPOSITORY and OXEN_BASE_URL; FAL_KEY and \
      FAL_API_HOST; HTTPS_PROXY, NO_PROXY and LONGTAKE_CA_FILE. For --store: \(StoreOptions.variables).
      """)

  @Flag(help: "Also ask the services; needs a network.")
  var online = false

  @Option(
    help: ArgumentHelp(
      "Also try this store: file:///folder or s3://bucket/prefix.", valueName: "url"))
  var store: String?

  @Flag(help: "Print a JSON object.")
  var json = false

  @OptionGroup var presets: PresetOptions
  @OptionGroup var common: CommonOptions

  func run() async throws {
    common.apply()
    var configuration: EffectiveConfiguration?
    var problem: String?
    do {
      configuration = try presets.configuration()
    } catch let error as ConfigurationError {
      problem = "\(error)"
    }
    var report = DoctorReport(directory: presets.directory, configuration, problem: problem)
    if online, let configuration { report.online = try await Self.checks(configuration) }
    if let store {
      report.store = try await Self.checks(
        store, environment: configuration?.environment ?? ProcessInfo.processInfo.environment)
    }
    if json { try Answer.json(report) } else { Answer.lines(report.lines) }
    guard report.missing.isEmpty, !report.hasFailedOnline, !report.hasFailedStore else { throw ExitStatus.no }
  }

  private static func checks(_ configuration: EffectiveConfiguration) async throws -> [OnlineCheck] {
    let chosen = configuration[.provider].flatMap(ProviderKind.init) ?? .sandbox
    var checks: [OnlineCheck] = []
    for kind in ProviderKind.allCases where configuration.hasKey(of: kind) || (kind == chosen && kind.isPaid) {
      let options = configuration.providerOptions(baseURL: nil)
      let store = kind == chosen || !chosen.isPaid ? configuration[.anchorStore].flatMap(ImageStoreKind.init) : nil
      checks += try await options.onlineChecks(of: kind, store: store)
    }
    return checks
  }

  /// Whether a store can be used at all is a check, too.
  private static func checks(_ url: String, environment: [String: String]) async throws -> [StoreCheck] {
    do {
      let store = try ObjectStores.open(url, environment: environment)
      defer { store.close() }
      let checks = try await StoreSelfTest.run(store)
      return [StoreCheck("open", .ok, store.address)] + checks
    } catch let error as StoreError {
      return [StoreCheck("open", .failed, error.message)]
    }
  }
}

/// `doctor --json`.
struct DoctorReport: Encodable {
  private static let encoders = ["libx264", "libx265", "aac", "png", "mjpeg"]
  private static let filters = ["zscale"]
  private static let required = ["libx264", "aac", "png", "mjpeg", "zscale"]
  /// Bytes for clips and master of a few minutes of 4K.
  private static let comfortableSpace: Int64 = 10 << 30

  let schema = "longtake.doctor/1"
  let version = Longtake.version
  let libav: String
  let licence: String
  let libraries: [String: String]
  /// Encoders and filters by name.
  let codecs: [String: Bool]
  /// Whether the variable is set.
  let keys: [String: Bool]
  let presetDirectories: [String]
  let presetCounts: [String: Int]
  @Nullable var presetProblem: String?
  /// Bytes in the current folder's file system; nil when unknown.
  @Nullable var freeBytes: Int64?
  /// What is required and missing.
  let missing: [String]
  /// Configuration files that were read.
  let configurationFiles: [String]
  @Nullable var configurationProblem: String?
  /// Nil unless asked for.
  @Nullable var online: [OnlineCheck]?

  /// Nil unless asked for.
  @Nullable var store: [StoreCheck]?

  var hasFailedStore: Bool { store?.contains { $0.state == .failed } ?? false }
  var hasFailedOnline: Bool { online.map { $0.isEmpty || $0.contains { $0.state == .failed } } ?? false }

  private enum CodingKeys: String, CodingKey {
    case schema, version, libav, licence, libraries, codecs, keys, missing, online, store
    case presetDirectories = "preset_directories"
    case presetCounts = "presets"
    case presetProblem = "preset_problem"
    case freeBytes = "free_bytes"
    case configurationFiles = "configuration_files"
    case configurationProblem = "configuration_problem"
  }

  init(directory: String?, _ configuration: EffectiveConfiguration?, problem: String?) {
    libav = LibraryVersions.release
    licence = LibraryVersions.licence
    libraries = Dictionary(LibraryVersions.all.map { ($0.name, $0.version) }, uniquingKeysWith: { first, _ in first })
    let found = Dictionary(
      Self.encoders.map { ($0, LibraryVersions.hasEncoder($0)) }
        + Self.filters.map { ($0, LibraryVersions.hasFilter($0)) }, uniquingKeysWith: { first, _ in first })
    codecs = found
    keys = Dictionary(
      ProviderKind.allCases.compactMap { kind in
        kind.keyVariable.map { ($0, configuration?.hasKey(of: kind) ?? false) }
      }, uniquingKeysWith: { first, _ in first })
    var missing = Self.required.filter { found[$0] != true }
    configurationFiles = configuration?.files ?? []
    configurationProblem = problem
    if problem != nil { missing.append("configuration") }
    do {
      let library = try PresetLibrary(
        directory: directory, environment: configuration?.environment ?? ProcessInfo.processInfo.environment)
      presetDirectories = library.directories
      presetCounts = Dictionary(
        PresetKind.allCases.map { ($0.rawValue, library.names(of: $0).count) }, uniquingKeysWith: { first, _ in first })
      presetProblem = nil
    } catch {
      presetDirectories = []
      presetCounts = [:]
      presetProblem = "\(error)"
      missing.append("presets")
    }
    let space = try? FileManager.default.attributesOfFileSystem(forPath: FileManager.default.currentDirectoryPath)
    freeBytes = (space?[.systemFreeSize] as? NSNumber)?.int64Value
    self.missing = missing
    online = nil
    store = nil
  }

  /// For people.
  var lines: [String] {
    let versions = libraries.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    var lines = ["longtake \(version), FFmpeg \(libav) (\(licence))", Self.line("ok", versions)]
    for (name, isFound) in codecs.sorted(by: { $0.key < $1.key }) {
      let kind = Self.filters.contains(name) ? "filter" : "encoder"
      let state = isFound ? "ok" : Self.required.contains(name) ? "failed" : "warning"
      lines.append(Self.line(state, "\(kind) \(name)\(isFound ? "" : ": missing from this FFmpeg build")"))
    }
    let counts = presetCounts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
    let folders = presetDirectories.joined(separator: ", ")
    lines.append(
      presetProblem.map { Self.line("failed", "presets: \($0)") } ?? Self.line("ok", "presets: \(counts) in \(folders)")
    )
    if let configurationProblem {
      lines += configurationProblem.split(separator: "\n").map { Self.line("failed", String($0)) }
    } else {
      let files = configurationFiles.isEmpty ? "no file" : configurationFiles.joined(separator: ", ")
      lines.append(Self.line(configurationFiles.isEmpty ? "-" : "ok", "configuration: \(files)"))
    }
    for (name, isSet) in keys.sorted(by: { $0.key < $1.key }) {
      lines.append(Self.line(isSet ? "ok" : "-", "\(name) \(isSet ? "set" : "not set")"))
    }
    if let freeBytes {
      let isLow = freeBytes < Self.comfortableSpace
      lines.append(
        Self.line(isLow ? "warning" : "ok", "disk space: \(freeBytes >> 20) MiB free\(isLow ? ", low for 4K" : "")"))
    }
    for check in online ?? [] {
      lines.append(Self.line(check.state.rawValue, "\(check.service) \(check.name): \(check.message)"))
    }
    if online?.isEmpty == true {
      lines.append(Self.line("failed", "online: no service is set up; set OXEN_API_KEY or FAL_KEY"))
    }
    for check in store ?? [] { lines.append(Self.line(check.state.rawValue, "store \(check.name): \(check.message)")) }
    let failed = missing + (hasFailedOnline ? ["online"] : []) + (hasFailedStore ? ["store"] : [])
    lines.append(failed.isEmpty ? "all checks passed" : "failed: \(failed.joined(separator: ", "))")
    return lines
  }

  private static func line(_ state: String, _ text: String) -> String {
    "  " + state.padding(toLength: 9, withPad: " ", startingAt: 0) + text
  }
}
