import Files
import Foundation
import Ledger
import Presets
public import Review
import Stitching
import Timing

/// What a review page shows of a workspace: its last report, and what the ledger has learned since.
public struct WorkspaceReview: Sendable {
  private let workspace: Workspace
  private let report: JSONValue

  /// - Throws: ``LedgerError`` `notFound` when nothing has been run; ``PipelineError`` `inputOutput` when the report is
  ///   damaged.
  public init(_ workspace: Workspace) throws {
    self.workspace = workspace
    guard let data = FileManager.default.contents(atPath: workspace.reportPath) else {
      throw LedgerError(
        .notFound, "there is no report.json in \(workspace.directory); run the storyboard first.")
    }
    guard let report = try? JSONDecoder().decode(JSONValue.self, from: data),
      report["schema"]?.stringValue == RunReport.schema
    else {
      throw PipelineError(
        .inputOutput, "\(workspace.reportPath) is no report of this version; run the storyboard again.")
    }
    self.report = report
  }

  public func subject() throws -> ReviewSubject {
    let master = RunReport.master(inReport: workspace.reportPath)
    let path = master.map { workspace.path($0.file) }.flatMap {
      FileManager.default.isReadableFile(atPath: $0) ? $0 : nil
    }
    let storyboard = report["storyboard"]?.stringValue ?? ""
    let name = URL(filePath: storyboard).deletingPathExtension().lastPathComponent
    var subject = ReviewSubject(title: report["title"]?.stringValue ?? name, master: path)
    subject.stitch = path == nil ? nil : master?.stitch
    subject.verification = path == nil ? nil : master?.verification
    subject.shots = (report["shots"]?.arrayValue ?? []).map(shot)
    subject.superseded = try superseded(master)
    subject.origin = origin(storyboard)
    return subject
  }

  private func origin(_ storyboard: String) -> ReviewOrigin {
    var origin = ReviewOrigin(
      storyboard: storyboard, storyboardSHA256: report["storyboard_sha256"]?.stringValue ?? "",
      provider: report["provider"]?.stringValue ?? "", model: report["model"]?.stringValue ?? "",
      isSimulated: report["simulated"]?.boolValue ?? false, costUSD: report["cost_usd"]?.doubleValue ?? 0,
      uncertainUSD: report["uncertain_usd"]?.doubleValue ?? 0)
    let libraries = report["libraries"]?.objectValue ?? [:]
    origin.versions = libraries.compactMapValues(\.stringValue)
    return origin
  }

  private func shot(_ json: JSONValue) -> ReviewShot {
    let request = json["request"]
    var shot = ReviewShot(id: json["id"]?.stringValue ?? "")
    shot.prompt = Self.prompts(request)
    shot.model = request?["model"]?.stringValue ?? report["model"]?.stringValue
    shot.seconds = json["seconds"]?.doubleValue.map { Rational(Int64(($0 * 1000).rounded()), 1000) }
    shot.startsFrom = json["depends_on"]?.stringValue
    shot.error = json["error"]?.stringValue ?? json["blocked_by"]?.stringValue.map { "skipped: depends on \($0)" }
    shot.takes = (json["takes"]?.arrayValue ?? []).map(take)
    let costs = shot.takes.compactMap(\.costUSD)
    shot.costUSD = costs.isEmpty ? nil : costs.reduce(0, +)
    if let anchor = json["anchor"], let file = anchor["file"]?["file"]?.stringValue {
      shot.anchor = ReviewAnchor(
        path: workspace.path(file), sha256: anchor["file"]?["sha256"]?.stringValue ?? "",
        frame: anchor["detail"]?["index"]?.integerValue.map { Int($0) })
    }
    return shot
  }

  /// The texts of `prompt`, or of the parts of `multi_prompt`.
  private static func prompts(_ request: JSONValue?) -> [String] {
    if let prompt = request?["prompt"]?.stringValue { return [prompt] }
    return (request?["multi_prompt"]?.arrayValue ?? []).compactMap { $0["prompt"]?.stringValue ?? $0.stringValue }
  }

