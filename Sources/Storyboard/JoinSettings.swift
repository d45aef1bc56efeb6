public import Timing

/// Options of the join; nil leaves a choice to the command line and its defaults.
public struct JoinSettings: Sendable, Hashable {
  public enum Mode: String, Sendable, Hashable, CaseIterable { case auto, copy, smart, encode }
  public enum MatchColor: String, Sendable, Hashable, CaseIterable { case off, report, ease, first }
  /// What happens to the frames that two shots share.
  public enum Overlap: Sendable, Hashable {
    case auto, keep
    /// This many are dropped.
    case frames(Int)
  }

  public var mode: Mode?
  public var overlap: Overlap?
  public var matchColor: MatchColor?
  /// Frames over which a correction fades out.
  public var easeFrames: Int?
  /// Nil refuses clips of different formats.
  public var conform: ConformSettings?
  /// The rate at which the master plays the shots' frames; nil for their own.
  public var retime: FrameRate?
  /// Whether the audio of a retimed master keeps its pitch.
  public var keepsPitch: Bool?
  /// Milliseconds.
  public var audioCrossfade: Rational?
  /// LUFS.
  public var loudness: Rational?
  /// dBTP.
  public var truePeak: Rational?

  public init(
    mode: Mode? = nil, overlap: Overlap? = nil, matchColor: MatchColor? = nil, audioCrossfade: Rational? = nil,
    loudness: Rational? = nil, truePeak: Rational? = nil
  ) {
    self.mode = mode
    self.overlap = overlap
    self.matchColor = matchColor
    self.audioCrossfade = audioCrossfade
    self.loudness = loudness
    self.truePeak = truePeak
  }
}

/// The part of a shot's clip that goes into the master: `[start, end)`, as the nearest frames.
public struct ShotTrim: Sendable, Hashable {
  /// Nil for the clip's own start.
  public let start: TimePoint?
  /// Nil for the clip's own end.
  public let end: TimePoint?
}

/// The transition from the shot before.
public struct ShotTransition: Sendable, Hashable {
  public enum Kind: String, Sendable, Hashable, CaseIterable { case dissolve, dip }

  public let kind: Kind
  public let duration: TimePoint
}

/// The format that clips are converted to; nil takes a field from the first clip.
public struct ConformSettings: Sendable, Hashable {
  public enum Fit: String, Sendable, Hashable, CaseIterable { case pad, crop, stretch }
  public enum RateConversion: String, Sendable, Hashable, CaseIterable { case duplicate, blend }

  /// Pixels.
  public var width: Int?
  public var height: Int?
  public var rate: FrameRate?
  public var fit: Fit?
  public var rateConversion: RateConversion?

  public init() {}
}
