import Generation
public import Presets

/// How a storyboard is to be run.
public struct RunOptions: Sendable {
  /// Seconds that one generation may take, 4K being done in 5–15 minutes as published.
  public static let usualTimeout: Duration = .seconds(45 * 60)
  /// Chains worked on side by side.
  public static let usualJobs = 4

  public var provider = ProviderOptions()
  /// Everything that this workspace has ever paid, may have paid, and is about to pay stays at or below this.
  public var maximumCost: USD?
  /// Chains worked on side by side, ≥ 1.
  public var jobs = usualJobs
  /// New takes that may be paid for when what a model made of a shot is no good; per shot and run.
  public var retries = 0
  /// How long one generation is waited for.
  public var timeout = usualTimeout
  /// Asked once before money is spent; nil refuses.
  public var consent: (@Sendable (SpendingQuestion) async -> Bool)?
  /// The shots' prompts go into the master's metadata, for everybody who gets the file to read.
  public var embedsPrompts = false
  /// An OpenTimelineIO timeline is written into the workspace beside the master.
  public var writesTimeline = false
  /// The program's version, for the report.
  public var version = ""

  public init() {}
}

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
