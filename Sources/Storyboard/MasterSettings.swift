public import Timing

/// What the master must be and how the shots are joined.
public struct MasterSettings: Sendable, Hashable {
  /// The verify preset, by name or path.
  public var verify: String?
  public var join: JoinSettings
  /// Laid under the shots' own audio.
  public var music: MusicSettings?

  public init(verify: String? = nil, join: JoinSettings = .init(), music: MusicSettings? = nil) {
    self.verify = verify
    self.join = join
    self.music = music
  }
}

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
  /// Nil refuses clips that do not fit together.
  public var conform: ConformSettings?
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
