import Files
import Foundation
import Generation
public import Ledger
public import Presets
public import Store
import Storyboard

/// One stage of a run on one of many machines. It may run twice, or on two machines at once: the outcome is the same.
///
/// Works in a folder of its own, which it fills from the store and removes at its end; what counts is in the store when
/// it returns.
public struct StageRun: Sendable {
  /// How long one stage may send a request before another may look for it.
  public static let defaultLease: Duration = .seconds(300)
  /// For one look at a generation that has ended.
  private static let lookTimeout: Duration = .seconds(30)

  public struct Options: Sendable {
    public var provider = ProviderOptions()
    public var lease = StageRun.defaultLease
    /// How long a request whose answer was lost is looked for.
    public var lostAnswerWait = RunOptions.defaultLostAnswerWait
    /// Where the stage's own folder is made.
    public var scratch = FileManager.default.temporaryDirectory.path(percentEncoded: false)
    public var version = ""
    public var signCommand: String?
    public var failpoint: Failpoint.Hook?

    public init() {}
  }

  let job: StageJob
  let store: any ObjectStore
  let options: Options
  let library: PresetLibrary
  let emit: @Sendable (PipelineEvent) -> Void

  public init(
    _ job: StageJob, store: any ObjectStore, options: Options, library: PresetLibrary,
    emit: @escaping @Sendable (PipelineEvent) -> Void
  ) {
    self.job = job
    self.store = store
    self.options = options
    self.library = library
    self.emit = emit
  }

  /// - Throws: ``NotYet``, ``StoreError``, and what the steps of a run throw.
  public func run(_ stage: StageJob.Stage) async throws -> StageResult {
    try await inFolder { folder in
      let stored = try await storedRun()
      let path = try await stored.write(to: "\(folder)/storyboard", from: store)
      let plan = try Planner(library: library).plan(path, provider: stored.provider)
      switch stage {
      case .plan: return .plan(try StagePlan(plan))
      case .submit, .poll, .collect: return .take(try await take(stage, plan, stored, folder))
      case .stitch: return .master(try await stitch(plan, stored, folder))
      case .review: return .review(try await review(plan, stored, folder))
      case .deliver: return .delivery(try await deliver(plan, stored, folder))
      }
    }
  }

  private func storedRun() async throws -> StoredRun {
    do {
      return try await StoredRun.load(job.run, from: store)
    } catch let error as StoreError where error.code == .notFound {
      guard try await StoredRun.list(in: store).isEmpty else { throw error }
      // The place where a shared folder is mounted looks so while it is not.
      throw StoreError(.unavailable, "\(store.address) has no run at all; is what holds it mounted?")
    }
  }

