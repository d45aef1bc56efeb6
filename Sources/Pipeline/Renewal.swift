public import Ledger
public import Presets

/// What a change of takes would have generated again, told before anything is changed.
public struct Renewal: Sendable {
  /// Ids of the shots that the next run would generate, in the order of the storyboard.
  public let shots: [String]
  /// Ids of shots that have another take already, which counts again without being paid.
  public let regained: [String]
  /// Of all takes of ``shots``; nil when a price is not known.
  public let cost: USD?
  public let provider: String
  /// Whether a generation costs money.
  public let isPaid: Bool
  /// Generations of these shots that the service may still be working on.
  public let inFlight: [GenerationEntry]
}
