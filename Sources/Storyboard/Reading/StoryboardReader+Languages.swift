import Files
import Presets
import Timing

/// dB of a voice's gain.
private let voiceLevelRange = Rational(-60)...Rational(20)
/// dB of ducking under a voice.
private let voiceDuckRange = Rational.zero...Rational(60)
/// Milliseconds of a voice's time constants.
private let voiceTimeRange = Rational.one...Rational(10_000)

extension StoryboardReader {
  func captions(of master: FieldReader) -> [CaptionSettings] {
    var taken: Set<String> = []
    return (master.list("captions") ?? []).compactMap { item in
      guard
        let fields = FieldReader(item.node, path: item.path, known: ["file", "language"], problems: problems),
        let file = fields.text("file", required: true), let path = path(file, of: fields)
      else { return nil }
      let language = language(of: fields)
      if !taken.insert(language ?? "").inserted {
        fields.report("language", "there are captions of this language already; give each its own.")
      }
      return CaptionSettings(file: path, language: language)
    }
  }

  func languages(of master: FieldReader) -> [LanguageSettings] {
    var taken: Set<String> = []
    return (master.list("languages") ?? []).compactMap { item in
      let keys = ["language", "voice", "level", "duck", "attack", "release"]
      guard let fields = FieldReader(item.node, path: item.path, known: keys, problems: problems) else { return nil }
      guard let language = language(of: fields, required: true) else { return nil }
      if !taken.insert(language).inserted {
        fields.report("language", "there is a master of this language already; give each its own.")
      }
      var settings = LanguageSettings(language: language)
      settings.voice = fields.text("voice").flatMap { path($0, of: fields, field: "voice") }
      settings.level = number("level", of: fields, in: voiceLevelRange, unit: "dB")
      settings.duck = number("duck", of: fields, in: voiceDuckRange, unit: "dB")
      settings.attack = number("attack", of: fields, in: voiceTimeRange, unit: "milliseconds")
      settings.release = number("release", of: fields, in: voiceTimeRange, unit: "milliseconds")
      return settings
    }
  }

  func language(of fields: FieldReader, required: Bool = false) -> String? {
    guard let language = fields.text("language", required: required) else { return nil }
    guard language.wholeMatch(of: /[a-z]{3}/) != nil else {
      fields.report(
        "language", "\(quoted(language)) is no language of ISO 639-2; write three letters, such as eng or deu.")
      return nil
    }
    return language
  }
}
