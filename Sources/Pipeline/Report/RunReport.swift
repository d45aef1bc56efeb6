import Files
import Foundation
import Generation
public import Ledger
import Libav
import Presets
import Storyboard
import Timing

/// `report.json`: what was asked, generated, verified, dropped and joined, with costs and digests.
struct RunReport: Encodable {
  static let schema = "longtake.report/1"

  struct Take: Encodable {
    let take: Int
    @Nullable var id: String?
    let state: String
    let isChosen: Bool
    @Nullable var submitted: Double?
    @Nullable var completed: Double?
    @Nullable var costUSD: Double?
    @Nullable var clip: File?
    @Nullable var error: String?
    @Nullable var verification: JSONValue?

    private enum CodingKeys: String, CodingKey {
      case take, id, state, submitted, completed, clip, error, verification
      case isChosen = "chosen"
      case costUSD = "cost_usd"
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
    @Nullable var detail: JSONValue?

    private enum CodingKeys: String, CodingKey {
      case file, detail
      case mediaType = "media_type"
    }
  }

  struct Shot: Encodable {
    let id: String
    @Nullable var dependsOn: String?
    @Nullable var seconds: Double?
    @Nullable var request: JSONValue?
    let takes: [Take]
    @Nullable var anchor: Anchor?
    @Nullable var error: String?
    @Nullable var blockedBy: String?

    private enum CodingKeys: String, CodingKey {
      case id, seconds, request, takes, anchor, error
      case dependsOn = "depends_on"
      case blockedBy = "blocked_by"
    }
  }

  let schema = Self.schema
  let version: String
  let libraries: [String: String]
  let written: String
  let storyboard: String
  let storyboardSHA256: String
  @Nullable var title: String?
  let provider: String
  let isSimulated: Bool
  let model: String
  let verifyPreset: String
  let shots: [Shot]
  let costUSD: Double
  let uncertainUSD: Double
  @Nullable var master: MasterRecord?
  @Nullable var deliverables: DeliveryRecord?

  private enum CodingKeys: String, CodingKey {
    case schema, version, libraries, written, storyboard, title, provider, model, shots, master, deliverables
    case storyboardSHA256 = "storyboard_sha256"
    case isSimulated = "simulated"
    case verifyPreset = "verify_preset"
    case costUSD = "cost_usd"
    case uncertainUSD = "uncertain_usd"
  }

  init(_ context: RunContext, outcomes: [ShotOutcome], master: MasterRecord?, deliverables: DeliveryRecord?) throws {
    version = context.options.version
    libraries = Dictionary(LibraryVersions.all.map { ($0.name, $0.version) }, uniquingKeysWith: { first, _ in first })
    written = Date().formatted(.iso8601)
    storyboard = context.plan.path
    storyboardSHA256 = context.plan.digest
    title = context.storyboard.title
    provider = context.plan.providers
    isSimulated = !context.plan.isPaid
    model = context.plan.models
    verifyPreset = context.masterSpec.id
    shots = try context.plan.shots.map { planned in
      try Self.shot(planned, outcome: outcomes.first { $0.id == planned.id }, ledger: context.ledger)
    }
    let spending = try context.ledger.spending()
    costUSD = spending.paid.dollars
    uncertainUSD = spending.uncertain.dollars
    self.master = master
    self.deliverables = deliverables
  }

  private static func shot(
    _ planned: ExecutionPlan.PlannedShot, outcome: ShotOutcome?, ledger: Ledger
  ) throws -> Shot {
    let entries = try ledger.generations(shot: planned.id)
    let chosen = outcome?.take?.number
    let anchor = try chosen.flatMap { try ledger.anchor(of: $0) }
    return Shot(
      id: planned.id, dependsOn: planned.dependsOn, seconds: planned.seconds?.doubleValue,
      request: outcome?.take.flatMap { value($0.parameters) } ?? planned.request?.body,
      takes: entries.map { take($0, isChosen: $0.number == chosen) },
      anchor: anchor.map { Anchor(file: File($0.file), mediaType: $0.mediaType, detail: value($0.detail)) },
      error: outcome?.error.map { "\($0)" }, blockedBy: outcome?.blockedBy)
  }

  private static func take(_ entry: GenerationEntry, isChosen: Bool) -> Take {
    Take(
      take: entry.take, id: entry.shownID, state: entry.state.rawValue, isChosen: isChosen,
      submitted: entry.submittedAt, completed: entry.completedAt, costUSD: entry.cost?.dollars,
      clip: entry.clip.map(File.init), error: entry.error, verification: value(entry.verdict))
  }

  private static func value(_ json: String?) -> JSONValue? {
    json.flatMap { try? JSONDecoder().decode(JSONValue.self, from: Data($0.utf8)) }
  }

  /// The master of the last run; nil when there is no report or it cannot be read.
  static func master(inReport path: String) -> MasterRecord? {
    struct Kept: Decodable { let master: MasterRecord? }
    return read(Kept.self, path)?.master
  }

  /// The delivery versions of the last run; nil when there are none or they cannot be read.
  static func deliverables(inReport path: String) -> DeliveryRecord? {
    struct Kept: Decodable { let deliverables: DeliveryRecord? }
    return read(Kept.self, path)?.deliverables
  }

  private static func read<Kept: Decodable>(_ type: Kept.Type, _ path: String) -> Kept? {
    FileManager.default.contents(atPath: path).flatMap { try? JSONDecoder().decode(type, from: $0) }
  }

  /// Writes the report in place of the last one.
  func write(to path: String) throws {
    try OutputFile.replace(path, with: JSONOutput.data(self, pretty: true))
  }
}

extension GenerationEntry {
  /// The service's id as the service itself shows it; nil where it gave none.
  public var shownID: String? { remoteID.map { ProviderKind.shownID($0, provider: provider) } }
}
