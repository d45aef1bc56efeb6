import ArgumentParser
import Files
import Foundation
import Settings
import Store
import Timing

struct StoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "store", abstract: "Look after a store that many machines share.",
    subcommands: [StorePruneCommand.self])
}

struct StorePruneCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prune", abstract: "Delete contents that no run names any more.",
    discussion: """
      Lists what it would delete; --delete does it. A content is kept when its SHA-256 is anywhere in an object below \
      runs/ or ledger/, or when it was written within --older-than. Delete while nothing is submitted: a submission that \
      finds an old content in the store relies on it before its run names it.

      Environment: \(StoreOptions.variables).
      """)

  @OptionGroup var store: StoreOptions

  @Option(help: ArgumentHelp("Keep contents written within this time, e.g. 168h.", valueName: "duration"))
  var olderThan = DurationArgument(seconds: 24 * 3600)

  @Flag(help: "Delete instead of listing.")
  var delete = false

  @Flag(help: "List only; the default.")
  var dryRun = false

  @Flag(help: "Print a JSON object.")
  var json = false

  @OptionGroup var presets: PresetOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard !delete || !dryRun else { throw ValidationError("Give --delete or --dry-run, not both.") }
  }

  func run() async throws {
    common.apply()
    let store = try store.open(environment: try presets.configuration().environment)
    defer { store.close() }
    let garbage = try await StoreGarbage.find(in: store, olderThan: olderThan.seconds.doubleValue)
    if delete { try await garbage.delete(from: store) }
    if json {
      try Answer.json(StorePruneReport(garbage, store.address, deleted: delete))
    } else {
      Answer.lines(lines(garbage))
    }
  }

  private func lines(_ garbage: StoreGarbage) -> [String] {
    let contents = garbage.unreferenced.map { "\($0.blob.sha256)  \($0.blob.bytes) bytes" }
    let count = counted(garbage.unreferenced.count, "content")
    let summary =
      "\(count) of \(garbage.bytes) bytes \(delete ? "deleted" : "would be deleted"); "
      + "kept: \(garbage.referenced) in use, \(garbage.young) newer than \(olderThan.defaultValueDescription)"
    return contents + [summary]
  }
}

/// `store prune --json`.
private struct StorePruneReport: Encodable {
  struct Content: Encodable {
    let sha256: String
    let bytes: Int64
    let modifiedAt: Double

    private enum CodingKeys: String, CodingKey {
      case sha256, bytes
      case modifiedAt = "modified_at"
    }
  }

  let schema = "longtake.store-prune/1"
  let store: String
  let deleted: Bool
  let unreferenced: [Content]
  let bytes: Int64
  let referenced: Int
  let young: Int

  init(_ garbage: StoreGarbage, _ address: String, deleted: Bool) {
    store = address
    self.deleted = deleted
    unreferenced = garbage.unreferenced.map {
      Content(sha256: $0.blob.sha256, bytes: $0.blob.bytes, modifiedAt: $0.modifiedAt)
    }
    bytes = garbage.bytes
    referenced = garbage.referenced
    young = garbage.young
  }
}
