import Generation
import Ledger
public import Presets
import Storyboard

/// What is about to be paid.
public struct SpendingQuestion: Sendable, Hashable {
  public let provider: String
  public let model: String
  /// Ids of the shots that will be generated.
  public let shots: [String]
  /// Nil when the price of one is not published.
  public let cost: USD?
  /// What new takes for failed ones may add at most; nil when a price is not published.
  public let retries: USD?
  /// What this workspace has paid or may have paid already.
  public let spent: USD
}

/// Asks the user before money is spent.
struct SpendingConsent: Sendable {
  let context: RunContext

  /// - Throws: ``PipelineError`` `overBudget` or `needsConsent`, before anything is sent.
  func require() async throws {
    guard context.budget.isPaid else { return }
    let shots = try context.pendingShots.all()
    guard !shots.isEmpty else { return }
    let names = shots.map(\.id).joined(separator: ", ")
    let spending = try context.ledger.spending()
    let cost = context.budget.cost(of: shots)
    if let cost {
      try context.budget.require(cost, after: spending) { "generating \(names) costs about \(cost)" }
    }
    guard let consent = context.options.consent else {
      let price = cost.map { "about \($0)" } ?? "an amount that is not published"
      throw PipelineError(
        .needsConsent,
        "generating \(names) at \(context.host.provider.name) costs \(price); add --yes to agree. Nothing was sent.")
    }
    let question = SpendingQuestion(
      provider: context.host.provider.name, model: context.model.id, shots: shots.map(\.id), cost: cost,
      retries: context.budget.cost(ofRetries: context.options.retries, of: shots), spent: spending.total)
    guard await consent(question) else {
      try Task.checkCancellation()
      throw PipelineError(.needsConsent, "not agreed to, so nothing was sent.")
    }
  }
}
