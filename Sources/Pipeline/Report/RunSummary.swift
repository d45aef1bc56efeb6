public import Ledger
public import Timing

/// The result of a run.
public struct RunSummary: Sendable {
  public let workspace: Workspace
  public let shots: [ShotOutcome]
  /// Seconds asked for, by shot.
  public let seconds: [String: Rational]
  /// Nil when only clips were asked for, or a shot failed.
  public let master: MasterRecord?
  /// Nil when the storyboard asks for none, or the master fails.
  public let deliverables: DeliveryRecord?
  /// The review page; nil when none was written.
  public let review: String?
  /// Whether the clips come from the sandbox, which asks no model and is not paid.
  public let isSimulated: Bool
  /// What this workspace has paid or may have paid so far.
  public let spending: Spending

  /// Whether every shot has its clip and the master and its delivery versions, if there are any, passed
  /// their presets.
  public var isGood: Bool {
    shots.allSatisfy { $0.take != nil } && master?.isGood ?? true && deliverables?.isGood ?? true
  }
  public var errors: [any Error] { shots.compactMap(\.error) }

  init(
    _ context: RunContext, outcomes: [ShotOutcome], master: MasterRecord?, deliverables: DeliveryRecord?,
    review: String?
  ) throws {
    workspace = context.workspace
    shots = outcomes
    seconds = Dictionary(
      context.plan.shots.compactMap { shot in shot.seconds.map { (shot.id, $0) } },
      uniquingKeysWith: { first, _ in first })
    self.master = master
    self.deliverables = deliverables
    self.review = review
    isSimulated = !context.plan.isPaid
    spending = try context.ledger.spending()
  }
}
