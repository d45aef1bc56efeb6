public import ArgumentParser
import Foundation
public import Stitching
import Timing

/// Options of `stitch` for the master's audio.
struct StitchAudioOptions: ParsableArguments {
  @Option(
    name: .customLong("audio-crossfade"),
    help: ArgumentHelp("Crossfade at each join in milliseconds, 0 to 1000.", valueName: "ms"))
  var audioCrossfade: Double = 20

  @Option(name: .customLong("audio-codec"), help: "Audio codec: aac; pcm (24 bit) and pcm16 in .mov only.")
  var audioCodec: AudioOptions.Codec = .aac

  @Option(
    name: .customLong("audio-bitrate"),
    help: ArgumentHelp("Bit rate of AAC in kbit/s, 64 to 512 (default: 128 a channel).", valueName: "kbit/s"))
  var audioBitrate: Kilobits?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Integrated loudness of the master, -70 to 0 (default: unchanged).", valueName: "lufs"))
  var loudness: Double?

  @Option(
    name: .customLong("true-peak"), parsing: .unconditional,
    help: ArgumentHelp(
      "Maximum true peak, -20 to 0 (default: -1 with --loudness or --music, else unlimited).", valueName: "dbtp"))
  var truePeak: Double?

  @Option(help: ArgumentHelp("Music to mix under the shots' own audio.", valueName: "file"), completion: .file())
  var music: String?

  @Option(
    name: .customLong("music-level"), parsing: .unconditional,
    help: ArgumentHelp("Gain of the music, -60 to 20 (default: -12).", valueName: "db"))
  var musicLevel: Double?

  @Option(
    name: .customLong("music-fade"),
    help: ArgumentHelp("Fade-in and fade-out of the music, 0 to 60s (default: 2s).", valueName: "duration"))
  var musicFade: DurationArgument?

  @Option(
    name: .customLong("music-duck"),
    help: ArgumentHelp("Attenuation of the music while a shot has audio, 0 to 60 (default: 6).", valueName: "db"))
  var musicDuck: Double?

  @Flag(name: .customLong("music-loop"), help: "Loop the music (default: silence after its end).")
  var musicLoop = false

  func validate() throws {
    try Self.require(audioCrossfade, in: 0...1000, "--audio-crossfade", "milliseconds")
    try Self.require(loudness, in: AudioOptions.loudnessRange, "--loudness", "LUFS")
    try Self.require(truePeak, in: AudioOptions.truePeakRange, "--true-peak", "dBTP")
    try Self.require(musicLevel, in: MusicOptions.levelRange, "--music-level", "dB")
    try Self.require(musicFade?.seconds.doubleValue, in: MusicOptions.fadeRange, "--music-fade", "seconds")
    try Self.require(musicDuck, in: MusicOptions.duckRange, "--music-duck", "dB")
    let details = [musicLevel != nil, musicFade != nil, musicDuck != nil, musicLoop]
    if music == nil, details.contains(true) {
      throw ValidationError("--music-level, --music-fade, --music-duck and --music-loop need --music FILE.")
    }
    if audioCodec != .aac, audioBitrate != nil {
      throw ValidationError("--audio-bitrate is for aac; pcm is uncompressed.")
    }
  }

  func apply(to options: inout StitchOptions) {
    options.audioCrossfade = audioCrossfade / 1000
    if let audioBitrate { options.audioBitRate = audioBitrate.bitsPerSecond }
    options.audio.codec = audioCodec
    options.audio.loudness = loudness
    options.audio.truePeak = truePeak
    guard let music else { return }
    var bed = MusicOptions(file: music)
    if let musicLevel { bed.level = musicLevel }
    if let musicFade { bed.fade = musicFade.seconds.doubleValue }
    if let musicDuck { bed.duck = musicDuck }
    bed.loops = musicLoop
    options.audio.music = bed
  }

  private static func require(
    _ value: Double?, in range: ClosedRange<Double>, _ option: String, _ unit: String
  ) throws {
    guard let value, !range.contains(value) else { return }
    throw ValidationError(
      "\(option) must be \(range.lowerBound.formatted()) to \(range.upperBound.formatted()) \(unit).")
  }
}

/// A bit rate: `320` or `320k`.
struct Kilobits: ExpressibleByArgument, Sendable {
  private static let range = 64...512

  let bitsPerSecond: Int64

  init?(argument: String) {
    let digits = argument.lowercased().hasSuffix("k") ? String(argument.dropLast()) : argument
    guard let value = Int(digits), Self.range.contains(value) else { return nil }
    bitsPerSecond = Int64(value) * 1000
  }
}

extension AudioOptions.Codec: ExpressibleByArgument {}
