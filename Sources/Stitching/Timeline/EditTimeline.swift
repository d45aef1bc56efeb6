import Files
import Foundation
import Libav
import Probing
public import Timing

/// A master as a timeline of the files it was made of, for editing programs.
///
/// Frames of the master and frames kept of a file count from 0 at the master's rate.
public struct EditTimeline: Sendable {
  /// Frames of a file, one after another.
  public struct Clip: Sendable, Hashable {
    public let name: String
    /// Index in ``EditTimeline/sources``.
    public let source: Int
    /// The frames that the master shows of it, from the file's first. Where the clip before dissolves into it, the first
    /// ``dissolve`` of them show both.
    public let kept: Range<Int>
    /// The position in the master of the first of them.
    public let start: Int
    public let dissolve: Int
    /// How the frames came into the master, and why.
    let mode: String
    let reason: String

    var end: Int { start + kept.count }
  }

  public let name: String
  public let rate: FrameRate
  public let frameCount: Int
  /// Of the master's first frame; nil where it has none.
  public let start: Timecode?
  /// Of the master.
  public let format: EditSource.Format
  /// Absolute.
  public let master: String
  /// Each file once, in the order of the clips.
  public let sources: [EditSource]
  /// Without gaps, in the order of the master.
  public let clips: [Clip]
  public let music: EditMusic?
  public var markers: [EditMarker]

  /// The timeline of a master that is being written, with its joins as markers.
  /// - Parameter master: its path.
  /// - Throws: ``LibavError`` when a file cannot be read.
  public init(_ plan: StitchPlan, options: StitchOptions, master: String) throws {
    let report = StitchReport(plan, mode: options.mode, output: master, notes: [], audio: nil, captions: [])
    let music = options.audio.music.map {
      AudioReport.Music(file: $0.file, level: $0.level, fade: $0.fade, duck: $0.duck, loops: $0.loops)
    }
    let start = StartTimecode(of: plan).flatMap { $0.isWritable(at: plan.rate) ? $0.timecode : nil }
    try self.init(
      report, master: master, name: options.metadata["title"] ?? Self.stem(master), start: start, format: nil,
      music: music, folders: [])
  }

  /// The timeline of a finished master, with its joins as markers.
  /// - Parameters:
  ///   - report: what the stitch that wrote it reported.
  ///   - name: the timeline's name; nil for the master's title, else its file name.
  ///   - folders: where files that the report names are looked for when they are not where they were.
  /// - Throws: ``StitchError`` when the report is of another master; ``LibavError`` when a file cannot be read.
  public init(_ report: StitchReport, of master: String, name: String? = nil, folders: [String]) throws {
    let file = try MasterFile(master)
    guard file.source.frameCount == report.frames, "\(file.source.rate)" == report.frameRate else {
      throw StitchError(
        .mismatch,
        "has \(counted(file.source.frameCount, "frame")) at \(file.source.rate) frames/s, but the report is of a master of "
          + "\(report.frames) at \(report.frameRate); name the report of this master", file: master)
    }
    try self.init(
      report, master: master, name: name ?? file.title, start: file.start, format: file.source.format,
      music: report.audio?.music, folders: folders)
  }

  /// The timeline of a master of which nothing more is known: clips of the master itself.
  /// - Parameters:
  ///   - joins: the first frame after each.
  ///   - names: of the parts between them, one more than joins.
  /// - Throws: ``LibavError`` when the file cannot be read.
  public init(master: String, name: String? = nil, joins: [Int], names: [String]) throws {
    let file = try MasterFile(master)
    self.name = name ?? file.title
    self.master = file.source.path
    rate = file.source.rate
    frameCount = file.source.frameCount
    start = file.start
    format = file.source.format
    sources = [file.source]
    let edges = [0] + joins + [frameCount]
    clips = zip(edges, edges.dropFirst()).enumerated().compactMap { number, edge in
      guard edge.0 < edge.1 else { return nil }
      return Clip(
        name: names.indices.contains(number) ? names[number] : "\(number + 1)", source: 0, kept: edge.0..<edge.1,
        start: edge.0, dissolve: 0, mode: "copy", reason: "a part of the master")
    }
    music = nil
    markers = joins.enumerated().map { number, frame in
      EditMarker(.join(nil), frame: frame, name: "Join \(number + 1)", comment: "")
    }
  }

