import Files
public import Ledger

/// A take as the store keeps it, `ledger/<run>/<shot>.take<N>.json`: the object that decides who may pay for it.
public struct StoredTake: Sendable, Hashable, Codable {
  public static let schema = "longtake.stored-take/1"

  /// The stage that works on a request, and until when nobody else may.
  public struct Owner: Sendable, Hashable, Codable {
    /// Of one stage; an answer that was lost is recognised by it.
    public let token: String
    public let host: String
    public let process: Int
    /// Unix seconds.
    public let leaseUntil: Double

    private enum CodingKeys: String, CodingKey {
      case token, host, process
      case leaseUntil = "lease_until"
    }
  }

  public let schema: String
  public let run: String
  /// How many times people had ordered the shot anew when it was sent.
  public let round: Int
  public let owner: Owner
  public let record: TakeRecord

  /// Whether only its owner may touch it: its request may still be on its way.
  func isLeased(at now: Double) -> Bool {
    (record.request.state == "open" || record.request.isUnsettled) && now < owner.leaseUntil
      && record.request.lostAt == nil
  }
}

extension StoredTake {
  /// Why an object is no take that this version can use; nil when it is one.
  /// - Parameter key: where it was found.
  func problem(at key: String) -> String? {
    guard schema == Self.schema, record.schema == TakeRecord.schema else {
      return "its form is \(schema) of \(record.schema); use the version of longtake that wrote it"
    }
    guard StoreKey.take(run, record.id) == key else { return "it is of \(run)/\(record.id)" }
    guard let unknown = record.unknownWord else {
      let paths = [record.clip?.path].compactMap(\.self) + record.anchors.map(\.path)
      return paths.first { !StorePath.isInside($0) }.map { "it names a file \(quoted($0)) outside of the workspace" }
    }
    return "its state \(quoted(unknown)) is not known"
  }
}

/// Names of files that are made from what stands in a store.
enum StorePath {
  /// Whether a name stays inside the folder that it is relative to.
  static func isInside(_ name: String) -> Bool {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    return !name.contains("\0") && parts.allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." }
  }

  /// - Throws: ``PipelineError`` `invalidPlan`.
  static func require(_ names: [String], of object: String) throws {
    guard let outside = names.first(where: { !isInside($0) }) else { return }
    throw PipelineError(
      .invalidPlan, "\(object) names a file \(quoted(outside)) outside of its folder; it is not used.")
  }
}

/// The keys of a run's objects.
enum StoreKey {
  static func run(_ run: String) -> String { "runs/\(run)/run.json" }
  static func takes(_ run: String) -> String { "ledger/\(run)/" }
  static func take(_ run: String, _ id: String) -> String { "ledger/\(run)/\(id).json" }
  /// The last result of a stage; `name` is what it was made from.
  static func manifest(_ run: String, _ stage: String, _ name: String) -> String { "runs/\(run)/\(stage)/\(name).json" }
  static func budget(_ project: String) -> String { "budget/\(project).json" }
  /// By model and prompt, so that equal and similar requests of all runs are found.
  static func requests(_ digest: String) -> String { "requests/\(digest)/" }
  static func request(_ digest: String, _ run: String, _ id: String) -> String {
    "requests/\(digest)/\(run)/\(id).json"
  }
  /// Who a generation of a service belongs to.
  static func claim(_ provider: String, _ digest: String) -> String { "claims/\(provider)/\(digest).json" }
}
