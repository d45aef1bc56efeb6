import Files
import Foundation
import Ledger
import Libav
import Presets
import Storyboard
import Timing

/// `report.json`: what was asked, generated, verified, dropped and joined, with costs and digests.
///
/// Every member is always there, at every depth; what is not known is `null`.
struct RunReport: Encodable {
  static let schema = "longtake.report/1"

  struct Take: Encodable {
    let take: Int
    let id: String?
    let state: String
    let isCounted: Bool
    let submitted: Double?
    let completed: Double?
    let costUSD: Double?
    let clip: File?
    let error: String?
    let verification: JSONValue?

    private enum CodingKeys: String, CodingKey {
      case take, id, state, submitted, completed, clip, error, verification
      case isCounted = "counts"
      case costUSD = "cost_usd"
    }

    func encode(to encoder: any Swift.Encoder) throws {
      var fields = encoder.container(keyedBy: CodingKeys.self)
      try fields.encode(take, forKey: .take)
      try fields.encode(id, forKey: .id)
      try fields.encode(state, forKey: .state)
      try fields.encode(isCounted, forKey: .isCounted)
      try fields.encode(submitted, forKey: .submitted)
      try fields.encode(completed, forKey: .completed)
      try fields.encode(costUSD, forKey: .costUSD)
      try fields.encode(clip, forKey: .clip)
      try fields.encode(error, forKey: .error)
      try fields.encode(verification, forKey: .verification)
    }
  }

  struct File: Encodable {
    let file: String
    let bytes: Int64
    let sha256: String

    init(_ clip: ClipEntry) {
      file = clip.path
      bytes = clip.bytes
      sha256 = clip.sha256
    }
  }

  struct Anchor: Encodable {
    let file: File
    let mediaType: String
    let detail: JSONValue?

    private enum CodingKeys: String, CodingKey {
      case file, detail
      case mediaType = "media_type"
    }

    func encode(to encoder: any Swift.Encoder) throws {
      var fields = encoder.container(keyedBy: CodingKeys.self)
      try fields.encode(file, forKey: .file)
      try fields.encode(mediaType, forKey: .mediaType)
      try fields.encode(detail, forKey: .detail)
    }
  }

  struct Shot: Encodable {
    let id: String
    let dependsOn: String?
    let seconds: Double?
    let request: JSONValue?
    let takes: [Take]
    let anchor: Anchor?
    let error: String?
    let blockedBy: String?

    private enum CodingKeys: String, CodingKey {
      case id, seconds, request, takes, anchor, error
      case dependsOn = "depends_on"
      case blockedBy = "blocked_by"
    }

    func encode(to encoder: any Swift.Encoder) throws {
      var fields = encoder.container(keyedBy: CodingKeys.self)
      try fields.encode(id, forKey: .id)
      try fields.encode(dependsOn, forKey: .dependsOn)
      try fields.encode(seconds, forKey: .seconds)
      try fields.encode(request, forKey: .request)
      try fields.encode(takes, forKey: .takes)
      try fields.encode(anchor, forKey: .anchor)
      try fields.encode(error, forKey: .error)
      try fields.encode(blockedBy, forKey: .blockedBy)
    }
  }

  let schema = Self.schema
  let version: String
  let libraries: [String: String]
  let written: String
  let storyboard: String
  let storyboardSHA256: String
  let title: String?
  let provider: String
  let isStandIn: Bool
  let model: String
  let verifyPreset: String
  let shots: [Shot]
  let spentUSD: Double
  let uncertainUSD: Double
  let master: MasterRecord?

  private enum CodingKeys: String, CodingKey {
    case schema, version, libraries, written, storyboard, title, provider, model, shots, master
    case storyboardSHA256 = "storyboard_sha256"
    case isStandIn = "stand_in"
    case verifyPreset = "verify_preset"
    case spentUSD = "spent_usd"
    case uncertainUSD = "uncertain_usd"
  }

