import Files
import Foundation
import Libav
import Probing
public import Stitching
import Timing

/// The frames of a master: where they are in time, and where its shots meet.
struct MasterTimeline: Sendable {
  struct Part: Sendable {
    let id: String
    let frames: Range<Int>
  }

  let path: String
  let index: MediaIndex
  let video: PacketIndex
  let timing: FrameTiming
  let frameCount: Int
  /// One for each shot; one for the whole when nothing is known of shots.
  let parts: [Part]

  /// - Parameter stitch: nil to take the shots from the master's chapters.
  /// - Throws: ``ReviewError`` without video; `LibavError` when the file cannot be opened.
  init(path: String, stitch: StitchReport?) throws {
    let index = try MediaIndex(path: path)
    guard let video = index.video, !video.presentationOrder.isEmpty else {
      throw ReviewError(.unusableMedia, "holds no video to review", file: path)
    }
    self.path = path
    self.index = index
    self.video = video
    timing = FrameTiming(
      times: video.hasUniquePTS ? video.presentationTimes : [], timeBase: video.stream.timeBase,
      headerRates: [video.stream.averageFrameRate, video.stream.baseFrameRate])
    frameCount = video.presentationOrder.count
    let count = frameCount
    if let stitch, stitch.frames == count, !stitch.shots.isEmpty {
      let starts = [0] + stitch.joins.map(\.frame) + [count]
      parts = zip(stitch.shots, zip(starts, starts.dropFirst())).map { shot, range in
        Part(id: shot.title, frames: range.0..<max(range.0, range.1))
      }
    } else {
      parts = Self.parts(of: index, video: video, count: count)
    }
  }

  /// The shots that the chapters name.
  private static func parts(of index: MediaIndex, video: PacketIndex, count: Int) -> [Part] {
    let name = URL(filePath: index.container.path).deletingPathExtension().lastPathComponent
    let whole = [Part(id: name, frames: 0..<count)]
    let chapters = index.container.chapters.sorted { $0.range.start < $1.range.start }
    guard chapters.count > 1, video.hasUniquePTS else { return whole }
    let times = video.presentationTimes.map { video.stream.timeBase.seconds($0) }
    let origin = index.container.startTime ?? .zero
    // Chapters are written to the millisecond: a frame begins at the nearest.
    let tolerance = Rational(2, 1000)
    let starts = chapters.map { chapter in times.firstIndex { $0 - origin + tolerance >= chapter.range.start } ?? count
    }
    guard starts[0] == 0, zip(starts, starts.dropFirst()).allSatisfy(<), let last = starts.last, last < count else {
      return whole
    }
    return zip(chapters, zip(starts, starts.dropFirst() + [count])).enumerated().map { number, part in
      Part(id: part.0.title ?? "\(number + 1)", frames: part.1.0..<part.1.1)
    }
  }

  /// The first frame after each join.
  var joins: [Int] { parts.dropFirst().map(\.frames.lowerBound) }

  /// Seconds of the first frame, as a player counts them.
  var start: Rational {
    let origin = index.container.startTime ?? .zero
    return (video.start ?? origin) - origin
  }

  var duration: Rational {
    guard let start = video.start, let end = video.end else { return .zero }
    return end - start
  }

  /// Frames per second; nil when the file names none.
  var rate: FrameRate? { timing.rate ?? FrameRate(video.stream.averageFrameRate) }

  /// Seconds from the first frame.
  func seconds(_ frame: Int) -> Double {
    if timing.isConstant, let rate { return rate.duration(frames: frame).doubleValue }
    let times = video.presentationTimes
    guard let first = times.first, times.indices.contains(frame) else { return duration.doubleValue }
    return video.stream.timeBase.seconds(times[frame] - first).doubleValue
  }

  func part(holding frame: Int) -> Part? { parts.first { $0.frames.contains(frame) } }
}

/// Where the shots of a master meet.
public enum MasterJoins {
  public struct Join: Sendable, Hashable {
    /// The first frame after it.
    public let frame: Int
    /// Ids of the shots.
    public let from: String
    public let to: String
  }

  /// From a stitch report, or else from the master's chapters; empty when neither names any.
  /// - Throws: ``ReviewError`` without video; `LibavError` when the file cannot be opened.
  public static func joins(of path: String, stitch: StitchReport?) throws -> [Join] {
    let parts = try MasterTimeline(path: path, stitch: stitch).parts
    return zip(parts, parts.dropFirst()).map { Join(frame: $1.frames.lowerBound, from: $0.id, to: $1.id) }
  }
}
