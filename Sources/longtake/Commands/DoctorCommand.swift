import ArgumentParser
import Foundation
import Libav
import Pipeline
import Presets

struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor", abstract: "Tell whether everything is there: libraries, codecs, keys, presets, disk space.",
    discussion: "Keys are said to be there or not; their values are never shown.")

  @Flag(help: "On stdout, as JSON.")
  var json = false

  @OptionGroup var presets: PresetOptions
  @OptionGroup var common: CommonOptions

  func run() throws {
    common.apply()
    let report = DoctorReport(directory: presets.directory)
    if json { try Output.json(report) }
    for line in report.lines { Terminal.note(line) }
    if !report.missing.isEmpty { throw ExitStatus.no }
  }
}

/// What `doctor` finds.
struct DoctorReport: Encodable {
  /// What the program cannot do without.
  private static let needed = ["libx264", "aac", "png", "mjpeg", "zscale"]
  /// Bytes that a film of some minutes needs in clips and master.
  private static let comfortableSpace: Int64 = 10 << 30
  private static let keyNames = ["OXEN_API_KEY", "FAL_KEY"]

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
  let presetProblem: String?
  /// Bytes in the current folder's file system; null when it cannot be told.
  let freeBytes: Int64?
  /// What the program cannot do without and is not there.
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
    let encoders = ["libx264", "libx265", "aac", "png", "mjpeg"].map { ($0, LibraryVersions.hasEncoder($0)) }
    let filters = ["zscale"].map { ($0, LibraryVersions.hasFilter($0)) }
    let found = Dictionary(encoders + filters, uniquingKeysWith: { first, _ in first })
    codecs = found
    let environment = ProcessInfo.processInfo.environment
    keys = Dictionary(
      Self.keyNames.map { ($0, !(environment[$0] ?? "").isEmpty) }, uniquingKeysWith: { first, _ in first })
    var absent = Self.needed.filter { found[$0] != true }
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
      absent.append("presets")
    }
    let space = try? FileManager.default.attributesOfFileSystem(forPath: FileManager.default.currentDirectoryPath)
    freeBytes = (space?[.systemFreeSize] as? NSNumber)?.int64Value
    missing = absent
  }

  /// Every member is always there; what is not known is `null`.
  func encode(to encoder: any Swift.Encoder) throws {
    var fields = encoder.container(keyedBy: CodingKeys.self)
    try fields.encode(schema, forKey: .schema)
    try fields.encode(version, forKey: .version)
    try fields.encode(libav, forKey: .libav)
    try fields.encode(licence, forKey: .licence)
    try fields.encode(libraries, forKey: .libraries)
    try fields.encode(codecs, forKey: .codecs)
    try fields.encode(keys, forKey: .keys)
    try fields.encode(presetDirectories, forKey: .presetDirectories)
    try fields.encode(presetCounts, forKey: .presetCounts)
    try fields.encode(presetProblem, forKey: .presetProblem)
    try fields.encode(freeBytes, forKey: .freeBytes)
    try fields.encode(missing, forKey: .missing)
  }

  var lines: [String] {
    var lines = ["longtake \(version), FFmpeg \(libav) (\(licence))"]
    lines.append("  " + libraries.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", "))
    for (name, isThere) in codecs.sorted(by: { $0.key < $1.key }) {
      lines.append("  \(name): \(isThere ? "there" : "MISSING")")
    }
    for (name, isThere) in keys.sorted(by: { $0.key < $1.key }) {
      lines.append("  \(name): \(isThere ? "set" : "not set")")
    }
    let counts = presetCounts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
    lines.append("  presets: \(presetProblem ?? counts)")
    for directory in presetDirectories { lines.append("    \(directory)") }
    if let freeBytes {
      let low = freeBytes < Self.comfortableSpace ? ": little for 4K video" : ""
      lines.append("  free disk space here: \(freeBytes >> 20) MiB\(low)")
    }
    lines.append(missing.isEmpty ? "Everything is there." : "Missing: \(missing.joined(separator: ", ")).")
    return lines
  }
}
