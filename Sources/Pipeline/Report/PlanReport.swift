import Delivery
import Files
import Generation
import Presets
import Storyboard
import Timing

/// `plan --json` of the contract. Seconds and dollars.
public struct PlanReport: Sendable, Encodable {
  public static let schema = "longtake.plan/1"

  struct Shot: Sendable, Encodable {
    let id: String
    let provider: String
    let model: String
    @Nullable var dependsOn: String?
    @Nullable var endsOn: String?
    @Nullable var anchorSearch: Int?
    let request: JSONValue
    @Nullable var seconds: Double?
    @Nullable var costUSD: Double?

    private enum CodingKeys: String, CodingKey {
      case id, provider, model, request, seconds
      case dependsOn = "depends_on"
      case endsOn = "ends_on"
      case anchorSearch = "anchor_search"
      case costUSD = "cost_usd"
    }
  }

  struct Live: Sendable, Encodable {
    let reached: Bool
    @Nullable var note: String?
    let differences: [String]

    /// Of several models, the differences name theirs.
    init(_ findings: [LiveFindings]) {
      reached = findings.allSatisfy(\.isReached)
      let notes = findings.compactMap(\.note)
      note = notes.isEmpty ? nil : notes.joined(separator: "; ")
      differences = findings.flatMap { one in
        one.differences.map { findings.count > 1 ? "\(one.model) at \(one.provider): \($0)" : $0 }
      }
    }
  }

  let schema = Self.schema
  let storyboard: String
  let provider: String
  @Nullable var model: String?
  let shots: [Shot]
  @Nullable var seconds: Double?
  @Nullable var costUSD: Double?
  let problems: [Problem]
  let conversions: [Problem]
  /// Delivery presets.
  let deliver: [String]
  @Nullable var live: Live?

  private enum CodingKeys: String, CodingKey {
    case schema, storyboard, provider, model, shots, seconds, problems, conversions, deliver, live
    case costUSD = "cost_usd"
  }

  public init(_ plan: ExecutionPlan) {
    storyboard = plan.path
    provider = plan.provider
    model = plan.model?.id ?? plan.storyboard?.model
    shots = plan.shots.map { shot in
      Shot(
        id: shot.id, provider: shot.provider, model: shot.model, dependsOn: shot.dependsOn, endsOn: shot.endsOn,
        anchorSearch: shot.anchorSearch,
        request: shot.request?.body ?? .null, seconds: shot.seconds?.doubleValue, costUSD: shot.cost?.dollars)
    }
    seconds = plan.seconds?.doubleValue
    costUSD = plan.cost?.dollars
    problems = plan.problems
    conversions = plan.conversions
    deliver = plan.deliveries.map(\.recipe.id)
    live = plan.live.isEmpty ? nil : Live(plan.live)
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
