import Libav
import Probing
import Timing

/// The sample rate and channels that all audio of a master is converted to.
struct MasterAudioFormat: Sendable, Hashable {
  /// Samples per second.
  let sampleRate: Int
  let channels: Int

  static let stereoChannels = 2
  private static let defaultRate = 48_000
  private static let keptRates = [44_100, 48_000]

  /// Always stereo, at the shots' sample rate where they agree on 44.1 or 48 kHz, else at 48 kHz. Music sets the rate
  /// only where no shot has audio. Nil when there is neither.
  /// - Throws: ``StitchError`` or ``LibavError`` when the music cannot be used.
  init?(_ clips: [SourceClip], music: MusicOptions?) throws {
    let own = clips.compactMap { $0.index.audio?.stream.audio }
    let bed = try music.flatMap { try MusicReader.stream(of: $0.file).audio }
    let audios = own.isEmpty ? [bed].compactMap(\.self) : own
    guard let first = audios.first else { return nil }
    let agrees = audios.allSatisfy { $0.sampleRate == first.sampleRate } && Self.keptRates.contains(first.sampleRate)
    sampleRate = agrees ? first.sampleRate : Self.defaultRate
    channels = Self.stereoChannels
  }

  /// What most masters have.
  static let usual = MasterAudioFormat(sampleRate: defaultRate, channels: stereoChannels)

  private init(sampleRate: Int, channels: Int) {
    self.sampleRate = sampleRate
    self.channels = channels
  }

  var audioFormat: AudioFormat { AudioFormat(sampleRate: sampleRate, layout: .stereo) }

  /// The format a stream is resampled to. Mono stays mono and is copied to both channels, because libswresample's upmix
  /// would lower it by 3 dB.
  func target(for stream: StreamInfo) -> AudioFormat {
    stream.audio?.channels == 1 ? AudioFormat(sampleRate: sampleRate, layout: .mono) : audioFormat
  }

  /// The sample at which a frame begins.
  func sample(atFrame frame: Int, rate: FrameRate) -> Int {
    (rate.duration(frames: frame) * Int64(sampleRate)).rounded.map { Int($0) } ?? .max
  }
}
