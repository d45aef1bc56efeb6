public import Timing

/// The master's specification and how the shots are joined.
public struct MasterSettings: Sendable, Hashable {
  /// The verify preset, by name or path.
  public var verify: String?
  public var join: JoinSettings
  /// Mixed under the shots' own audio.
  public var music: MusicSettings?
  /// Text tracks of the master.
  public var captions: [CaptionSettings]

  public init(
    verify: String? = nil, join: JoinSettings = .init(), music: MusicSettings? = nil, captions: [CaptionSettings] = []
  ) {
    self.captions = captions
    self.verify = verify
    self.join = join
    self.music = music
  }
}

/// A caption file of SubRip or WebVTT.
public struct CaptionSettings: Sendable, Hashable {
  /// An absolute path, or relative to where the program runs.
  public var file: String
  /// ISO 639-2, three letters.
  public var language: String?

  public init(file: String, language: String? = nil) {
    self.file = file
    self.language = language
  }
}

/// Music under the shots' own audio; nil leaves a choice to the stitcher's defaults.
public struct MusicSettings: Sendable, Hashable {
  /// An absolute path, or relative to where the program runs.
  public var file: String
  /// dB relative to the file's own level.
  public var level: Rational?
  /// Seconds of fade-in at the start and fade-out at the end.
  public var fade: Rational?
  /// dB of ducking while the shots have audio.
  public var duck: Rational?
  /// Whether it repeats until the master ends.
  public var loops: Bool?

  public init(
    file: String, level: Rational? = nil, fade: Rational? = nil, duck: Rational? = nil, loops: Bool? = nil
  ) {
    self.file = file
    self.level = level
    self.fade = fade
    self.duck = duck
    self.loops = loops
  }
}
