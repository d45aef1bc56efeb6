import Delivery
public import Files
import Foundation
import Verification

/// The delivery versions of a master, as `report.json` describes them.
public struct DeliveryRecord: Sendable, Codable, Hashable {
  public struct File: Sendable, Codable, Hashable {
    /// Relative to the workspace; the name that it would have had where it was not delivered.
    public let file: String
    public let preset: String
    /// ISO 639-2; null when it is not known.
    @Nullable public private(set) var language: String?
    /// False where it fails its verify preset.
    public let isDelivered: Bool
    /// `pass`, `warn` or `fail`.
    public let verdict: String
    /// The messages of the findings that are no pass.
    public let reasons: [String]
    public let bytes: Int64
    /// Lower-case hexadecimal.
    public let sha256: String

    private enum CodingKeys: String, CodingKey {
      case file, preset, language, verdict, reasons, bytes, sha256
      case isDelivered = "delivered"
    }

    init(_ file: Deliverable) {
      self.file = "\(Workspace.deliverablesName)/\(URL(filePath: file.file).lastPathComponent)"
      preset = file.preset
      _language = Nullable(wrappedValue: file.language)
      isDelivered = file.isDelivered
      verdict = file.verdict.rawValue
      reasons = file.problems.map(\.message)
      bytes = file.bytes
      sha256 = file.sha256
    }
  }

  /// SHA-256 of all that the files depend on: masters, settings, presets.
  public let inputsDigest: String
  public let files: [File]

  private enum CodingKeys: String, CodingKey {
    case files
    case inputsDigest = "inputs_digest"
  }

  public var isGood: Bool { files.allSatisfy(\.isDelivered) }

  /// Those of an earlier run whose files are still the ones that were verified; nil without such.
  static func unaltered(in workspace: Workspace) throws -> DeliveryRecord? {
    guard let record = RunReport.deliverables(inReport: workspace.reportPath),
      try record.files.filter(\.isDelivered).allSatisfy({ file in
        let path = workspace.path(file.file)
        return try FileDigest.size(ofFile: path) == file.bytes && FileDigest.sha256(ofFile: path) == file.sha256
      })
    else { return nil }
    return record
  }
}
