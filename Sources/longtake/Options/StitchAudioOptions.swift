public import ArgumentParser
import Foundation
public import Stitching

/// What `stitch` takes for the master's audio.
struct StitchAudioOptions: ParsableArguments {
  @Option(name: .customLong("audio-crossfade"), help: "Milliseconds of crossfade at each join, 0–1000.")
  var audioCrossfade: Double = 20

  @Option(name: .customLong("audio-codec"), help: "aac; pcm (24 bits) or pcm16, both in .mov only.")
  var audioCodec: AudioOptions.Codec = .aac

  @Option(name: .customLong("audio-bitrate"), help: "Kilobits per second of the AAC track, 64–512; 256 without it.")
  var audioBitrate: Kilobits?

  @Option(parsing: .unconditional, help: "LUFS that the whole master is brought to, -70–0; its own level without it.")
  var loudness: Double?

  @Option(
    name: .customLong("true-peak"), parsing: .unconditional,
    help: "dBTP that the audio's peaks stay under, -20–0; -1 where --loudness or --music is given, else unlimited.")
  var truePeak: Double?

  @Option(help: "Music to lay under the shots' own audio.", completion: .file())
  var music: String?

  @Option(
    name: .customLong("music-level"), parsing: .unconditional,
    help: "dB that the music is raised by, -60–20; -12 without it.")
  var musicLevel: Double?

  @Option(
    name: .customLong("music-fade"), help: "Seconds in which the music comes up and goes away, 0–60; 2 without it.")
  var musicFade: Double?

  @Option(
    name: .customLong("music-duck"),
    help: "dB that the music gives way by while the shots audio, 0–60; 6 without it.")
  var musicDuck: Double?

  @Flag(name: .customLong("music-loop"), help: "The music begins again where it ends; else silence follows it.")
  var musicLoop = false

  func validate() throws {
    try Self.require(audioCrossfade, in: 0...1000, "--audio-crossfade", "milliseconds")
    try Self.require(loudness, in: AudioOptions.loudnessRange, "--loudness", "LUFS")
    try Self.require(truePeak, in: AudioOptions.truePeakRange, "--true-peak", "dBTP")
    try Self.require(musicLevel, in: MusicOptions.levelRange, "--music-level", "dB")
    try Self.require(musicFade, in: MusicOptions.fadeRange, "--music-fade", "seconds")
    try Self.require(musicDuck, in: MusicOptions.duckRange, "--music-duck", "dB")
    let details = [musicLevel != nil, musicFade != nil, musicDuck != nil, musicLoop]
    if music == nil, details.contains(true) {
      throw ValidationError("--music-level, --music-fade, --music-duck and --music-loop go with --music FILE.")
    }
    if audioCodec != .aac, audioBitrate != nil {
      throw ValidationError("--audio-bitrate is of aac; pcm audio has the rate that its samples have.")
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
    if let musicFade { bed.fade = musicFade }
    if let musicDuck { bed.duck = musicDuck }
    bed.loops = musicLoop
    options.audio.music = bed
  }

  private static func require(
    _ value: Double?, in range: ClosedRange<Double>, _ option: String, _ unit: String
  ) throws {
    guard let value, !range.contains(value) else { return }
    throw ValidationError("\(option) takes \(range.lowerBound.formatted()) to \(range.upperBound.formatted()) \(unit).")
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
