import Files
import Foundation
import Generation
import Ledger
import Presets
import Storyboard
import Synchronization

/// What all steps of one run share; built once, by ``RunLoader``.
struct RunContext: Sendable {
  let plan: ExecutionPlan
  let storyboard: Storyboard
  let targets: ShotTargets
  /// What the master is verified against.
  let masterSpec: DeliverableSpec
  let workspace: Workspace
  let ledger: Ledger
  let hosts: ProviderHosts
  let options: RunOptions
  let log: RunLog
  /// Records and shows an event.
  let emit: @Sendable (PipelineEvent) -> Void

  let pendingShots: PendingShots
  let digests: ShotDigests
  let budget: Budget
  let media = MediaExecutor()
  /// By provider.
  private let uploaders: [String: ImageUploader]
  let fitter: ImageFitter
  let backgroundDownloads = BackgroundDownloads()
  let lostAnswers: LostAnswers
  let agreed = AgreedTakes()
  /// Generations up to this number were recorded before this run.
  let lastEarlierGeneration: Int64
  private let ledgerLock = LedgerLock()

  /// Only one task at a time may read the ledger and write what follows from it.
  private final class LedgerLock: Sendable {
    let mutex = Mutex(())
  }

  init(
    plan: ExecutionPlan, pendingShots: PendingShots, lostAnswers: LostAnswers, workspace: Workspace, ledger: Ledger,
    hosts: ProviderHosts, options: RunOptions, log: RunLog, emit: @escaping @Sendable (PipelineEvent) -> Void
  ) throws {
    (storyboard, targets, masterSpec) = try plan.usable()
    self.plan = plan
    self.pendingShots = pendingShots
    self.lostAnswers = lostAnswers
    self.workspace = workspace
    self.ledger = ledger
    self.hosts = hosts
    self.options = options
    self.log = log
    self.emit = emit
    digests = pendingShots.digests
    budget = Budget(targets: targets, limit: options.maximumCost)
    uploaders = hosts.mapValues { host in
      ImageUploader(
        ledger: ledger, store: host.images, reader: host.imageReader, failpoint: options.failpoint, emit: emit)
    }
    fitter = ImageFitter(
      storyboard: storyboard, targets: targets, workspace: workspace, images: digests.images, media: media, emit: emit)
    // What failed on another machine is for a person to order anew, not for the next stage.
    lastEarlierGeneration = try options.sharing == nil ? ledger.lastGeneration() : 0
  }

  func host(of shot: Shot) -> ProviderHost { hosts.host(of: shot, targets) }

  /// The address under which the service of a shot can read an image.
  func address(of image: ImageUpload, for shot: Shot) async throws -> String {
    guard let uploader = uploaders[targets.provider(of: shot)] else {
      throw PipelineError(.unsupported, "no provider is open for shot \(shot.id)")
    }
    return try await uploader.address(of: image)
  }

  func withLedgerLock<Value: Sendable>(_ work: () throws -> Value) rethrows -> Value {
    try ledgerLock.mutex.withLock { _ in try work() }
  }

  /// Records that a request is about to be sent, unless the user has not agreed to it or it could exceed the limit.
  /// - Throws: ``PipelineError`` `needsConsent` or `overBudget`, or `inputOutput` when the disk is full.
  func recordIntent(
    shot: Shot, request: GenerationRequest, contentDigest: String, takes: Int
  ) throws -> IntentEntry {
    try workspace.requireFreeSpace(for: shot.id)
    return try withLedgerLock {
      if targets.isPaid(shot) { try agreed.use(takes, of: shot.id) }
      try budget.require(takes: takes, of: shot, after: ledger.spending())
      return try ledger.recordIntent(
        shot: shot.id, provider: targets.provider(of: shot), model: request.model,
        parameters: JSONValue.object(request.parameters).canonicalJSON, requestDigest: request.digest,
        contentDigest: contentDigest, takes: takes, isBlocking: host(of: shot).provider.waitMode == .sync,
        cost: budget.costPerTake(of: shot))
    }
  }
}
