import Foundation
import Generation
import Pipeline
import Presets
import Support
import Synchronization

/// Runs a small storyboard in this process and records its events.
final class PipelineFixture: Sendable {
  let fixture: SmallStoryboard
  private let seen = Mutex<[PipelineEvent]>([])

  init(_ fixture: SmallStoryboard) { self.fixture = fixture }

  var events: [PipelineEvent] { seen.withLock { $0 } }

  /// Steps of one shot, of all runs.
  func steps(of shot: String) -> [ShotStep] {
    events.compactMap { event in
      if case .shot(shot, _, let step) = event { step } else { nil }
    }
  }

  var notices: [String] {
    events.compactMap { event in
      if case .notice(let text) = event { text } else { nil }
    }
  }

  func forget() { seen.withLock { $0 = [] } }

  func plan(provider: String? = nil) throws -> ExecutionPlan {
    try Planner(library: try library()).plan(fixture.storyboard, provider: provider)
  }

  func library() throws -> PresetLibrary { try PresetLibrary(directory: fixture.presets, environment: [:]) }

  func storyboardRun(
    provider: String? = nil, wait: WaitMode = .sse, hub: ScriptedHub? = nil, fal: ScriptedFal? = nil,
    sizeDivisor: Int = 1, maximumCost: USD? = nil, agrees: Bool = true, retries: Int = 0, embedsPrompts: Bool = false,
    writesTimeline: Bool = false, change: (inout RunOptions) -> Void = { _ in },
    asked: (@Sendable (SpendingQuestion) -> Void)? = nil
  ) throws -> StoryboardRun {
    var options = RunOptions()
    options.provider.waitMode = wait
    options.provider.baseURL = hub?.baseURL
    options.provider.sandboxSizeDivisor = sizeDivisor
    options.provider.environment = [
      "OXEN_API_KEY": ScriptedHub.key, "OXEN_NAMESPACE": "tester", "LONGTAKE_POLL_SECONDS": "0.05",
    ]
    if let fal { options.provider.environment.merge(fal.environment) { $1 } }
    // Of two services, each has its own address, and the storyboard names them.
    let isMixed = hub != nil && fal != nil
    if isMixed {
      options.provider.environment["OXEN_BASE_URL"] = hub?.baseURL
      options.provider.baseURL = nil
    }
    options.maximumCost = maximumCost
    options.timeout = .seconds(60)
    options.clock = FastClock()
    options.embedsPrompts = embedsPrompts
    options.writesTimeline = writesTimeline
    options.retries = retries
    if agrees {
      options.consent = { question in
        asked?(question)
        return true
      }
    }
    change(&options)
    let provider = provider ?? (isMixed ? nil : fal != nil ? "fal" : hub == nil ? nil : "oxen")
    return StoryboardRun(try plan(provider: provider), options: options, library: try library()) { event in
      self.seen.withLock { $0.append(event) }
    }
  }

  func path(_ name: String) -> String { fixture.workspace + "/" + name }

  func report() throws -> JSONValue {
    try JSONDecoder().decode(JSONValue.self, from: Data(contentsOf: URL(filePath: path("report.json"))))
  }

  /// Ids that the services gave in all runs.
  var submissions: [String] {
    events.flatMap { event -> [String] in
      if case .shot(_, _, .submitted(let ids)) = event { ids } else { [] }
    }
  }
}
