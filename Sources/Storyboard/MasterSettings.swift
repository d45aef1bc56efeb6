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
  /// One master each; none for one master without a language. The first is the master that is reviewed.
  public var languages: [LanguageSettings] = []

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

/// A language of a master.
public struct LanguageSettings: Sendable, Hashable {
  /// ISO 639-2, three letters.
  public var language: String
  /// An audio file over the shots' audio; nil leaves that as it is.
  public var voice: String?
  /// dB relative to the file's own level; nil leaves this and what follows to the stitcher's defaults.
  public var level: Rational?
  /// dB of ducking of the other audio.
  public var duck: Rational?
  /// Milliseconds of the ducking's time constant.
  public var attack: Rational?
  /// Milliseconds of the recovery's time constant.
  public var release: Rational?

  public init(language: String, voice: String? = nil) {
    self.language = language
    self.voice = voice
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
