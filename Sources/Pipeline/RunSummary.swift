public import Presets
public import Timing

/// What a run came to.
public struct RunSummary: Sendable {
  public let workspace: Workspace
  public let shots: [ShotOutcome]
  /// Seconds asked for, by shot.
  public let seconds: [String: Rational]
  /// Nil when only clips were asked for, or a shot failed.
  public let master: MasterRecord?
  public let isStandIn: Bool
  /// Paid in this workspace so far.
  public let spent: USD
  /// Of requests that may have arrived.
  public let uncertain: USD

  /// Whether every shot has its clip and the master, if there is one, fits its preset.
  public var isGood: Bool { shots.allSatisfy { $0.take != nil } && master?.isGood ?? true }
  public var errors: [any Error] { shots.compactMap(\.error) }
}
