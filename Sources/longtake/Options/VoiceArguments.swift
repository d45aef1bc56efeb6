import ArgumentParser
import Foundation
import Stitching

/// Options of `stitch` and `deliver` for recorded voices.
struct VoiceArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Voice over the audio, with its language (ISO 639-2); repeated, one output per language.",
      discussion: """
        The file starts with the program, whose own audio is ducked under it. none=LANG keeps the program's audio for a language. \
        All outputs have the same video packets.
        """, valueName: "file[=lang]"),
    completion: .file())
  var voice: [CaptionFileArgument] = []

  @Option(
    name: .customLong("voice-level"), parsing: .unconditional,
    help: ArgumentHelp("Gain of the voice, -60 to 20 (default: 0).", valueName: "db"))
  var level: Double?

  @Option(
    name: .customLong("voice-duck"),
    help: ArgumentHelp("Attenuation of the other audio under the voice, 0 to 60 (default: 12).", valueName: "db"))
  var duck: Double?

  @Option(
    name: .customLong("voice-attack"),
    help: ArgumentHelp("Time constant of the attenuation, 1 to 10000 (default: 50).", valueName: "ms"))
  var attack: Double?

  @Option(
    name: .customLong("voice-release"),
    help: ArgumentHelp("Time constant of the recovery, 1 to 10000 (default: 400).", valueName: "ms"))
  var release: Double?

  func validate() throws {
    let ranges: [(Double?, ClosedRange<Double>, Double, String)] = [
      (level, VoiceOptions.levelRange, 1, "--voice-level must be -60 to 20 dB."),
      (duck, VoiceOptions.duckRange, 1, "--voice-duck must be 0 to 60 dB."),
      (attack, VoiceOptions.timeRange, 1000, "--voice-attack must be 1 to 10000 milliseconds."),
      (release, VoiceOptions.timeRange, 1000, "--voice-release must be 1 to 10000 milliseconds."),
    ]
    for (value, range, scale, message) in ranges {
      if let value, !range.contains(value / scale) { throw ValidationError(message) }
      if value != nil, voice.isEmpty {
        throw ValidationError("--voice-level, --voice-duck, --voice-attack and --voice-release need --voice FILE.")
      }
    }
  }

  /// The files that are read.
  var files: [String] { versions.compactMap(\.voice?.file) }

  var versions: [LanguageVersion] {
    voice.map { argument in
      guard argument.file != "none" else { return LanguageVersion(language: argument.language, voice: nil) }
      var voice = VoiceOptions(file: argument.file)
      if let level { voice.level = level }
      if let duck { voice.duck = duck }
      if let attack { voice.attack = attack / 1000 }
      if let release { voice.release = release / 1000 }
      return LanguageVersion(language: argument.language, voice: voice)
    }
  }
}
