import Foundation
import Ledger
import Presets
public import Store

extension StoredRun {
  /// Makes an ordinary workspace of a run's objects, on which the commands of one machine work.
  /// - Parameter workspace: an empty or missing folder.
  /// - Returns: path of the storyboard in it.
  /// - Throws: ``PipelineError`` `cannotCreate` for a workspace that has takes, ``StoreError``.
  public func gather(
    into workspace: Workspace, from store: any ObjectStore
  ) async throws -> String {
    try workspace.prepare()
    let ledger = try Ledger(workspace: workspace.directory)
    guard try ledger.generations().isEmpty else {
      throw PipelineError(
        .cannotCreate, "the workspace \(workspace.directory) has takes already; name an empty or a new folder.")
    }
    let path = try await write(to: workspace.path("storyboard"), from: store)
    let takes = StoredTakes(
      store, run: run, workspace: workspace, rounds: [:],
      budget: StoredBudget(store: store, project: project, limit: nil), lease: .zero)
    let records = try await takes.load()
    let blobs = BlobStore(store)
    for record in records {
      let files =
        [record.clip].compactMap(\.self).map { ($0.path, $0.sha256) } + record.anchors.map { ($0.path, $0.sha256) }
      for (name, sha256) in files { try await blobs.fetch(sha256, to: workspace.path(name)) }
    }
    let manifests = try await store.list(prefix: "runs/\(run)/").filter { $0.key.split(separator: "/").count == 4 }
    for object in manifests.sorted(by: { ($0.modifiedAt ?? 0, $0.key) < ($1.modifiedAt ?? 0, $1.key) }) {
      let manifest = try await store.get(object.key, limit: StageRun.largestManifest)
      let files = manifest.map(Self.files(ofManifest:)) ?? []
      try StorePath.require(files.map(\.name), of: "\(store.address)/\(object.key)")
      for file in files {
        let target = workspace.path(file.name)
        try FileManager.default.createDirectory(
          atPath: URL(filePath: target).deletingLastPathComponent().path(percentEncoded: false),
          withIntermediateDirectories: true)
        try await blobs.fetch(file.sha256, to: target)
      }
    }
    // What people ordered and picked is with the engine; which takes the last master was made of is in its report.
    let chosen = Self.chosenTakes(inReport: workspace.reportPath)
    try ledger.restore(
      records.map { record in
        var record = record
        if let take = chosen[record.shot] { record.isPicked = record.take == take }
        return record
      })
    return path
  }

  /// Numbers of the takes that a report calls chosen, by shot; empty without a report.
  private static func chosenTakes(inReport path: String) -> [String: Int] {
    guard let data = FileManager.default.contents(atPath: path),
      let report = try? JSONDecoder().decode(JSONValue.self, from: data)
    else { return [:] }
    var chosen: [String: Int] = [:]
    for shot in report["shots"]?.arrayValue ?? [] {
      let take = shot["takes"]?.arrayValue?.first { $0["chosen"]?.boolValue == true }
      if let id = shot["id"]?.stringValue, let number = take?["take"]?.integerValue { chosen[id] = Int(number) }
    }
    return chosen
  }

  /// The files in the store that a manifest names. A delivery's own list is of other things.
  static func files(ofManifest object: StoredObject) -> [StageFile] {
    let data = Data(object.bytes)
    let stored = (try? JSONDecoder().decode(Stored.self, from: data))?.stored
    return stored ?? (try? JSONDecoder().decode(Listed.self, from: data))?.files ?? []
  }

  private struct Stored: Decodable { let stored: [StageFile] }
  private struct Listed: Decodable { let files: [StageFile] }
}
