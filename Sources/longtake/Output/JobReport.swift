import Files
import Ledger
import Pipeline
import Presets

/// `jobs --json`: one generation of the ledger.
struct JobReport: Encodable {
  let schema = "longtake.job/1"
  let shot: String
  let take: Int
  @Nullable var id: String?
  let provider: String
  let model: String
  let state: String
  let superseded: Bool
  @Nullable var submitted: Double?
  @Nullable var completed: Double?
  @Nullable var cost: Double?
  let payment: String
  @Nullable var file: String?
  @Nullable var error: String?

  private enum CodingKeys: String, CodingKey {
    case schema, shot, take, id, provider, model, state, superseded, submitted, completed, cost, payment, file, error
  }

  init(_ entry: GenerationEntry, in workspace: Workspace) {
    shot = entry.shot
    take = entry.take
    id = entry.shownID
    provider = entry.provider
    model = entry.model
    state = entry.state.rawValue
    superseded = entry.isSuperseded
    submitted = entry.submittedAt
    completed = entry.completedAt
    cost = (entry.payment == .none ? .zero : entry.cost).map { Double($0.micro) / 1_000_000 }
    payment = entry.payment.rawValue
    file = entry.clip.map { workspace.path($0.path) }
    error = entry.error
  }
}
