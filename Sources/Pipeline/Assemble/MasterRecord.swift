public import Files
public import Presets
public import Stitching

/// A master, as `report.json` describes it.
public struct MasterRecord: Sendable, Codable {
  /// Relative to the workspace.
  public let file: String
  public let bytes: Int64
  /// SHA-256 of the file, lower-case hexadecimal.
  public let sha256: String
  /// SHA-256 of all inputs of the master: clips, options, rules.
  public let inputsDigest: String
  public let stitch: StitchReport
  /// The whole verdict, as `verify --json` writes it.
  public let verification: JSONValue
  /// `pass`, `warn` or `fail`.
  public let verdict: String
  /// The messages of the findings that decided the verdict.
  public let reasons: [String]
  /// Relative to the workspace.
  public let contactSheet: String
  /// What changed against the master that it replaced, where shots were redone between their neighbours; null otherwise.
  @Nullable public private(set) var patch: MasterPatch?

  /// Masters of further languages; null in a report of an earlier version.
  @Nullable public private(set) var languages: [LanguageMaster]?

  public var isGood: Bool { verdict != "fail" && (languages ?? []).allSatisfy { $0.verdict != "fail" } }

  /// The master of an earlier run whose file is still the one that was verified; nil without one.
  static func unaltered(in workspace: Workspace) throws -> MasterRecord? {
    guard let master = RunReport.master(inReport: workspace.reportPath),
      FileDigest.size(ofFile: workspace.masterPath) == master.bytes,
      try FileDigest.sha256(ofFile: workspace.masterPath) == master.sha256,
      try (master.languages ?? []).allSatisfy({ other in
        try FileDigest.size(ofFile: workspace.path(other.file)) == other.bytes
          && FileDigest.sha256(ofFile: workspace.path(other.file)) == other.sha256
      })
    else { return nil }
    return master
  }

  private enum CodingKeys: String, CodingKey {
    case file, bytes, sha256, stitch, verification, verdict, reasons, patch, languages
    case inputsDigest = "inputs_digest"
    case contactSheet = "contact_sheet"
  }
}

/// A master of another language, whose video packets are those of the first one.
public struct LanguageMaster: Sendable, Codable {
  /// ISO 639-2.
  public let language: String
  /// Relative to the workspace.
  public let file: String
  public let bytes: Int64
  /// SHA-256 of the file, lower-case hexadecimal.
  public let sha256: String
  /// `pass`, `warn` or `fail`.
  public let verdict: String
  /// The messages of the findings that decided the verdict.
  public let reasons: [String]
}
