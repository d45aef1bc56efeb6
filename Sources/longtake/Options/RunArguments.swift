public import ArgumentParser
import Foundation
public import Generation
import Pipeline
public import Presets

/// What `run` and `generate` take beside the storyboard.
struct RunArguments: ParsableArguments {
  @Option(help: "sandbox, oxen or fal; goes before the storyboard's own.")
  var provider: ProviderName?

  @Option(
    help: "Where everything is kept; <storyboard name>.longtake beside the storyboard without it.",
    completion: .directory)
  var workspace: String?

  @Option(
    name: .customLong("max-cost"),
    help: "US dollars that this workspace may cost at most, with what it has paid already.")
  var maximumCost: USD?

  @Flag(name: .customLong("yes"), help: "Agree to the cost without being asked.")
  var agrees = false

  @Option(help: "How to wait for clips: sse, poll or sync.")
  var wait: WaitMode = .sse

  @Option(
    help: """
      New takes to pay for when what the model made of a shot is no good, per shot; never for what would fail again.
      """)
  var retries = 0

  @Option(help: "Shots worked on side by side; those made from another one wait for it.")
  var jobs = RunOptions.usualJobs

  @Option(help: "Minutes that one generation may take.")
  var timeout: Double = 45

  @Option(name: .customLong("base-url"), help: "The API's address instead of the usual one.")
  var baseURL: String?

  @Option(
    name: .customLong("anchor-store"),
    help: """
      Where frames go that the model must read: hub (its repository), fal (its storage), data (in the request, if the \
      model takes that) or command (LONGTAKE_UPLOAD_COMMAND, given the file, prints the address). The provider's own \
      without it.
      """)
  var anchorStore: String?

  @Flag(help: "The summary on stdout, as JSON.")
  var json = false

  @OptionGroup var presets: PresetOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard jobs > 0 else { throw ValidationError("--jobs counts from 1.") }
    guard (0...100).contains(retries) else { throw ValidationError("--retries takes 0 to 100.") }
    guard timeout > 0, timeout <= 24 * 60 else { throw ValidationError("--timeout takes minutes, up to 1440.") }
  }

  func options() -> RunOptions {
    var options = RunOptions()
    options.provider = ProviderArguments.options(wait: wait, baseURL: baseURL, anchorStore: anchorStore)
    options.maximumCost = maximumCost
    options.jobs = jobs
    options.retries = retries
    options.timeout = .seconds(timeout * 60)
    options.version = Longtake.version
    if agrees {
      options.consent = { _ in true }
    } else if Consent.canAsk {
      options.consent = { await Consent.ask($0) }
    }
    return options
  }

  func place(of storyboard: String) -> Workspace {
    workspace.map { Workspace(directory: $0) } ?? Workspace(besideStoryboard: storyboard)
  }

  /// The storyboard's plan, or all that is wrong with it.
  func production(
    _ storyboard: String, drawing: RunProgress, _ change: (inout RunOptions) -> Void = { _ in }
  ) throws -> StoryboardRun {
    var options = options()
    change(&options)
    let library = try presets.library()
    let plan = try Planner(library: library).plan(storyboard, provider: provider?.rawValue)
    return StoryboardRun(
      plan, workspace: place(of: storyboard), options: options, library: library, emit: { drawing.show($0) })
  }
}

/// The providers, as options name them.
enum ProviderName: String, ExpressibleByArgument, CaseIterable, Sendable { case sandbox, oxen, fal }

extension WaitMode: ExpressibleByArgument {}

extension USD: ExpressibleByArgument {
  public init?(argument: String) {
    self.init(parsing: argument.hasPrefix("$") ? String(argument.dropFirst()) : argument)
  }
}

/// How commands open a provider.
enum ProviderArguments {
  static func options(
    wait: WaitMode = .poll, baseURL: String?, anchorStore: String? = nil
  ) -> ProviderOptions {
    var options = ProviderOptions()
    options.waitMode = wait
    options.baseURL = baseURL
    options.anchorStore = anchorStore
    options.logger = LogDestination.logger("longtake")
    return options
  }
}
