public import ArgumentParser
import Settings
import Foundation
public import Generation
public import Pipeline
public import Presets
public import Storyboard
import Timing

/// Options of `run`, `generate` and `extend`, beside ``LockOptions``, ``PresetOptions`` and ``CommonOptions``: a group in a
/// group takes the parser a multiple of the time.
struct RunArguments: ParsableArguments {
  @Option(help: "Provider; overrides the storyboard.")
  var provider: ProviderKind?

  @Option(
    help: ArgumentHelp(
      "Folder for clips, ledger and master (default: <storyboard name>.longtake beside the storyboard).",
      valueName: "dir"), completion: .directory)
  var workspace: String?

  @Option(
    name: .customLong("max-cost"),
    help: ArgumentHelp(
      "Maximum total cost of the workspace, including what it has already paid.", valueName: "usd"))
  var maximumCost: USD?

  @Flag(name: .customLong("yes"), help: "Accept the cost without asking.")
  var agrees = false

  @Option(help: "How to wait for clips.")
  var wait: WaitMode = .sse

  @Option(
    help: ArgumentHelp(
      "Paid new takes per shot whose clip fails verification, 0 to 100; errors that would recur are not retried.",
      valueName: "n"))
  var retries = 0

  @Option(
    help: ArgumentHelp(
      "Shots to work on at a time; a shot waits for the one it starts from (default: \(RunOptions.defaultJobs)).",
      valueName: "n"))
  var jobs: Int?

  @Option(help: ArgumentHelp("Maximum time for one generation, e.g. 45m, at most 24h.", valueName: "duration"))
  var timeout = DurationArgument(seconds: Int(RunOptions.defaultTimeout.components.seconds))

  @Option(
    name: .customLong("lost-answer-wait"),
    help: ArgumentHelp(
      "How long to look for a request whose answer was lost, e.g. 3m, at most 24h.", valueName: "duration"))
  var lostAnswerWait = DurationArgument(seconds: Int(RunOptions.defaultLostAnswerWait.components.seconds))

  @Option(
    name: .customLong("base-url"),
    help: ArgumentHelp("API address (default: the provider's own, or OXEN_BASE_URL).", valueName: "url"))
  var baseURL: String?

  @Option(
    name: .customLong("anchor-store"),
    help: ArgumentHelp(
      """
      Where to upload anchors: hub (the OXEN_NAMESPACE repository), fal (its storage), data (inside the request) or \
      command (LONGTAKE_UPLOAD_COMMAND gets the file and prints its URL) (default: the provider's own).
      """, valueName: "store"))
  var anchorStore: String?

  @Flag(help: "Print the summary as a JSON object.")
  var json = false

  /// The environment that services need, for the help of commands that ask them.
  static let environmentHelp = """
    Environment: OXEN_API_KEY and OXEN_NAMESPACE for oxen (OXEN_BASE_URL, OXEN_REPOSITORY); FAL_KEY for fal \
    (FAL_RUN_HOST, FAL_QUEUE_RUN_HOST, FAL_REST_HOST, FAL_API_HOST); LONGTAKE_POLL_SECONDS between status requests; \
    HTTPS_PROXY, HTTP_PROXY, NO_PROXY and LONGTAKE_CA_FILE for the network; LONGTAKE_PROVIDER, LONGTAKE_ANCHOR_STORE, \
    LONGTAKE_MAX_COST and LONGTAKE_JOBS for the options of that name. All of it can be set in \
    ~/.config/longtake/config.yaml, and most in longtake.yaml beside the storyboard: see 'longtake help config'.
    """

  func validate() throws {
    guard jobs ?? 1 > 0 else { throw ValidationError("--jobs must be 1 or more.") }
    guard (0...100).contains(retries) else { throw ValidationError("--retries must be 0 to 100.") }
    guard timeout.hasUnit else { throw ValidationError("--timeout takes a duration with a unit, e.g. 90s or 45m.") }
    guard timeout.seconds.isPositive, timeout.duration <= .seconds(24 * 3600) else {
      throw ValidationError("--timeout must be above 0 and at most 24h.")
    }
    guard lostAnswerWait.hasUnit, lostAnswerWait.duration <= .seconds(24 * 3600)
    else {
      throw ValidationError("--lost-answer-wait takes a duration with a unit, e.g. 90s or 3m, at most 24h.")
    }
  }

  func options(_ configuration: EffectiveConfiguration, lock: LockOptions) throws -> RunOptions {
    var options = RunOptions()
    options.provider = configuration.providerOptions(wait: wait, baseURL: baseURL, anchorStore: anchorStore)
    options.maximumCost = maximumCost ?? configuration[.maximumCost].flatMap(USD.init(parsing:))
    options.jobs = jobs ?? configuration[.jobs].flatMap { Int($0) } ?? RunOptions.defaultJobs
    options.retries = retries
    options.timeout = timeout.duration
    options.stealsLock = lock.steals
    options.lostAnswerWait = lostAnswerWait.duration
    options.version = Longtake.version
    options.failpoint = try TestFailpoint.hook()
    if agrees {
      options.consent = { _ in true }
    } else if Consent.canAsk {
      options.consent = { await Consent.ask($0) }
    }
    return options
  }

  func workspace(of storyboard: String) -> Workspace {
    workspace.map { Workspace(directory: $0) } ?? Workspace(besideStoryboard: storyboard)
  }

  /// The storyboard with its plan, ready to run.
  func storyboardRun(
    _ storyboard: String, variables: VariableOptions, presets: PresetOptions, lock: LockOptions, drawing: RunProgress,
    _ change: (inout RunOptions) -> Void = { _ in }
  ) throws -> StoryboardRun {
    let configuration = try presets.configuration(besides: storyboard)
    var options = try options(configuration, lock: lock)
    change(&options)
    let library = try presets.library(configuration)
    let plan = try Planner(library: library, defaultProvider: configuration[.provider])
      .plan(storyboard, provider: provider?.rawValue, variables: variables.values)
    return StoryboardRun(
      plan, workspace: workspace(of: storyboard), options: options, library: library, emit: { drawing.show($0) })
  }
}

/// The providers, as options name them.
extension ProviderKind: ExpressibleByArgument {}

extension WaitMode: ExpressibleByArgument {}

extension StageJob.Stage: ExpressibleByArgument {}

extension USD: ExpressibleByArgument {
  public init?(argument: String) {
    self.init(parsing: argument.hasPrefix("$") ? String(argument.dropFirst()) : argument)
  }
}
