public import Captions
public import Foundation
public import Timing

/// How shots are joined.
public struct StitchOptions: Sendable, Hashable {
  public enum Mode: String, Sendable, CaseIterable, Codable {
    /// Copies what can be copied and re-encodes as few frames as possible.
    case auto
    /// Never re-encodes a frame; fails where a join needs it.
    case copy
    /// Same as `auto`.
    case smart
    /// Re-encodes every frame.
    case encode
  }

  public enum Overlap: Sendable, Hashable {
    /// Measured at each join.
    case automatic
    /// Drops nothing.
    case keep
    /// Drops this many frames from the end of every shot but the last.
    case fixed(Int)
  }

  /// How much of a written master is decoded to check it.
  public enum Check: String, Sendable, CaseIterable, Codable {
    /// Every frame; finds damaged shots.
    case all
    /// The frames around each join; for shots that are already verified.
    case joins
  }

  public var mode: Mode = .auto
  public var check: Check = .all
  public var overlap: Overlap = .automatic
  /// Seconds of equal-power audio crossfade at a join, 0–1.
  public var audioCrossfade = 0.020
  /// Bits per second of an AAC track; nil for 128 kbit/s a channel, and no less than stereo's.
  public var audioBitRate: Int64?
  /// Codec, level and music.
  public var audio = AudioOptions()
  /// Colour matching and conforming.
  public var video = VideoOptions()
  /// Adds one chapter per shot, named by its title.
  public var writesChapters = false
  /// Plays the joined shots at another rate; nil keeps theirs.
  public var retime: RetimeOptions?
  /// Text tracks, in the time of the joined shots.
  public var captions: [CaptionSource] = []
  public var captionLimits = CaptionLimits()
  /// Container metadata: common keys such as `title` and `comment`, and keys of the caller's own.
  public var metadata: [String: String] = [:]
  /// Marks of generated media.
  public var marking = MarkingOptions()
  /// The container's creation time; nil writes none.
  public var creationTime: Date?
  public var overwrite = false

  public init() {}

  static let bitRatePerChannel: Int64 = 128_000
}

/// Another frame rate for the same frames, as 24000/1001 for shots of 24: no frame is changed, and the audio is played slower
/// or faster.
public struct RetimeOptions: Sendable, Hashable {
  public var rate: FrameRate
  /// Whether the audio keeps its pitch; otherwise that changes as speed does.
  public var keepsPitch = false

  public init(rate: FrameRate) { self.rate = rate }
}
