import ArgumentParser
import Files
import Foundation
import Generation
import Libav
import Pipeline
import Presets
import Storyboard

struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor", abstract: "Check the installation: libraries, codecs, keys, presets, disk space.",
    discussion: "Exits with 1 when a check fails. Reports whether keys are set, never their values.")

  @Flag(help: "Print a JSON object.")
  var json = false

  @OptionGroup var presets: PresetOptions
  @OptionGroup var common: CommonOptions

  func run() throws {
    common.apply()
    let report = DoctorReport(directory: presets.directory)
    if json { try Answer.json(report) } else { Answer.lines(report.lines) }
    if !report.missing.isEmpty { throw ExitStatus.no }
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

  private enum CodingKeys: String, CodingKey {
    case schema, version, libav, licence, libraries, codecs, keys, missing
    case presetDirectories = "preset_directories"
    case presetCounts = "presets"
    case presetProblem = "preset_problem"
    case freeBytes = "free_bytes"
  }

  init(directory: String?) {
    libav = LibraryVersions.release
    licence = LibraryVersions.licence
    libraries = Dictionary(LibraryVersions.all.map { ($0.name, $0.version) }, uniquingKeysWith: { first, _ in first })
    let found = Dictionary(
      Self.encoders.map { ($0, LibraryVersions.hasEncoder($0)) }
        + Self.filters.map { ($0, LibraryVersions.hasFilter($0)) }, uniquingKeysWith: { first, _ in first })
    codecs = found
    let environment = ProcessInfo.processInfo.environment
    keys = Dictionary(
      ProviderKind.keyVariables.map { ($0, !(environment[$0] ?? "").isEmpty) }, uniquingKeysWith: { first, _ in first })
    var missing = Self.required.filter { found[$0] != true }
    do {
      let library = try PresetLibrary(directory: directory)
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
    for (name, isSet) in keys.sorted(by: { $0.key < $1.key }) {
      lines.append(Self.line(isSet ? "ok" : "-", "\(name) \(isSet ? "set" : "not set")"))
    }
    if let freeBytes {
      let isLow = freeBytes < Self.comfortableSpace
      lines.append(
        Self.line(isLow ? "warning" : "ok", "disk space: \(freeBytes >> 20) MiB free\(isLow ? ", low for 4K" : "")"))
    }
    lines.append(missing.isEmpty ? "all checks passed" : "failed: \(missing.joined(separator: ", "))")
    return lines
  }

  private static func line(_ state: String, _ text: String) -> String {
    "  " + state.padding(toLength: 9, withPad: " ", startingAt: 0) + text
  }
}
