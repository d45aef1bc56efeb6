import Generation
import Presets
import Storyboard
import Timing

/// `plan --json` of the contract.
public struct PlanReport: Sendable, Encodable {
  public static let schema = "longtake.plan/1"

  public struct Shot: Sendable, Encodable {
    let id: String
    let dependsOn: String?
    let endsOn: String?
    let anchorSearch: Int?
    let request: JSONValue
    let seconds: Double?
    let costUSD: Double?

    private enum Key: String, CodingKey {
      case id, request, seconds
      case dependsOn = "depends_on"
      case endsOn = "ends_on"
      case anchorSearch = "anchor_search"
      case costUSD = "cost_usd"
    }

    public func encode(to encoder: any Encoder) throws {
      var fields = encoder.container(keyedBy: Key.self)
      try fields.encode(id, forKey: .id)
      try fields.encode(dependsOn, forKey: .dependsOn)
      try fields.encode(endsOn, forKey: .endsOn)
      try fields.encode(anchorSearch, forKey: .anchorSearch)
      try fields.encode(request, forKey: .request)
      try fields.encode(seconds, forKey: .seconds)
      try fields.encode(costUSD, forKey: .costUSD)
    }
  }

  private enum Key: String, CodingKey {
    case schema, storyboard, provider, model, shots, seconds, problems, conversions, live
    case costUSD = "cost_usd"
  }

  private let plan: ExecutionPlan

  public init(_ plan: ExecutionPlan) { self.plan = plan }

  public var shots: [Shot] {
    plan.shots.map { shot in
      Shot(
        id: shot.id, dependsOn: shot.dependsOn, endsOn: shot.endsOn, anchorSearch: shot.anchorSearch,
        request: shot.request?.body ?? .null, seconds: shot.seconds?.doubleValue, costUSD: shot.cost?.dollars)
    }
  }

  /// Every member is always there; what is not known is `null`. Seconds and dollars.
  public func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: Key.self)
    try fields.encode(Self.schema, forKey: .schema)
    try fields.encode(plan.path, forKey: .storyboard)
    try fields.encode(plan.provider, forKey: .provider)
    try fields.encode(plan.model?.id ?? plan.storyboard?.model, forKey: .model)
    try fields.encode(shots, forKey: .shots)
    try fields.encode(plan.seconds?.doubleValue, forKey: .seconds)
    try fields.encode(plan.cost?.dollars, forKey: .costUSD)
    try fields.encode(plan.problems, forKey: .problems)
    try fields.encode(plan.conversions, forKey: .conversions)
    try fields.encode(plan.live, forKey: .live)
  }
}

extension LiveFindings: Encodable {
  private enum Key: String, CodingKey { case reached, note, differences }

  public func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: Key.self)
    try fields.encode(isReached, forKey: .reached)
    try fields.encode(note, forKey: .note)
    try fields.encode(differences, forKey: .differences)
  }
}

extension GenerationRequest {
  /// What is sent: the parameters with the model, and the number of takes where it is not one.
  var body: JSONValue {
    var members = parameters
    members["model"] = .string(model)
    if takes > 1 { members["num_generations"] = .integer(Int64(takes)) }
    return .object(members)
  }
}

extension USD {
  /// For JSON.
  var dollars: Double { Double(micro) / 1_000_000 }
}
