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

  /// Relative difference up to which the rate of a header counts as the timeline's own.
  private static let rateTolerance = Rational(1, 10_000)

  /// Reads a file's header.
  /// - Parameters:
  ///   - frames: frames of the whole file at the timeline's rate.
  ///   - keepsRate: whether the file has the timeline's rate; false for one that was conformed to it.
  /// - Throws: ``LibavError``; ``StitchError`` `unusableShot` without video.
  init(path: String, frames: Int, timelineRate: FrameRate, keepsRate: Bool) throws {
    let demuxer = try Demuxer(path: path)
    guard let stream = demuxer.mainVideo, let video = stream.video else {
      throw StitchError(.unusableShot, "has no video stream, so it cannot be on a timeline", file: path)
    }
    self.path = URL(fileURLWithPath: path).standardizedFileURL.path(percentEncoded: false)
    var rate = timelineRate
    if !keepsRate, let own = FrameRate(stream.averageFrameRate) {
      let difference = (own.rational / timelineRate.rational - .one).magnitude
      if difference > Self.rateTolerance { rate = own }
    }
    self.rate = rate
    frameCount = rate == timelineRate ? frames : max(1, rate.frames(in: timelineRate.duration(frames: frames)) ?? 1)
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

  /// Where a frame counted at the timeline's rate is, in frames of the file; a fraction where the rates differ.
  func position(of frame: Int, at timelineRate: FrameRate) -> Rational {
    rate == timelineRate ? Rational(frame) : timelineRate.duration(frames: frame) * rate.rational
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