  private func inFolder<Value>(_ work: (String) async throws -> Value) async throws -> Value {
    let parent =
      options.scratch.count > 1 && options.scratch.hasSuffix("/") ? String(options.scratch.dropLast()) : options.scratch
    let folder = TemporaryName.path(in: parent)
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw PipelineError(.cannotCreate, "the folder \(folder) cannot be created: \(error.localizedDescription)")
    }
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try await work(folder)
  }

  // MARK: - What every stage needs of a run

  /// The run as this stage finds it.
  struct Session {
    let context: RunContext
    let takes: StoredTakes
  }

  /// Runs work on the run's takes, in a workspace that has them.
  /// - Parameter change: of the options of the run.
  func session<Value>(
    _ plan: ExecutionPlan, _ stored: StoredRun, _ folder: String, maySend: Bool = false,
    _ change: (inout RunOptions) -> Void = { _ in }, _ work: (Session) async throws -> Value
  ) async throws -> Value {
    let workspace = Workspace(directory: "\(folder)/workspace")
    let takes = StoredTakes(
      store, run: job.run, workspace: workspace, rounds: job.redo,
      budget: StoredBudget(store: store, project: stored.project, limit: job.maximumCost), lease: options.lease)
    let records = try await picked(takes.load(releasing: Set(job.acceptsDoublePayment)))
    var run = RunOptions()
    run.provider = options.provider
    run.provider.waitMode = .poll
    run.provider.baseURL = stored.baseURL ?? run.provider.baseURL
    run.provider.anchorStore = stored.anchorStore ?? run.provider.anchorStore
    run.maximumCost = job.maximumCost
    run.timeout = Self.lookTimeout
    run.lostAnswerWait = options.lostAnswerWait
    run.version = options.version
    run.signCommand = options.signCommand
    run.failpoint = options.failpoint
    run.sharing = Sharing(takes: takes, records: records, maySend: maySend, run: job.run)
    change(&run)
    try requireServer(plan, run.provider)
    try requireOwnHost(plan, stored, run.provider)
    try requireKnownOrders(plan, records)
    let loader = RunLoader(plan: plan, workspace: workspace, options: run, library: library, emit: emit)
    let context = try await loader.load()
    return try await closing(context.hosts.close) { try await work(Session(context: context, takes: takes)) }
  }

  /// The simulator inside this program would be gone with its generations when the stage ends.
  private func requireServer(_ plan: ExecutionPlan, _ provider: ProviderOptions) throws {
    let names = plan.targets?.providers(of: plan.storyboard?.shots ?? []) ?? []
    guard names.contains(ProviderHost.sandboxName), provider.baseURL == nil else { return }
    throw PipelineError(
      .unsupported,
      "stages need a sandbox that outlives them: start 'longtake sandbox --port 8080' and submit with --base-url "
        + "http://127.0.0.1:8080.")
  }

  /// The key goes to no host that only the store names: who can write there could have it sent anywhere.
  private func requireOwnHost(_ plan: ExecutionPlan, _ stored: StoredRun, _ provider: ProviderOptions) throws {
    guard plan.isPaid, let address = stored.baseURL, URL(string: address).flatMap(Origin.init)?.isLoopback != true
    else { return }
    let variables = ProviderKind.allCases.flatMap(\.addressVariables)
    guard !variables.contains(where: { provider.environment[$0] == address }) else { return }
    throw PipelineError(
      .unsupported,
      "the run \(stored.run) asks for the API at \(quoted(address)), which this machine does not name; to allow it, set "
        + "\(variables.joined(separator: " or ")) here. Nothing was sent.")
  }

  /// Orders of people name shots and takes that exist.
  private func requireKnownOrders(_ plan: ExecutionPlan, _ records: [TakeRecord]) throws {
    let shots = Set((plan.storyboard?.shots ?? []).map(\.id))
    let named = [("redo", Array(job.redo.keys)), ("picks", Array(job.picks.keys))]
    for (field, ids) in named + [("accept_double_payment", job.acceptsDoublePayment)] {
      if let unknown = ids.sorted().first(where: { !shots.contains($0) }) {
        throw PipelineError(.invalidPlan, "'\(field)' of the job names a shot '\(unknown)' that the run does not have.")
      }
    }
    for (shot, take) in job.picks.sorted(by: { $0.key < $1.key })
    where !records.contains(where: { $0.shot == shot && $0.take == take }) {
      throw PipelineError(.invalidPlan, "'picks' of the job names take \(take) of shot \(shot), which does not exist.")
    }
  }

  /// - Throws: ``PipelineError`` `shotFailed` when a picked take is made from frames that do not count any more.
  func requirePicksCount(_ context: RunContext, of shots: [Shot]) throws {
    let chosen = try context.digests.chosenTakes()
    for shot in shots {
      guard let take = job.picks[shot.id], chosen[shot.id]?.take != take else { continue }
      throw PipelineError(
        .shotFailed,
        "take \(take) of shot \(shot.id) cannot be used: it is made from frames of takes that do not count now; pick those, "
          + "too.")
    }
  }

  private func picked(_ records: [TakeRecord]) throws -> [TakeRecord] {
    try records.map { record in
      guard let number = job.picks[record.shot] else { return record }
      var record = record
      record.isPicked = record.take == number
      if record.isPicked {
        guard record.state == "verified" else {
          throw PipelineError(
            .invalidPlan, "take \(number) of shot \(record.shot) is \(record.state); pick one whose clip passed.")
        }
        record.superseded = 0
      }
      return record
    }
  }

  /// Brings files of takes into the workspace.
  func fetch(_ files: [ClipEntry], to workspace: Workspace) async throws {
    let blobs = BlobStore(store)
    for file in files where FileDigest.size(ofFile: workspace.path(file.path)) != file.bytes {
      try await blobs.fetch(file.sha256, to: workspace.path(file.path))
    }
  }
}
