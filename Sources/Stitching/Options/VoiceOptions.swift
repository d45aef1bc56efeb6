import Libav

/// A recorded voice over a program, whose own audio is ducked under it.
public struct VoiceOptions: Sendable, Hashable {
  /// Allowed values of ``level`` in dB.
  public static let levelRange = -60.0...20
  /// Allowed values of ``duck`` in dB.
  public static let duckRange = 0.0...60
  /// Allowed values of ``attack`` and ``release`` in seconds.
  public static let timeRange = 0.001...10

  /// An audio file that starts with the program.
  public var file: String
  /// Gain in dB against the file's own level.
  public var level = 0.0
  /// dB by which the program's audio is lowered while the voice speaks.
  public var duck = 12.0
  /// Time constant in seconds with which it is lowered.
  public var attack = 0.050
  /// Time constant in seconds with which it comes back.
  public var release = 0.400

  public init(file: String) { self.file = file }

  /// Decodes the whole file.
  /// - Returns: seconds that it lasts.
  /// - Throws: ``StitchError`` `unusableVoice` when it has no audio, is damaged or is cut short; `LibavError` when it cannot
  ///   be opened.
  @discardableResult public func requireUsable() throws -> Double {
    let format = MasterAudioFormat.usual.audioFormat
    var reader = try AudioFileReader(self, format: format)
    var samples = 0
    while true {
      try Task.checkCancellation()
      let count = try reader.next(format.sampleRate)[0].count
      if count == 0 { return Double(samples) / Double(format.sampleRate) }
      samples += count
    }
  }
}

/// A language that a program is delivered in.
public struct LanguageVersion: Sendable, Hashable {
  /// ISO 639-2, three letters; nil when it is not known.
  public var language: String?
  /// Nil for the program's own audio.
  public var voice: VoiceOptions?

  public init(language: String?, voice: VoiceOptions?) {
    self.language = language
    self.voice = voice
  }

  /// Checks the voices of a program: all can be decoded, and none is longer than it.
  /// - Parameter program: seconds.
  /// - Throws: ``StitchError`` `badRequest` for a language that is none or is given twice, `unusableVoice` as
  ///   ``VoiceOptions/requireUsable()`` and for a voice that lasts longer than the program.
  public static func check(_ versions: [LanguageVersion], program: Double) throws {
    for version in versions {
      let shown = version.language ?? ""
      if let language = version.language, language.wholeMatch(of: /[a-z]{3}/) == nil {
        throw StitchError(
          .badRequest, "“\(language)” is no language of ISO 639-2; write three letters, such as eng or deu")
      }
      if versions.count(where: { $0.language == version.language }) > 1 {
        throw StitchError(
          .badRequest,
          "voices are given twice \(shown.isEmpty ? "without a language" : "for \(shown)"); give each its language")
      }
      guard let voice = version.voice else { continue }
      let seconds = try voice.requireUsable()
      if seconds > program + longestExcess {
        throw StitchError(
          .unusableVoice, "lasts \(seconds.short) s, longer than the program of \(program.short) s; shorten it",
          file: voice.file)
      }
    }
  }

  /// Seconds by which a voice may outlast the program: padding of its codec.
  private static let longestExcess = 0.1
}
