import Foundation
import Libav
import Pipeline
import Review
import Stitching

/// What `review` is asked to show: a workspace, a master, or shots to stitch.
struct ReviewSource {
  private enum Kind {
    case workspace(Workspace)
    case master(String)
    case shots([String])
  }

  private static let storyboardSuffixes: Set<String> = ["yaml", "yml", "json"]

  private let kind: Kind

  /// - Throws: ``UsageError`` for a file that does not exist, and storyboards among shots.
  init(_ inputs: [String], workspace: String?) throws {
    for input in inputs where !FileManager.default.fileExists(atPath: input) {
      throw UsageError("\(input): no such file", status: .inputNotFound)
    }
    guard inputs.count == 1, let input = inputs.first else {
      if let other = inputs.first(where: Self.isStoryboard) {
        throw UsageError("\(other) is a storyboard; name it alone, or media files only")
      }
      kind = .shots(inputs)
      return
    }
    if Self.isFolder(input) {
      kind = .workspace(Workspace(directory: input))
    } else if Self.isStoryboard(input) {
      kind = .workspace(workspace.map { Workspace(directory: $0) } ?? Workspace(besideStoryboard: input))
    } else {
      // A workspace's own master is shown with its shots.
      let folder = Workspace(directory: URL(filePath: input).deletingLastPathComponent().path(percentEncoded: false))
      let isOwn =
        URL(filePath: folder.masterPath).standardizedFileURL == URL(filePath: input).standardizedFileURL
        && FileManager.default.fileExists(atPath: folder.reportPath)
      kind = isOwn ? .workspace(folder) : .master(input)
    }
  }

  private static func isFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
  }

  private static func isStoryboard(_ path: String) -> Bool {
    !isFolder(path) && storyboardSuffixes.contains(URL(filePath: path).pathExtension.lowercased())
  }

  var isWorkspace: Bool { if case .workspace = kind { true } else { false } }

  var defaultFolder: String {
    switch kind {
    case .workspace(let workspace): workspace.reviewDirectory
    case .master(let path): Self.beside(path)
    case .shots(let paths): Self.beside(paths[0])
    }
  }

  private static func beside(_ path: String) -> String {
    let url = URL(filePath: path)
    return url.deletingLastPathComponent().appending(path: url.deletingPathExtension().lastPathComponent + ".review")
      .path(percentEncoded: false)
  }

  /// Folders in which files of a report are looked for that are not where they were.
  /// - Parameter joins: the report, of a master without a workspace.
  func folders(besides joins: String?) -> [String] {
    if case .workspace(let workspace) = kind { return [workspace.directory, workspace.path("clips")] }
    return joins.map { [URL(filePath: $0).deletingLastPathComponent().path(percentEncoded: false)] } ?? []
  }

  /// - Parameters:
  ///   - temporary: for the master that is stitched of shots.
  ///   - joins: a stitch report of the master.
  func subject(in temporary: TemporaryFiles, joins: String?) throws -> ReviewSubject {
    switch kind {
    case .workspace(let workspace): return try WorkspaceReview(workspace).subject()
    case .master(let path):
      let demuxer = try Demuxer(path: path, purpose: .copying)
      let name = URL(filePath: path).lastPathComponent
      var subject = ReviewSubject(title: demuxer.container.metadata["title"] ?? name, master: path)
      subject.stitch = try joins.map { try JoinsFile($0).report }
      return subject
    case .shots(let paths): return try temporary.run { try stitched(paths, in: temporary) }
    }
  }

  /// MP4 where it can hold the shots' video as it is.
  private static func container(of shot: String) throws -> String {
    let video = try Demuxer(path: shot, purpose: .copying).streams.first { $0.kind == .video }
    return video.map { Muxer.format("mp4", holds: $0.codecName) } ?? true ? "mp4" : "mov"
  }

  /// Shots that cannot be joined as they are need options that are those of `stitch`.
  private static func advising<Value>(_ stitch: () throws -> Value) throws -> Value {
    do {
      return try stitch()
    } catch let error as StitchError where error.message.contains("--") {
      throw StitchError(
        error.code, "\(error.message); 'longtake stitch' has these options: review the master that it writes",
        file: error.file)
    }
  }

  private func stitched(_ paths: [String], in temporary: TemporaryFiles) throws -> ReviewSubject {
    try temporary.create()
    var options = StitchOptions()
    options.writesChapters = true
    options.check = .joins
    Terminal.note("stitching \(paths.count) shots")
    let (master, report) = try Self.advising {
      let plan = try StitchPlan(paths.map { StitchShot(path: $0) }, options: options)
      let container = try Self.container(of: paths[0])
      let master = "\(temporary.path)/master.\(container)"
      return (master, try Stitcher(plan, options: options).write(to: master))
    }
    var subject = ReviewSubject(
      title: URL(filePath: paths[0]).deletingLastPathComponent().lastPathComponent, master: master)
    subject.stitch = report
    subject.shots = paths.map { path in
      var shot = ReviewShot(id: URL(filePath: path).lastPathComponent)
      shot.takes = [ReviewTake(number: 1, isChosen: true, state: "file", path: path)]
      return shot
    }
    return subject
  }
}
