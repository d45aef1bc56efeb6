import Files
public import Generation
public import Delivery
public import Presets
public import Storyboard
public import Timing

/// A service's own rules of a model, compared with the bundled descriptor.
public struct LiveFindings: Sendable, Hashable {
  public let provider: String
  /// The descriptor's id.
  public let model: String
  /// Whether the catalogue has the model.
  public let isReached: Bool
  /// Why the descriptor alone applies; nil when the catalogue has the model.
  public let note: String?
  /// A sentence for each difference; the service's rules apply.
  public let differences: [String]
}

/// Everything a run will do, and everything that is wrong, known before a request is sent.
public struct ExecutionPlan: Sendable {
  /// One shot of the plan.
  public struct PlannedShot: Sendable {
    public let id: String
    public let provider: String
    /// Id of the model, as the storyboard names it where the provider does not have it.
    public let model: String
    /// The shot whose last frame it starts from.
    public let dependsOn: String?
    /// The shot whose first frame it ends on.
    public let endsOn: String?
    /// Number of its last frames of which the best starts the next shot; nil for the last frame, or when no shot starts
    /// from it.
    public let anchorSearch: Int?
    /// With local paths and `anchor:<shot>` in place of addresses; nil when the model does not accept the shot.
    public let request: GenerationRequest?
    /// Nil when the length is not known.
    public let seconds: Rational?
    /// Of all takes; nil when the price is not published.
    public let cost: USD?
  }

  /// The storyboard's file.
  public let path: String
  /// SHA-256 of the file; of the resolved fields where it includes files or has variables.
  public let digest: String
  /// The file as it was read, once.
  let document: StoryboardDocument
  /// `sandbox`, `oxen` or `fal`: of shots that name none.
  public let provider: String
  /// The provider that the user gave, which overrides those of shots, too.
  let givenProvider: String?
  /// Provider and model of each shot; nil when the provider does not have the storyboard's model.
  public let targets: ShotTargets?
  /// What the master is verified against; nil when there is no such preset.
  public let masterSpec: DeliverableSpec?
  /// What clips are verified against besides what was asked for, by the shot's place in the storyboard.
  let clipSpecs: [Int: DeliverableSpec]
  /// What the storyboard's master is delivered as; those whose presets cannot be read are left out.
  public let deliveries: [DeliveryVersion]
  /// Whether the shots become a master, which must be able to meet its verify preset.
  let makesMaster: Bool
  public let shots: [PlannedShot]
  /// In the order of the file.
  public let problems: [Problem]
  /// Images that will be converted so that the model accepts them, each with the reason.
  public let conversions: [Problem]
  /// The services' own rules of the models; empty when they were not asked.
  public let live: [LiveFindings]

  /// The storyboard with what the ledger adds to it; nil for that of the file.
  var replacement: Storyboard?

  /// Nil when nothing of the file could be parsed.
  public var storyboard: Storyboard? { replacement ?? document.partial }

  /// Of all shots, before joins; nil when the length of one is not known.
  public var seconds: Rational? {
    shots.reduce(.zero) { sum, shot in sum.flatMap { known in shot.seconds.map { known + $0 } } }
  }

  /// The price of all shots; nil when one is not published. The sandbox costs nothing.
  public var cost: USD? { shots.map(\.cost).total }

  /// The model of shots that name none; nil when this provider does not have it.
  public var model: ModelDescriptor? { targets?.standard.model }

  /// Whether a request of any shot costs money.
  public var isPaid: Bool {
    guard let targets, let storyboard else { return ProviderKind(rawValue: provider)?.isPaid ?? true }
    return storyboard.shots.contains(where: targets.isPaid)
  }

  /// The names of the shots' providers, for people and events: `oxen`, or `oxen, fal`.
  public var providers: String { Self.list(targets?.providers(of: storyboard?.shots ?? []), or: provider) }

  /// The ids of the shots' models.
  public var models: String {
    Self.list(targets?.models(of: storyboard?.shots ?? []), or: storyboard?.model ?? "")
  }

  private static func list(_ names: [String]?, or standard: String) -> String {
    guard let names, !names.isEmpty else { return standard }
    return names.joined(separator: ", ")
  }

  /// The storyboard, its targets and its master's preset, when nothing is wrong.
  /// - Throws: ``StoryboardError`` `invalid` with every problem.
  public func usable() throws -> (storyboard: Storyboard, targets: ShotTargets, masterSpec: DeliverableSpec) {
    guard problems.isEmpty, let storyboard, let targets, let masterSpec else {
      throw StoryboardError(
        .invalid, "the storyboard \(path) has \(counted(problems.count, "problem")); nothing was sent:",
        problems: problems)
    }
    return (storyboard, targets, masterSpec)
  }
}
