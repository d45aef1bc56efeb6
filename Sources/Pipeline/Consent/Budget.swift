import Ledger
import Presets
import Storyboard

/// What shots cost at their providers, and the limit that the user has set.
///
/// What was paid is counted by ``Spending``.
struct Budget: Sendable {
  let targets: ShotTargets
  /// `--max-cost`; nil for no limit.
  let limit: USD?

  /// Of one take; nil when the price is not published.
  func costPerTake(of shot: Shot) -> USD? {
    let target = targets.target(of: shot)
    guard target.isPaid else { return .zero }
    guard let price = shot.price(with: target.model), let seconds = shot.seconds(with: target.model) else { return nil }
    return price.times(seconds)
  }

  /// Of all takes of shots; nil when a price is not published.
  func cost(of shots: [Shot]) -> USD? {
    shots.map { targets.isPaid($0) ? $0.cost(with: targets.model(of: $0)) : .zero }.total
  }

  /// What so many more takes of each shot add; nil when a price is not published.
  func cost(ofRetries retries: Int, of shots: [Shot]) -> USD? {
    shots.map { costPerTake(of: $0).map { $0 * retries } }.total
  }

  /// Refuses a request that could exceed the limit.
  /// - Throws: ``PipelineError`` `overBudget`.
  func require(takes: Int, of shot: Shot, after spending: Spending) throws {
    guard let limit, targets.isPaid(shot) else { return }
    guard let cost = costPerTake(of: shot).map({ $0 * takes }) else {
      throw PipelineError(
        .overBudget,
        "the price of \(targets.model(of: shot).id) is not known, so --max-cost \(limit) cannot be guaranteed; omit it to continue."
      )
    }
    try require(cost, after: spending) { "shot \(shot.id) costs \(cost)" }
  }

  /// Refuses what could exceed the limit.
  /// - Parameter what: the beginning of the message.
  /// - Throws: ``PipelineError`` `overBudget`.
  func require(_ cost: USD, after spending: Spending, _ what: () -> String) throws {
    guard let limit, !spending.allows(cost, below: limit) else { return }
    throw PipelineError(
      .overBudget,
      "\(what()) and this workspace has paid or may have paid \(spending.total): together more than --max-cost \(limit). "
        + "Nothing was sent for it.")
  }
}

extension Sequence<USD?> {
  /// The sum; nil as soon as one is not known.
  var total: USD? { reduce(.zero) { sum, cost in sum.flatMap { known in cost.map { known + $0 } } } }
}