  private func take(_ json: JSONValue) -> ReviewTake {
    let file = json["clip"]?["file"]?.stringValue
    var take = ReviewTake(
      number: Int(json["take"]?.integerValue ?? 0), isChosen: json["chosen"]?.boolValue ?? false,
      state: json["state"]?.stringValue ?? "", path: file.map(workspace.path))
    take.sha256 = json["clip"]?["sha256"]?.stringValue
    take.costUSD = json["cost_usd"]?.doubleValue
    take.error = json["error"]?.stringValue
    take.verification = json["verification"]
    return take
  }

  /// Why the master is not what a run would make now; nil when it is, as far as the ledger knows.
  private func superseded(_ master: MasterRecord?) throws -> String? {
    guard let master else { return nil }
    if FileDigest.size(ofFile: workspace.path(master.file)) != master.bytes {
      return "\(master.file) is not the file that was verified"
    }
    guard let ledger = try? Ledger(readingWorkspace: workspace.directory) else { return nil }
    for shot in (report["shots"]?.arrayValue ?? []).map(shot) {
      guard let chosen = shot.takes.first(where: { $0.isChosen }) else { continue }
      let snapshot = try ledger.snapshot(of: shot.id)
      guard let entry = snapshot.generations.first(where: { $0.take == chosen.number }) else { continue }
      if entry.isSuperseded { return "shot \(shot.id) is marked to be regenerated; the next run makes another master" }
      if let picked = snapshot.picked, picked != entry.number,
        let other = snapshot.generations.first(where: { $0.number == picked })
      {
        return "take \(other.take) of shot \(shot.id) is picked instead; the next run makes another master"
      }
    }
    return nil
  }
}

/// Writes the review page at the end of a run, and keeps one that shows the same already.
struct RunReview: Sendable {
  private let context: RunContext

  init(context: RunContext) { self.context = context }

  /// Whether the page is of this master and these takes.
  private func shows(_ subject: ReviewSubject) -> Bool {
    let workspace = context.workspace
    guard let master = RunReport.master(inReport: workspace.reportPath),
      FileManager.default.fileExists(atPath: workspace.reviewPagePath),
      let data = FileManager.default.contents(atPath: "\(workspace.reviewDirectory)/review.json"),
      let page = try? JSONDecoder().decode(JSONValue.self, from: data)
    else { return false }
    let takes = (page["shots"]?.arrayValue ?? []).map { shot in
      (shot["takes"]?.arrayValue ?? []).map { "\($0["take"]?.integerValue ?? 0) \($0["chosen"]?.boolValue ?? false)" }
    }
    return page["master"]?["sha256"]?.stringValue == master.sha256
      && page["version"]?.stringValue == context.options.version
      && takes == subject.shots.map { $0.takes.map { "\($0.number) \($0.isChosen)" } }
  }

  /// A page that cannot be written stops nothing: the master is made.
  /// - Returns: the page; nil when there is none.
  /// - Throws: `CancellationError` only.
  func write() async throws -> String? {
    let workspace = context.workspace
    guard context.options.writesReview else { return nil }
    do {
      let subject = try WorkspaceReview(workspace).subject()
      if shows(subject) { return workspace.reviewPagePath }
      var options = ReviewOptions()
      options.overwrite = true
      options.version = context.options.version
      let emit = context.emit
      let result = try await context.media.run { [options] in
        try ReviewWriter(subject, options: options).write(to: workspace.reviewDirectory) { emit(.reviewing($0)) }
      }
      context.emit(.reviewWritten(path: result.page))
      return result.page
    } catch {
      if error is CancellationError { throw error }
      context.emit(.notice("the review page could not be written: \(error)"))
      return nil
    }
  }
}
