import Libav
import Probing
import Timing

/// The sample rate and channels that all audio of a track of the master is converted to.
struct MasterAudioFormat: Sendable, Hashable {
  /// Samples per second.
  let sampleRate: Int
  let layout: ChannelLayout
  /// Why the shots' own layout is not kept; nil when it is.
  let note: String?

  var channels: Int { layout.channelCount }

  private static let defaultRate = 48_000
  private static let keptRates = [44_100, 48_000]

  /// The shots' layout where all agree on one of more than two channels that the codec can store, else stereo; their
  /// sample rate where they agree on 44.1 or 48 kHz, else 48 kHz. Music or a voice sets the rate only where no shot has audio. Nil
  /// when there is neither.
  /// - Throws: ``StitchError`` or ``LibavError`` when the music cannot be used.
  init?(_ clips: [SourceClip], track: AudioTrack = .main, options: AudioOptions) throws {
    let own = clips.compactMap { track.stream(of: $0)?.audio }
    let bed =
      try track == .main ? options.mixedFile.flatMap { try AudioFileReader.stream(of: $0.path, $0.code).audio } : nil
    let audios = own.isEmpty ? [bed].compactMap(\.self) : own
    guard let first = audios.first else { return nil }
    let agrees = audios.allSatisfy { $0.sampleRate == first.sampleRate } && Self.keptRates.contains(first.sampleRate)
    sampleRate = agrees ? first.sampleRate : Self.defaultRate
    guard let most = own.max(by: { $0.channels < $1.channels }), most.channels > ChannelLayout.stereo.channelCount
    else {
      (layout, note) = (.stereo, nil)
      return
    }
    let wanted = options.codec.stored(most.layout)
    if !own.allSatisfy({ $0.layout == most.layout }) {
      (layout, note) = (.stereo, "the shots' audio has different channel layouts, so it is mixed down to stereo")
    } else if !options.codec.stores(wanted, sampleRate: sampleRate) {
      layout = .stereo
      note =
        "\(options.codec.rawValue) cannot store \(wanted) audio, so it is mixed down to stereo; use --audio-codec pcm"
    } else {
      (layout, note) = (wanted, nil)
    }
  }

  /// What most masters have.
  static let usual = MasterAudioFormat(sampleRate: defaultRate, layout: .stereo, note: nil)

  private init(sampleRate: Int, layout: ChannelLayout, note: String?) {
    (self.sampleRate, self.layout, self.note) = (sampleRate, layout, note)
  }

  var audioFormat: AudioFormat { AudioFormat(sampleRate: sampleRate, layout: layout) }

  /// The format a stream is resampled to.
  func target(for stream: StreamInfo) -> AudioFormat { audioFormat.target(for: stream) }

  /// The sample at which a frame begins.
  func sample(atFrame frame: Int, rate: FrameRate) -> Int {
    (rate.duration(frames: frame) * Int64(sampleRate)).rounded.map { Int($0) } ?? .max
  }
}

extension AudioFormat {
  /// The format a stream is resampled to. Mono stays mono and is copied to both channels of stereo, because libswresample's
  /// upmix would lower it by 3 dB.
  func target(for stream: StreamInfo) -> AudioFormat {
    stream.audio?.channels == 1 && layout == .stereo ? AudioFormat(sampleRate: sampleRate, layout: .mono) : self
  }
}

/// An audio track of the master.
enum AudioTrack: Sendable, Hashable {
  /// Of the streams that players choose, with music, gain and limiter.
  case main
  /// Of the shots' other audio streams in their order, from 0.
  case further(Int)

  /// The stream of a shot that goes into the track; nil when it has none.
  func stream(of clip: SourceClip) -> StreamInfo? {
    switch self {
    case .main: clip.index.audio?.stream
    case .further(let number): clip.furtherAudio.indices.contains(number) ? clip.furtherAudio[number] : nil
    }
  }

  /// The further tracks that every shot has.
  static func further(of clips: [SourceClip]) -> [AudioTrack] {
    (0..<(clips.map(\.furtherAudio.count).min() ?? 0)).map { .further($0) }
  }
}

extension AudioOptions.Codec {
  /// The layout under which the codec stores another: AAC's surround channels have no other place than libav's back.
  func stored(_ layout: ChannelLayout) -> ChannelLayout {
    guard self == .aac else { return layout }
    return ["5.1(side)": .surround51, "5.0(side)": .surround50][layout.description] ?? layout
  }

  /// Whether the encoder takes a channel layout.
  func stores(_ layout: ChannelLayout, sampleRate: Int) -> Bool {
    let format = AudioFormat(sampleRate: sampleRate, layout: layout, sampleFormat: sampleFormat)
    let encoding = AudioEncoding(
      encoder: encoder, format: format, bitRate: Int64(layout.channelCount) * StitchOptions.bitRatePerChannel)
    return (try? Encoder(encoding)) != nil
  }
}
