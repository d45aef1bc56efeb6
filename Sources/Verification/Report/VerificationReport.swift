import Files
public import Foundation
public import Presets
public import Probing

/// The findings of a preset's rules on one file, and everything that was measured for them.
public struct VerificationReport: Sendable {
  public static let schema = "longtake.verify/1"

  public struct Measured: Sendable, Hashable, Codable {
    public let value: JSONValue
    public let unit: String
  }

  /// The path as it was given.
  public let file: String
  /// Id of the preset.
  public let preset: String
  public let verdict: Verdict
  /// Whether no more than keyframes were decoded.
  public let isFast: Bool
  /// One for each rule, in the order of the catalogue.
  public let findings: [Finding]
  /// By the id of the check.
  public let measurements: [String: Measured]
  /// Nil when the file does not open.
  public let probe: ProbeReport?

  init(
    file: String, preset: String, isFast: Bool, findings: [Finding], measurements: [String: Measured],
    probe: ProbeReport?
  ) {
    self.file = file
    self.preset = preset
    self.isFast = isFast
    self.findings = findings
    self.measurements = measurements
    self.probe = probe
    verdict = Verdict(findings)
  }

  /// The finding of a check; nil when no rule names it.
  public func finding(_ check: String) -> Finding? { findings.first { $0.check == check } }

  /// The findings that decide the verdict: the failed ones, or else those that warn.
  public var reasons: [Finding] {
    let failed = findings.filter { $0.status == .fail }
    return failed.isEmpty ? findings.filter { $0.status == .warn || $0.status == .inconclusive } : failed
  }

  /// The JSON text in UTF-8, keys sorted; on one line unless `pretty`.
  public func data(pretty: Bool = false) throws -> Data {
    try JSONOutput.data(self, pretty: pretty)
  }
}

extension VerificationReport: Encodable {
  private enum Key: String, CodingKey { case schema, file, preset, verdict, fast, findings, measurements }

  public func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: Key.self)
    try fields.encode(Self.schema, forKey: .schema)
    try fields.encode(file, forKey: .file)
    try fields.encode(preset, forKey: .preset)
    try fields.encode(verdict, forKey: .verdict)
    try fields.encode(isFast, forKey: .fast)
    try fields.encode(findings, forKey: .findings)
    try fields.encode(measurements, forKey: .measurements)
  }
}
