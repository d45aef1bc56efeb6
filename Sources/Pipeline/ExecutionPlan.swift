public import Generation
public import Presets
public import Storyboard
public import Timing

/// What a service's catalogue says of a model, against the descriptor that comes with the program.
public struct LiveFindings: Sendable, Hashable {
  /// Whether the catalogue told of the model.
  public let isReached: Bool
  /// Why the descriptor alone counts; nil when the catalogue told of the model.
  public let note: String?
  /// A sentence for each difference; the service's word counts.
  public let differences: [String]
}

/// Everything a run will do, and everything that is wrong, known before a request is sent.
public struct ExecutionPlan: Sendable {
  /// One shot of the plan.
  public struct PlannedShot: Sendable {
    public let id: String
    /// The shot whose last frame it starts from.
    public let dependsOn: String?
    /// The shot whose first frame it ends on.
    public let endsOn: String?
    /// Frames at its end of which the best starts the next shot; nil for the last one, or when no shot starts from it.
    public let anchorSearch: Int?
    /// With local paths and `anchor:<shot>` where addresses will be; nil when the model cannot take the shot.
    public let request: GenerationRequest?
    /// Nil when not known.
    public let seconds: Rational?
    /// Of all takes; nil when the price is not published.
    public let cost: USD?
  }

  /// Where the storyboard was read.
  public let path: String
  /// SHA-256 of the file.
  public let digest: String
  /// Nil when nothing of the file could be understood.
  public let storyboard: Storyboard?
  /// `sandbox`, `oxen` or `fal`.
  public let provider: String
  /// Nil when the storyboard's model is not known at this provider.
  public let model: ModelDescriptor?
  /// What the master is held against; nil when there is no such preset.
  public let masterSpec: DeliverableSpec?
  public let shots: [PlannedShot]
  /// In the order of the file.
  public let problems: [Problem]
  /// Frames that will be converted so that the model takes them, each with the reason.
  public let conversions: [Problem]
  /// What the service itself said of the model; nil when it was not asked.
  public let live: LiveFindings?

  /// Of the whole film before joins; nil when the length of a shot is not known.
  public var seconds: Rational? {
    shots.reduce(.zero) { sum, shot in sum.flatMap { known in shot.seconds.map { known + $0 } } }
  }

  /// What the service charges for all shots; nil when a price is not published. The sandbox charges nothing.
  public var cost: USD? { shots.reduce(.zero) { sum, shot in sum.flatMap { known in shot.cost.map { known + $0 } } } }

  /// Whether a request costs money.
  public var isPaid: Bool { provider != ProviderHost.sandboxName }

  /// The storyboard and its model, when nothing is wrong.
  /// - Throws: ``StoryboardError`` `invalid` with every problem.
  public func usable() throws -> (storyboard: Storyboard, model: ModelDescriptor, masterSpec: DeliverableSpec) {
    guard problems.isEmpty, let storyboard, let model, let masterSpec else {
      let count = problems.count == 1 ? "one problem" : "\(problems.count) problems"
      throw StoryboardError(.invalid, "the storyboard \(path) has \(count); nothing was sent:", problems: problems)
    }
    return (storyboard, model, masterSpec)
  }
}
