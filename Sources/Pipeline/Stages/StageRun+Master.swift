import Delivery
import Files
import Foundation
import Ledger
import Presets
import Stitching
import Store
import Storyboard

extension StageRun {
  /// Bytes of a manifest.
  static let largestManifest = 16 << 20

  /// Joins and verifies the clips that count; what was made of the same clips is not made again.
  func stitch(_ plan: ExecutionPlan, _ stored: StoredRun, _ folder: String) async throws -> StageMaster {
    try await session(plan, stored, folder, Self.assembling) { session in
      let context = session.context
      let key = StoreKey.manifest(job.run, StageJob.Stage.stitch.rawValue, try await key(context, stored))
      if let known = try await manifest(key, StageMaster.self) {
        return known.with(costUSD: try context.ledger.spending().total.decimal)
      }
      try await fetchChosen(context)
      let run = StoryboardRun(
        plan, workspace: context.workspace, options: context.options, library: library, emit: emit)
      let summary = try await run.run(context, assembling: true)
      guard let master = summary.master else {
        throw summary.errors.first ?? PipelineError(.shotFailed, "a shot has no clip, so there is no master.")
      }
      let names =
        [master.file] + (master.languages ?? []).map(\.file) + [master.contactSheet, Workspace.reportName]
      let files = try await put(names, in: context.workspace.directory)
      let result = StageMaster(
        files: files, master: files[0], frames: master.stitch.frames, verdict: master.verdict, reasons: master.reasons,
        costUSD: summary.spending.total.decimal)
      try await record(result, as: key)
      return result
    }
  }

  /// Writes the review page of the master.
  func review(_ plan: ExecutionPlan, _ stored: StoredRun, _ folder: String) async throws -> StageReview {
    try await session(plan, stored, folder, { $0.writesReview = true }) { session in
      let context = session.context
      let key = StoreKey.manifest(job.run, StageJob.Stage.review.rawValue, try await key(context, stored))
      if let known = try await manifest(key, StageReview.self) { return known }
      _ = try await fetchMaster(context, stored)
      try await fetchChosen(context)
      guard let page = try await RunReview(context: context).write() else {
        throw PipelineError(.shotFailed, "the review page could not be written; the notes say why.")
      }
      let result = StageReview(
        files: try await put(
          files(in: URL(filePath: context.workspace.reviewDirectory).lastPathComponent, of: context.workspace),
          in: context.workspace.directory),
        page: String(page.dropFirst(context.workspace.directory.count + 1)))
      try await record(result, as: key)
      return result
    }
  }

  /// Makes one delivery version of the master.
  func deliver(_ plan: ExecutionPlan, _ stored: StoredRun, _ folder: String) async throws -> StageDelivery {
    let presets = plan.deliveries.map(\.recipe.id)
    guard let preset = job.preset, presets.contains(preset) else {
      throw PipelineError(
        .invalidPlan, "the job of 'deliver' needs 'preset', one of: \(presets.joined(separator: ", ")).")
    }
    return try await session(plan, stored, folder, Self.assembling) { session in
      let context = session.context
      let name = "\(try await key(context, stored))-\(preset)"
      let key = StoreKey.manifest(job.run, StageJob.Stage.deliver.rawValue, name)
      if let known = try await manifest(key, StageDelivery.self) { return known }
      let master = try await fetchMaster(context, stored)
      guard master.isGood, let delivery = MasterDelivery(context: context, preset: preset) else {
        throw PipelineError(.shotFailed, "the master fails its preset, so no delivery version is made of it.")
      }
      let record = try await delivery.deliver(master)
      let names = try files(in: Workspace.deliverablesName, of: context.workspace)
      let verdicts = record.files.map(\.verdict)
      let result = StageDelivery(
        preset: preset, files: record.files, stored: try await put(names, in: context.workspace.directory),
        verdict: ["fail", "warn"].first(where: verdicts.contains) ?? "pass")
      try await self.record(result, as: key)
      return result
    }
  }

  /// Pages and delivery versions are stages of their own.
  private static func assembling(_ options: inout RunOptions) {
    options.writesReview = false
    options.makesDeliverables = false
  }

  // MARK: - The takes that count

  private func chosenTakes(_ context: RunContext) throws -> [GenerationEntry] {
    try requirePicksCount(context, of: context.storyboard.shots)
    let chosen = try context.digests.chosenTakes()
    return try context.storyboard.shots.map { shot in
      guard let take = chosen[shot.id] else {
        throw PipelineError(.shotFailed, "shot \(shot.id) has no clip that counts; run its stages first.")
      }
      return take
    }
  }

  private func fetchChosen(_ context: RunContext) async throws {
    for take in try chosenTakes(context) {
      let anchors = try AnchorKind.allCases.compactMap { try context.ledger.anchor(of: take.number, $0)?.file }
      try await fetch([take.clip].compactMap(\.self) + anchors, to: context.workspace)
    }
  }

  /// Digest of everything that a master of this run depends on.
  private func key(_ context: RunContext, _ stored: StoredRun) async throws -> String {
    let clips = try chosenTakes(context).map { "\($0.shot) \($0.clip?.sha256 ?? "")" }
    return SHA256Text.of(([stored.storyboard.sha256, options.version] + clips).joined(separator: "\n"))
  }

  /// Brings the master of the takes that count into the workspace, with its report.
  private func fetchMaster(_ context: RunContext, _ stored: StoredRun) async throws -> MasterRecord {
    let key = StoreKey.manifest(job.run, StageJob.Stage.stitch.rawValue, try await key(context, stored))
    guard let known = try await manifest(key, StageMaster.self) else {
      throw PipelineError(.shotFailed, "the run \(job.run) has no master of these takes; run the stage 'stitch' first.")
    }
    let entries = known.files.map { ClipEntry(path: $0.name, bytes: $0.bytes, sha256: $0.sha256) }
    try await fetch(entries, to: context.workspace)
    guard let master = try MasterRecord.unaltered(in: context.workspace) else {
      throw PipelineError(.inputOutput, "the report of \(job.run) does not describe its master; run 'stitch' again.")
    }
    return master
  }

  // MARK: - Objects

  private func manifest<Value: Decodable>(_ key: String, _ type: Value.Type) async throws -> Value? {
    guard let object = try await store.get(key, limit: Self.largestManifest) else { return nil }
    guard let value = try? JSONDecoder().decode(type, from: Data(object.bytes)) else {
      throw PipelineError(.invalidPlan, "\(store.address)/\(key) cannot be read; delete it and run the stage again.")
    }
    try StorePath.require(StoredRun.files(ofManifest: object).map(\.name), of: "\(store.address)/\(key)")
    return value
  }

  private func record(_ value: some Encodable, as key: String) async throws {
    _ = try await store.put(key, .bytes(Array(try JSONValue(encoding: value).canonicalJSON.utf8)), if: .none)
  }

  /// Names of all files below a folder, relative to the workspace.
  private func files(in folder: String, of workspace: Workspace) throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: workspace.path(folder)).sorted().map { "\(folder)/\($0)" }
      .filter { name in
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: workspace.path(name), isDirectory: &isFolder)
          && !isFolder.boolValue
      }
  }

  private func put(_ names: [String], in directory: String) async throws -> [StageFile] {
    let blobs = BlobStore(store)
    var files: [StageFile] = []
    for name in names {
      let blob = try await blobs.put(file: "\(directory)/\(name)")
      files.append(StageFile(name: name, sha256: blob.sha256, bytes: blob.bytes))
    }
    return files
  }
}
