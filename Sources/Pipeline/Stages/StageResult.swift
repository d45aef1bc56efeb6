import Delivery
public import Files
import Generation
import Ledger
import Presets
import Store
import Storyboard
import Timing

/// What a stage has found or made.
public enum StageResult: Sendable, Encodable {
  case plan(StagePlan)
  case take(StageTake)
  case master(StageMaster)
  case review(StageReview)
  case delivery(StageDelivery)

  /// Why the answer is "no"; nil when it is not.
  public var error: String? {
    switch self {
    case .plan, .review: nil
    case .take(let take): take.error
    case .master(let master):
      master.verdict == "fail" ? "the master fails its preset: \(master.reasons.joined(separator: "; "))" : nil
    case .delivery(let delivery):
      delivery.files.allSatisfy(\.isDelivered)
        ? nil : "a version fails its preset: \(delivery.files.flatMap(\.reasons).joined(separator: "; "))"
    }
  }

  public func encode(to encoder: any Encoder) throws {
    switch self {
    case .plan(let value): try value.encode(to: encoder)
    case .take(let value): try value.encode(to: encoder)
    case .master(let value): try value.encode(to: encoder)
    case .review(let value): try value.encode(to: encoder)
    case .delivery(let value): try value.encode(to: encoder)
    }
  }
}

/// A file in the store.
public struct StageFile: Sendable, Hashable, Codable {
  /// Relative to the workspace.
  public let name: String
  public let sha256: String
  public let bytes: Int64
}

/// What a run will do, and what it costs.
public struct StagePlan: Sendable, Encodable {
  public struct Shot: Sendable, Encodable {
    let id: String
    let provider: String
    let model: String
    /// The shot that it is made after; null at the start of a chain.
    @Nullable var dependsOn: String?
    @Nullable var seconds: Double?
    /// Of all takes, dollars as decimal text; null when the price is not published.
    @Nullable var costUSD: String?
    let takes: Int

    private enum CodingKeys: String, CodingKey {
      case id, provider, model, seconds, takes
      case dependsOn = "depends_on"
      case costUSD = "cost_usd"
    }
  }

  @Nullable public private(set) var title: String?
  let provider: String
  public let paid: Bool
  @Nullable public private(set) var costUSD: String?
  @Nullable var seconds: Double?
  /// What a person agrees to.
  public let consent: String
  /// Shots that follow each other; chains do not depend on each other.
  let chains: [[String]]
  public let shots: [Shot]
  /// Delivery presets.
  let deliver: [String]

  private enum CodingKeys: String, CodingKey {
    case title, provider, paid, seconds, consent, chains, shots, deliver
    case costUSD = "cost_usd"
  }

  /// - Throws: ``StoryboardError`` `invalid` with every problem.
  public init(_ plan: ExecutionPlan) throws {
    let (storyboard, _, _) = try plan.usable()
    title = storyboard.title
    provider = plan.providers
    paid = plan.isPaid
    costUSD = plan.cost?.decimal
    seconds = plan.seconds?.doubleValue
    consent = plan.consentToken
    chains = Self.chains(of: storyboard)
    shots = plan.shots.map { shot in
      var planned = Shot(
        id: shot.id, provider: shot.provider, model: shot.model, takes: shot.request?.takes ?? 1)
      planned.dependsOn = shot.dependsOn ?? shot.endsOn
      planned.seconds = shot.seconds?.doubleValue
      planned.costUSD = shot.cost?.decimal
      return planned
    }
    deliver = plan.deliveries.map(\.recipe.id)
  }

  /// Shots that depend on each other, directly or through others, in an order in which each follows those that it needs.
  private static func chains(of storyboard: Storyboard) -> [[String]] {
    var chain: [String: Int] = [:]
    var groups: [[String]] = []
    for shot in storyboard.inDependencyOrder {
      let joined = Set(storyboard.dependencies(of: shot).compactMap { chain[$0.id] }).sorted()
      let target = joined.first ?? groups.count
      if joined.isEmpty { groups.append([]) }
      for other in joined.dropFirst() {
        groups[target] += groups[other]
        for id in groups[other] { chain[id] = target }
        groups[other] = []
      }
      groups[target].append(shot.id)
      chain[shot.id] = target
    }
    return groups.filter { !$0.isEmpty }
  }
}

/// How far a shot is.
public struct StageTake: Sendable, Encodable {
  let shot: String
  /// Null while nothing was sent.
  @Nullable var take: Int?
  @Nullable var state: String?
  @Nullable var remoteID: String?
  @Nullable var costUSD: String?
  @Nullable var clip: Blob?
  /// `pass`, `warn` or `fail`; null before the clip was verified.
  @Nullable var verdict: String?
  let reasons: [String]
  /// By kind: `last`, `first`.
  let anchors: [String: Blob]
  /// Whether a request may have been paid and was not found: it needs a person.
  let uncertain: Bool
  @Nullable private(set) var error: String?

  private enum CodingKeys: String, CodingKey {
    case shot, take, state, clip, verdict, reasons, anchors, uncertain
    case remoteID = "remote_id"
    case costUSD = "cost_usd"
  }

  init(
    _ shot: String, _ entry: GenerationEntry?, anchors: [String: Blob], isUncertain: Bool, error: String?
  ) {
    self.shot = shot
    uncertain = isUncertain
    _error = Nullable(wrappedValue: error)
    self.anchors = anchors
    reasons = ClipVerifier.reasons(inVerdict: entry?.verdict)
    _verdict = Nullable(wrappedValue: ClipVerifier.verdict(in: entry?.verdict))
    _take = Nullable(wrappedValue: entry?.take)
    _state = Nullable(wrappedValue: entry?.state.rawValue)
    _remoteID = Nullable(wrappedValue: entry?.remoteID)
    _costUSD = Nullable(wrappedValue: entry?.cost?.decimal)
    _clip = Nullable(wrappedValue: entry?.clip.map { Blob(sha256: $0.sha256, bytes: $0.bytes) })
  }
}

/// The master of a run.
public struct StageMaster: Sendable, Codable {
  /// With the masters of further languages, contact sheet and report.
  public let files: [StageFile]
  /// The first of them.
  public let master: StageFile
  public let frames: Int
  /// `pass`, `warn` or `fail`.
  public let verdict: String
  public let reasons: [String]
  /// Paid or possibly paid, dollars as decimal text.
  public private(set) var costUSD: String

  /// What was paid since for takes that do not count is part of it.
  func with(costUSD: String) -> StageMaster {
    var master = self
    master.costUSD = costUSD
    return master
  }

  private enum CodingKeys: String, CodingKey {
    case files, master, frames, verdict, reasons
    case costUSD = "cost_usd"
  }
}

/// The review page of a run.
public struct StageReview: Sendable, Codable {
  public let files: [StageFile]
  /// Name of the page among them.
  public let page: String
}

/// Delivery versions of one preset.
public struct StageDelivery: Sendable, Codable {
  public let preset: String
  public let files: [DeliveryRecord.File]
  /// With manifest and checksums.
  public let stored: [StageFile]
  /// `pass`, `warn` or `fail`.
  public let verdict: String
}
