import Generation
import Ledger
public import Presets
import Storyboard

/// What is about to be paid.
public struct SpendingQuestion: Sendable, Hashable {
  /// The names of the shots' providers: `oxen`, or `oxen, fal`.
  public let provider: String
  /// The ids of the shots' models.
  public let model: String
  /// Ids of the shots that will be generated, without those already agreed to; empty when only retries may be paid for.
  public let shots: [String]
  /// Nil when the price of one is not published.
  public let cost: USD?
  /// What new takes for failed ones may add at most; nil when a price is not published.
  public let retries: USD?
  /// What this workspace has paid or may have paid already.
  public let spent: USD
}

/// Asks the user before money is spent, once for the same money.
struct SpendingConsent: Sendable {
  let context: RunContext

  /// - Throws: ``PipelineError`` `overBudget`, `needsConsent` or `declined`, before anything is sent.
  func require() async throws {
    guard context.plan.isPaid else { return }
    let pending = try context.pendingShots.read().paid(context.targets)
    guard !pending.isEmpty else { return }
    let spending = try context.ledger.spending()
    if let cost = context.budget.cost(of: pending.sent), !pending.sent.isEmpty {
      try context.budget.require(cost, after: spending) { "generating \(Self.names(pending.sent)) costs about \(cost)" }
    }
    let agreements = try context.ledger.agreements()
    let asked = pending.sent.filter { !isAgreed($0, agreements) }
    guard let consent = context.options.consent else {
      guard asked.isEmpty else { throw unasked(asked) }
      return allow(pending.sent, retrying: [])
    }
    if !asked.isEmpty || !pending.retried.isEmpty {
      let concerned = asked.isEmpty ? pending.retried : asked
      let question = SpendingQuestion(
        provider: providers(of: concerned), model: models(of: concerned), shots: asked.map(\.id),
        cost: context.budget.cost(of: asked),
        retries: context.budget.cost(ofRetries: context.options.retries, of: pending.retried), spent: spending.total)
      guard await consent(question) else {
        try Task.checkCancellation()
        throw PipelineError(.declined, "not agreed to, so nothing was sent.")
      }
      try Task.checkCancellation()
    }
    allow(pending.sent, retrying: pending.retried)
  }

  private func providers(of shots: [Shot]) -> String {
    context.targets.providers(of: shots).joined(separator: ", ")
  }

  private func models(of shots: [Shot]) -> String {
    context.targets.models(of: shots).joined(separator: ", ")
  }

  private static func names(_ shots: [Shot]) -> String { shots.map(\.id).joined(separator: ", ") }

  /// Whether the user agreed to at least this cost when the shot was redone or another take picked.
  private func isAgreed(_ shot: Shot, _ agreements: [Agreement]) -> Bool {
    guard let cost = context.budget.cost(of: [shot]) else { return false }
    return agreements.contains {
      $0.shot == shot.id && $0.provider == context.targets.provider(of: shot) && cost <= $0.cost
    }
  }

  private func unasked(_ shots: [Shot]) -> PipelineError {
    let price = context.budget.cost(of: shots).map { "about \($0)" } ?? "an amount that is not published"
    return PipelineError(
      .needsConsent,
      "generating \(Self.names(shots)) at \(providers(of: shots)) costs \(price); add --yes to agree. Nothing was "
        + "sent.")
  }

  private func allow(_ sent: [Shot], retrying retried: [Shot]) {
    for shot in sent { context.agreed.add(shot.takes, of: shot.id) }
    for shot in retried { context.agreed.add(context.options.retries, of: shot.id) }
  }
}
