import Foundation
public import Libav
import Probing
public import Timing

/// A video file that a timeline takes frames from.
public struct EditSource: Sendable, Hashable {
  /// The shape and colours of frames.
  public struct Format: Sendable, Hashable {
    /// Pixels, as stored.
    public let width: Int
    public let height: Int
    public let color: ColorTags
  }

  public struct Audio: Sendable, Hashable {
    /// Samples per second.
    public let sampleRate: Int
    public let channels: Int
  }

  /// Absolute.
  public let path: String
  public let rate: FrameRate
  /// Frames at ``rate``.
  public let frameCount: Int
  /// Of the first frame; `00:00:00:00` where the file has none.
  public let start: Timecode
  public let format: Format
  /// Nil without an audio stream.
  public let audio: Audio?
  /// The rate that its frames were converted to when it was conformed; nil where each frame of the timeline is one of it.
  private let convertedRate: FrameRate?

  /// Relative difference up to which the rate of a header counts as the shots'.
  private static let rateTolerance = Rational(1, 10_000)

  /// Reads a file's header.
  /// - Parameters:
  ///   - frames: frames of the whole file at the shots' rate.
  ///   - shotRate: of the shots before they were retimed to the timeline's, frame by frame.
  ///   - keepsRate: whether the file has the shots' rate; false for one that was conformed.
  /// - Throws: ``LibavError``; ``StitchError`` `unusableShot` without video.
  init(path: String, frames: Int, timelineRate: FrameRate, shotRate: FrameRate, keepsRate: Bool) throws {
    let demuxer = try Demuxer(path: path)
    guard let stream = demuxer.mainVideo, let video = stream.video else {
      throw StitchError(.unusableShot, "has no video stream, so it cannot be on a timeline", file: path)
    }
    self.path = URL(fileURLWithPath: path).standardizedFileURL.path(percentEncoded: false)
    let own = keepsRate ? nil : FrameRate(stream.averageFrameRate)
    let isConverted = own.map { ($0.rational / shotRate.rational - .one).magnitude > Self.rateTolerance } ?? false
    let rate = (isConverted ? own : nil) ?? timelineRate
    self.rate = rate
    convertedRate = isConverted ? shotRate : nil
    frameCount = isConverted ? max(1, rate.frames(in: shotRate.duration(frames: frames)) ?? 1) : frames
    let start = StartTimecode(container: demuxer.container, stream: stream, rate: rate)?.timecode
    guard let start = start ?? Timecode(frame: 0, rate: rate) else {
      throw StitchError(.unusableShot, "has no usable frame rate", file: path)
    }
    self.start = start
    format = Format(width: video.width, height: video.height, color: video.color)
    audio = demuxer.mainAudio?.audio.map { Audio(sampleRate: $0.sampleRate, channels: $0.channels) }
  }

  /// The file's name with its extension.
  var name: String { URL(fileURLWithPath: path).lastPathComponent }

  /// Where a frame that is counted as the timeline's are is in the file; a fraction where frames were converted.
  func position(of frame: Int) -> Rational {
    convertedRate.map { $0.duration(frames: frame) * rate.rational } ?? Rational(frame)
  }
}

/// Music below a whole timeline.
public struct EditMusic: Sendable, Hashable {
  /// Absolute.
  public let path: String
  public let audio: EditSource.Audio?
  /// Frames at the timeline's rate, to the nearest.
  public let frameCount: Int
  /// dB.
  public let level: Double
  /// Seconds.
  public let fade: Double
  /// dB.
  public let duck: Double
  public let repetitions: [Repetition]

  /// Where the timeline plays it from its beginning: the first frame, and how many.
  public struct Repetition: Sendable, Hashable {
    public let start: Int
    public let count: Int
  }

  /// - Throws: ``LibavError`` when the file cannot be read.
  init(_ music: AudioReport.Music, path: String, rate: FrameRate, timelineFrames: Int) throws {
    let demuxer = try Demuxer(path: path)
    self.path = URL(fileURLWithPath: path).standardizedFileURL.path(percentEncoded: false)
    audio = demuxer.mainAudio?.audio.map { EditSource.Audio(sampleRate: $0.sampleRate, channels: $0.channels) }
    let frames = demuxer.container.durationFromHeader.flatMap { rate.frames(in: $0) } ?? timelineFrames
    frameCount = max(1, frames)
    (level, fade, duck) = (music.level, music.fade, music.duck)
    var repetitions: [Repetition] = []
    var start = 0
    while start < timelineFrames, start == 0 || music.loops {
      repetitions.append(Repetition(start: start, count: min(frameCount, timelineFrames - start)))
      start += frameCount
    }
    self.repetitions = repetitions
  }

  var name: String { URL(fileURLWithPath: path).lastPathComponent }
}
