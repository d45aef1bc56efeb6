public import Presets

/// What an engine asks of one stage, `longtake.stage-job/1`: it names the run, everything else is in the store.
public struct StageJob: Sendable, Hashable, Decodable {
  public static let schema = "longtake.stage-job/1"

  public enum Stage: String, Sendable, Hashable, Codable, CaseIterable {
    /// Validates; shots, chains, cost.
    case plan
    /// Records an intent, sends the request, records the id.
    case submit
    /// One look at a generation.
    case poll
    /// Download, probe, verify, anchor.
    case collect
    case stitch
    case review
    /// One delivery version of the master.
    case deliver
  }

  /// `file:///folder` or `s3://bucket/prefix`.
  public let store: String
  public let run: String
  /// Of `submit`, `poll` and `collect`.
  public let shot: String?
  /// How many times people have ordered each shot anew: takes of earlier rounds no longer count.
  public let redo: [String: Int]
  /// The take that people picked, by shot.
  public let picks: [String: Int]
  /// Shots whose lost requests people no longer wait for, although they may have been paid.
  public let acceptsDoublePayment: [String]
  /// What `plan` returned and a person has agreed to.
  public let consent: String?
  /// For the whole project.
  public let maximumCost: USD?
  /// Of `deliver`.
  public let preset: String?

  private enum CodingKeys: String, CodingKey, CaseIterable {
    case schema, store, run, shot, redo, picks, consent, preset
    case acceptsDoublePayment = "accept_double_payment"
    case maximumCost = "max_cost_usd"
  }

  /// Any field of a JSON object.
  private struct Field: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  /// A job without options.
  public init(store: String, run: String) {
    self.store = store
    self.run = run
    (shot, consent, maximumCost, preset) = (nil, nil, nil, nil)
    (redo, picks, acceptsDoublePayment) = ([:], [:], [])
  }

  public init(from decoder: any Decoder) throws {
    let known = Set(CodingKeys.allCases.map(\.rawValue))
    let all = try decoder.container(keyedBy: Field.self).allKeys.map(\.stringValue)
    if let unknown = all.sorted().first(where: { !known.contains($0) }) {
      throw PipelineError(
        .invalidPlan, "the job has an unknown field '\(unknown)'; known are \(known.sorted().joined(separator: ", ")).")
    }
    let fields = try decoder.container(keyedBy: CodingKeys.self)
    let schema = try fields.decodeIfPresent(String.self, forKey: .schema)
    guard schema == Self.schema else {
      throw PipelineError(.invalidPlan, "'schema' of the job must be \(Self.schema), not \(schema ?? "missing").")
    }
    store = try fields.decode(String.self, forKey: .store)
    run = try fields.decode(String.self, forKey: .run)
    shot = try fields.decodeIfPresent(String.self, forKey: .shot)
    redo = try fields.decodeIfPresent([String: Int].self, forKey: .redo) ?? [:]
    picks = try fields.decodeIfPresent([String: Int].self, forKey: .picks) ?? [:]
    acceptsDoublePayment = try fields.decodeIfPresent([String].self, forKey: .acceptsDoublePayment) ?? []
    consent = try fields.decodeIfPresent(String.self, forKey: .consent)
    preset = try fields.decodeIfPresent(String.self, forKey: .preset)
    maximumCost = try fields.decodeIfPresent(String.self, forKey: .maximumCost).map { text in
      guard let cost = USD(parsing: text) else {
        throw PipelineError(
          .invalidPlan, "'max_cost_usd' of the job must be an amount such as \"12.50\", not '\(text)'.")
      }
      return cost
    }
    try StoredRun.requireName(run)
    try Self.require(redo, atLeast: 0, "redo")
    try Self.require(picks, atLeast: 1, "picks")
  }

  private static func require(_ numbers: [String: Int], atLeast least: Int, _ field: String) throws {
    guard let wrong = numbers.sorted(by: { $0.key < $1.key }).first(where: { $0.value < least }) else { return }
    throw PipelineError(
      .invalidPlan, "'\(field).\(wrong.key)' of the job must be \(least) or more, not \(wrong.value).")
  }
}