  func encode(to encoder: any Swift.Encoder) throws {
    var fields = encoder.container(keyedBy: CodingKeys.self)
    try fields.encode(schema, forKey: .schema)
    try fields.encode(version, forKey: .version)
    try fields.encode(libraries, forKey: .libraries)
    try fields.encode(written, forKey: .written)
    try fields.encode(storyboard, forKey: .storyboard)
    try fields.encode(storyboardSHA256, forKey: .storyboardSHA256)
    try fields.encode(title, forKey: .title)
    try fields.encode(provider, forKey: .provider)
    try fields.encode(isStandIn, forKey: .isStandIn)
    try fields.encode(model, forKey: .model)
    try fields.encode(verifyPreset, forKey: .verifyPreset)
    try fields.encode(shots, forKey: .shots)
    try fields.encode(spentUSD, forKey: .spentUSD)
    try fields.encode(uncertainUSD, forKey: .uncertainUSD)
    try fields.encode(master, forKey: .master)
  }

  init(
    _ plan: ExecutionPlan, version: String, outcomes: [ShotOutcome], ledger: Ledger, master: MasterRecord?
  ) throws {
    self.version = version
    libraries = Dictionary(LibraryVersions.all.map { ($0.name, $0.version) }, uniquingKeysWith: { first, _ in first })
    written = Date().formatted(.iso8601)
    storyboard = plan.path
    storyboardSHA256 = plan.digest
    title = plan.storyboard?.title
    provider = plan.provider
    isStandIn = !plan.isPaid
    model = plan.model?.id ?? ""
    verifyPreset = plan.masterSpec?.id ?? ""
    shots = try plan.shots.map { planned in
      try Self.shot(planned, outcome: outcomes.first { $0.id == planned.id }, ledger: ledger)
    }
    let spending = try ledger.spent()
    spentUSD = USD(micro: spending.paid).dollars
    uncertainUSD = USD(micro: spending.uncertain).dollars
    self.master = master
  }

  private static func shot(
    _ planned: ExecutionPlan.PlannedShot, outcome: ShotOutcome?, ledger: Ledger
  ) throws -> Shot {
    let entries = try ledger.generations(shot: planned.id)
    let counted = outcome?.take?.number
    let anchor = try counted.flatMap { try ledger.anchor(of: $0) }
    return Shot(
      id: planned.id, dependsOn: planned.dependsOn, seconds: planned.seconds?.doubleValue,
      request: outcome?.take.flatMap { value($0.parameters) } ?? planned.request?.body,
      takes: entries.map { take($0, isCounted: $0.number == counted) },
      anchor: anchor.map { Anchor(file: File($0.file), mediaType: $0.mediaType, detail: value($0.detail)) },
      error: outcome?.error.map { "\($0)" }, blockedBy: outcome?.blockedBy)
  }

  private static func take(_ entry: GenerationEntry, isCounted: Bool) -> Take {
    Take(
      take: entry.take, id: entry.shownID, state: entry.state.rawValue, isCounted: isCounted,
      submitted: entry.submittedAt, completed: entry.completedAt,
      costUSD: entry.costMicroUSD.map { USD(micro: $0).dollars }, clip: entry.clip.map(File.init), error: entry.error,
      verification: value(entry.verdict))
  }

  private static func value(_ json: String?) -> JSONValue? {
    json.flatMap { try? JSONDecoder().decode(JSONValue.self, from: Data($0.utf8)) }
  }

  /// The master of the last run; nil when there is no report or it cannot be read.
  static func master(inReport path: String) -> MasterRecord? {
    struct Kept: Decodable { let master: MasterRecord? }
    return FileManager.default.contents(atPath: path).flatMap { try? JSONDecoder().decode(Kept.self, from: $0) }?.master
  }

  /// Writes the report in place of the last one.
  func write(to path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let file = try OutputFile(path, overwrite: true)
    try file.write(Array(try encoder.encode(self)))
    try file.commit()
  }
}
