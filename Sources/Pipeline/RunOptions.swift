import Generation
public import Ledger
public import Presets

/// How a storyboard is run.
public struct RunOptions: Sendable {
  /// Maximum time for one generation; 4K takes 5–15 minutes as published.
  public static let defaultTimeout: Duration = .seconds(45 * 60)
  /// Shots generated concurrently.
  public static let defaultJobs = 4
  /// How long a request whose answer was lost is looked for.
  public static let defaultLostAnswerWait: Duration = .seconds(3 * 60)

  public var provider = ProviderOptions()
  /// Limit for everything that this workspace has paid, may have paid, and is about to pay.
  public var maximumCost: USD?
  /// Shots generated concurrently, ≥ 1.
  public var jobs = defaultJobs
  /// New takes that may be paid for when a take fails because of what the model made; per shot and run.
  public var retries = 0
  /// Maximum time for one generation.
  public var timeout = defaultTimeout
  /// How long a request is looked for, from when its answer was lost.
  public var lostAnswerWait = defaultLostAnswerWait
  /// Runs the pauses of that search.
  public var clock: any Clock<Duration> = ContinuousClock()
  /// Asked once before money is spent; nil refuses.
  public var consent: (@Sendable (SpendingQuestion) async -> Bool)?
  /// Whether the shots' prompts are written into the master's metadata, readable by everyone who gets the file.
  public var embedsPrompts = false
  /// Whether an OpenTimelineIO timeline is written into the workspace beside the master.
  public var writesTimeline = false
  /// Whether the workspace is taken from a process that may still be running elsewhere.
  public var stealsLock = false
  /// Whether the review page is written when the master is made.
  public var writesReview = false
  /// Whether the delivery versions that the storyboard asks for are made of the master.
  public var makesDeliverables = true
  /// A shell command that signs a delivered file `$1` into `$2`; nil leaves it unsigned.
  public var signCommand: String?
  /// Where the run is a stage on one of many machines: what it shares with the others.
  public var sharing: Sharing?
  /// The program's version, for the report.
  public var version = ""
  /// Called at each failpoint, for tests.
  public var failpoint: Failpoint.Hook?

  public init() {}
}
