import Foundation
public import Presets

/// One storyboard in its workspace: generates what is missing, joins it, verifies everything, and reports.
///
/// Running it again resumes, however the last run ended.
public struct StoryboardRun: Sendable {
  let plan: ExecutionPlan
  let workspace: Workspace
  let options: RunOptions
  private let library: PresetLibrary
  let emit: @Sendable (PipelineEvent) -> Void

  /// - Parameters:
  ///   - workspace: nil for the default folder beside the storyboard.
  ///   - emit: called from any thread.
  public init(
    _ plan: ExecutionPlan, workspace: Workspace? = nil, options: RunOptions, library: PresetLibrary,
    emit: @escaping @Sendable (PipelineEvent) -> Void
  ) {
    self.plan = plan
    self.workspace = workspace ?? Workspace(besideStoryboard: plan.path)
    self.options = options
    self.library = library
    self.emit = emit
  }

  /// Plan, generate, verify, anchor, stitch, verify the master.
  /// - Throws: what stops everything; what stops one shot is in the summary.
  public func run() async throws -> RunSummary { try await run(assembling: true) }

  /// Only the clips and their anchors.
  public func generate() async throws -> RunSummary { try await run(assembling: false) }

  private func run(assembling: Bool) async throws -> RunSummary {
    let loader = RunLoader(plan: plan, workspace: workspace, options: options, library: library, emit: emit)
    let context = try await loader.load()
    return try await closing(context.hosts.close) { try await run(context, assembling: assembling) }
  }

  /// The steps after Load.
  func run(_ context: RunContext, assembling: Bool) async throws -> RunSummary {
    try await context.log.recordingFailure(context.emit) {
      try context.requireSpace(makesMaster: assembling)
      try await SpendingConsent(context: context).require()
      return try await context.backgroundDownloads.beside {
        let outcomes = try await ShotScheduler(context: context).run()
        let assembly = try await assembling ? Assembler(context: context).assemble(outcomes) : .notMade
        return try await report(context, outcomes, assembly)
      }
    }
  }

  /// Writes `report.json`, also when the master could not be made: then an earlier one that still exists stays in it; the
  /// review page; and, where the master passes, the delivery versions.
  private func report(
    _ context: RunContext, _ outcomes: [ShotOutcome], _ assembly: Assembler.Result
  ) async throws -> RunSummary {
    let master = try assembly.master ?? MasterRecord.unaltered(in: workspace)
    let delivery = options.makesDeliverables ? MasterDelivery(context: context) : nil
    var deliverables = try master.flatMap { try delivery?.kept(of: $0) }
    func writeReport() throws {
      try RunReport(context, outcomes: outcomes, master: master, deliverables: deliverables)
        .write(to: workspace.reportPath)
    }
    try writeReport()
    if case .failed(let error) = assembly { throw error }
    let page = assembly.master == nil ? nil : try await RunReview(context: context).write()
    if let delivery, let master = assembly.master {
      if let deliverables {
        context.emit(.deliverablesKept(count: deliverables.files.count))
      } else if master.isGood {
        deliverables = try await delivery.deliver(master)
        try writeReport()
      } else {
        context.emit(.notice("the master fails its preset, so no delivery version is made of it"))
      }
    }
    let summary = try RunSummary(
      context, outcomes: outcomes, master: assembly.master,
      deliverables: assembly.master == nil ? nil : deliverables, review: page)
    context.emit(.ended(isGood: summary.isGood))
    return summary
  }
}
