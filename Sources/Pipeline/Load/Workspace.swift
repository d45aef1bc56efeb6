import Foundation
import Ledger

/// The folder of one storyboard's files.
public struct Workspace: Sendable, Hashable {
  /// The folder, without a slash at its end.
  public let directory: String

  public init(directory: String) {
    let path = URL(filePath: directory, directoryHint: .isDirectory).standardizedFileURL.path(percentEncoded: false)
    self.directory = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
  }

  /// `<storyboard name without its ending>.longtake` beside the storyboard.
  public init(besideStoryboard path: String) {
    let url = URL(filePath: path)
    let name = url.deletingPathExtension().lastPathComponent
    self.init(
      directory: url.deletingLastPathComponent().appending(path: "\(name).longtake").path(percentEncoded: false))
  }

  public var ledgerPath: String { path("ledger.sqlite") }
  public var masterPath: String { path("master.mp4") }
  static let reportName = "report.json"
  public var reportPath: String { path(Self.reportName) }
  public var contactSheetPath: String { path("contact-sheet.jpg") }
  /// OpenTimelineIO, where it was asked for.
  public var timelinePath: String { path("timeline.otio") }
  /// The review page and its files.
  public var reviewDirectory: String { path("review") }
  public var reviewPagePath: String { "\(reviewDirectory)/index.html" }
  static let deliverablesName = "deliverables"
  /// The delivery versions of the master, where the storyboard asks for them.
  public var deliverablesDirectory: String { path(Self.deliverablesName) }
  public var logPath: String { path("run.log") }
  /// The sandbox's state.
  public var sandboxDirectory: String { path("sandbox") }

  /// The absolute path of a file named relative to the workspace.
  public func path(_ relative: String) -> String { "\(directory)/\(relative)" }

  /// Relative to the workspace, as the ledger names it.
  static func clipName(shot: String, take: Int) -> String { "clips/\(shot).take\(take).mp4" }

  /// Relative to the workspace.
  static func anchorName(shot: String, _ kind: AnchorKind, suffix: String) -> String {
    "anchors/\(shot)\(kind == .last ? "" : ".first").\(suffix)"
  }

  /// Relative to the workspace: the image that a shot ends on when it is regenerated between its neighbours.
  static func endImageName(shot: String, suffix: String) -> String { "anchors/\(shot).end.\(suffix)" }

  /// Why a run could not write here: the folder, or the nearest one above it that exists, is read-only; nil when it could.
  public var refusal: String? {
    // Without a slash at the end, which would make a file look as if it did not exist.
    var nearest = URL(filePath: directory).standardizedFileURL.path(percentEncoded: false)
    while nearest.count > 1, nearest.hasSuffix("/") { nearest.removeLast() }
    while !FileManager.default.fileExists(atPath: nearest), nearest != "/" {
      nearest = (nearest as NSString).deletingLastPathComponent
    }
    var isFolder: ObjCBool = false
    _ = FileManager.default.fileExists(atPath: nearest, isDirectory: &isFolder)
    guard isFolder.boolValue, access(nearest, W_OK) == 0 else {
      return "\(nearest) \(isFolder.boolValue ? "cannot be written to" : "is not a folder"), so the workspace "
        + "\(directory) cannot be made there. Choose another with --workspace."
    }
    return nil
  }

  private static let folders = ["clips", "anchors"]

  /// Creates the folders that are missing.
  /// - Throws: ``PipelineError`` `cannotCreate`.
  func prepare() throws {
    for folder in [directory] + Self.folders.map(path) {
      do {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      } catch {
        throw PipelineError(
          .cannotCreate,
          "the folder \(folder) cannot be created: \(error.localizedDescription) Choose another with --workspace.")
      }
      guard access(folder, W_OK) == 0 else {
        throw PipelineError(
          .cannotCreate, "the folder \(folder) cannot be written to. Choose another with --workspace.")
      }
    }
  }

  /// Removes the temporary files of a killed run, except those that a download can resume from: a `.part` with its server's
  /// version beside it. The workspace's lock must be held.
  func removeLeftovers() {
    let files = FileManager.default
    for folder in [directory] + Self.folders.map(path) {
      for name in (try? files.contentsOfDirectory(atPath: folder)) ?? [] where name.hasSuffix(".part") {
        guard !files.fileExists(atPath: "\(folder)/\(name).json") else { continue }
        try? files.removeItem(atPath: "\(folder)/\(name)")
      }
    }
  }

  /// Free bytes without which nothing is sent: what a service accepts has to be recorded here.
  private static let leastFreeSpace: Int64 = 8 << 20

  /// Bytes that the disk has left; nil where the system does not tell.
  var freeSpace: Int64? {
    var facts = statvfs()
    guard statvfs(directory, &facts) == 0 else { return nil }
    return Int64(clamping: UInt64(facts.f_bavail) * UInt64(facts.f_frsize))
  }

  /// - Throws: ``PipelineError`` `inputOutput` when the disk is nearly full.
  func requireFreeSpace(for shot: String) throws {
    guard let free = freeSpace, free < Self.leastFreeSpace else { return }
    throw PipelineError(
      .inputOutput,
      "the disk of \(directory) is full (\(free >> 10) KiB left), so shot \(shot) was not sent and not paid. Free some "
        + "space and run again.")
  }
}