  private init(
    _ report: StitchReport, master: String, name: String, start: Timecode?, format: EditSource.Format?,
    music: AudioReport.Music?, folders: [String]
  ) throws {
    guard let rate = Rational(parsing: report.frameRate).flatMap({ FrameRate($0) }), !report.shots.isEmpty,
      report.joins.count == report.shots.count - 1
    else {
      throw StitchError(.badRequest, "the stitch report has no frame rate, or its joins do not fit its shots")
    }
    let shotRate = report.sourceFrameRate.flatMap { Rational(parsing: $0) }.flatMap { FrameRate($0) } ?? rate
    var sources: [EditSource] = []
    var clips: [Clip] = []
    for (number, shot) in report.shots.enumerated() {
      let path = Self.place(of: shot.file, folders: folders)
      var source = sources.firstIndex { $0.path == Self.absolute(path) }
      if source == nil {
        source = sources.count
        sources.append(
          try EditSource(
            path: path, frames: shot.framesIn, timelineRate: rate, shotRate: shotRate,
            keepsRate: shot.conformed.isEmpty))
      }
      let join = number > 0 ? report.joins[number - 1] : nil
      clips.append(
        Clip(
          name: shot.title, source: source ?? 0, kept: shot.keptFrom..<max(shot.keptFrom, shot.keptTo),
          start: clips.last?.end ?? 0, dissolve: join?.fadeFrames ?? 0, mode: shot.mode, reason: shot.reason))
    }
    guard clips.last?.end == report.frames else {
      throw StitchError(.badRequest, "the frames of the shots in the stitch report do not add up to \(report.frames)")
    }
    self.name = name
    self.rate = rate
    self.start = start
    self.format = format ?? sources[0].format
    self.master = Self.absolute(master)
    self.sources = sources
    self.clips = clips
    frameCount = report.frames
    self.music = try music.map { music in
      try EditMusic(
        music, path: Self.place(of: music.file, folders: folders), rate: rate, timelineFrames: report.frames)
    }
    markers = report.joins.map { EditMarker($0) }
  }

  /// Timecode of the first frame, from zero where the master has none.
  public var firstTimecode: Timecode? { start ?? Timecode(frame: 0, rate: rate) }

  /// Whether any file has audio.
  var hasAudio: Bool { sources.contains { $0.audio != nil } }

  /// Adds markers and keeps all in the order of their frames; those outside the master are moved to its ends.
  public mutating func add(_ more: [EditMarker]) {
    markers = (markers + more).map { $0.clamped(to: frameCount) }.enumerated().sorted {
      ($0.element.frame, $0.offset) < ($1.element.frame, $1.offset)
    }.map(\.element)
  }

  /// A file where the report says it is, or else of the same name in one of the folders.
  private static func place(of file: String, folders: [String]) -> String {
    let name = URL(fileURLWithPath: file).lastPathComponent
    let candidates = [file] + folders.flatMap { ["\($0)/\(file)", "\($0)/\(name)"] }
    return candidates.first { FileManager.default.fileExists(atPath: $0) } ?? file
  }

  private static func absolute(_ path: String) -> String {
    URL(fileURLWithPath: path).standardizedFileURL.path(percentEncoded: false)
  }

  fileprivate static func stem(_ path: String) -> String {
    URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
  }
}

/// A finished master: its frames counted, its title and its timecode.
private struct MasterFile {
  let source: EditSource
  let start: Timecode?
  let title: String

  /// - Throws: ``LibavError``; ``StitchError`` `unusableShot` for a file without frames at a constant rate.
  init(_ path: String) throws {
    let index = try MediaIndex(path: path)
    guard let video = index.video, !video.presentationOrder.isEmpty else {
      throw StitchError(.unusableShot, "has no video, so it cannot be a timeline", file: path)
    }
    let timing = FrameTiming(
      times: video.hasUniquePTS ? video.presentationTimes : [], timeBase: video.stream.timeBase,
      headerRates: [video.stream.averageFrameRate, video.stream.baseFrameRate])
    guard timing.isConstant, let rate = timing.rate else {
      throw StitchError(
        .unusableShot, "has no constant frame rate, so editing programs could not count its frames", file: path)
    }
    source = try EditSource(
      path: path, frames: video.presentationOrder.count, timelineRate: rate, shotRate: rate,
      keepsRate: true)
    start = StartTimecode(container: index.container, stream: video.stream, rate: rate)?.timecode
    title = index.container.metadata["title"] ?? EditTimeline.stem(path)
  }
}
