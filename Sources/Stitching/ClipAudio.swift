import Libav
import Probing
import Timing

/// The rate and channels that every shot's audio is brought to.
struct MasterAudioFormat: Sendable, Hashable {
  /// Samples per second.
  let sampleRate: Int
  let channels: Int

  static let stereoChannels = 2
  private static let commonRate = 48_000
  private static let plainRates = [44_100, 48_000]

  /// The shots' own rate where they agree on a usual one, else 48 kHz; the music's where no shot has audio; always stereo.
  /// Nil when there is neither.
  /// - Throws: ``StitchError`` or ``LibavError`` when the music cannot be used.
  init?(_ clips: [Clip], music: MusicOptions?) throws {
    let own = clips.compactMap { $0.index.audio?.stream.audio }
    let bed = try music.flatMap { try MusicReader.stream(of: $0.file).audio }
    let audios = own.isEmpty ? [bed].compactMap(\.self) : own
    guard let first = audios.first else { return nil }
    let agrees = audios.allSatisfy { $0.sampleRate == first.sampleRate } && Self.plainRates.contains(first.sampleRate)
    sampleRate = agrees ? first.sampleRate : Self.commonRate
    channels = Self.stereoChannels
  }

  var audioFormat: AudioFormat { AudioFormat(sampleRate: sampleRate, layout: .stereo) }

  /// What a stream is resampled to. Mono stays mono and goes to both channels unchanged: libswresample would make it 3 dB
  /// quieter.
  func target(for stream: StreamInfo) -> AudioFormat {
    stream.audio?.channels == 1 ? AudioFormat(sampleRate: sampleRate, layout: .mono) : audioFormat
  }

  /// The sample at which a frame begins.
  func sample(atFrame frame: Int, rate: FrameRate) -> Int {
    (rate.duration(frames: frame) * Int64(sampleRate)).rounded.map { Int($0) } ?? .max
  }
}

/// One shot's audio, decoded: sample 0 belongs to the first kept frame's first instant.
struct ClipAudio {
  /// A plane for each channel, all of the same length; silence where the shot has none.
  private(set) var planes: [[Float]]
  /// Samples from 0 on that come from the shot itself: beyond, there is only padding.
  private(set) var soundingEnd = 0

  /// A packet that starts further than this from where the one before ended leaves a gap or overlaps; less is rounding.
  private static let gapTolerance = 0.010

  /// Decodes the audio that goes with `length` samples from the kept start on.
  /// - Throws: ``StitchError`` when it is damaged.
  init(_ clip: Clip, from kept: Int, length: Int, format: MasterAudioFormat) throws {
    planes = [[Float]](repeating: [Float](repeating: 0, count: length), count: format.channels)
    guard let audio = clip.index.audio, length > 0 else { return }
    let stream = audio.stream
    let videoStart = clip.video.start ?? .zero
    let origin = videoStart + clip.rate.duration(frames: kept)
    var reader = try StreamReader(try Demuxer(path: clip.path), streams: [stream.index])
    var resampler = Resampler(to: format.target(for: stream))
    let frame = try Frame()
    var position: Int?
    while try reader.next(into: frame) != nil {
      let start = frame.pts.flatMap { pts in
        ((stream.timeBase.seconds(pts) - origin) * Int64(format.sampleRate)).rounded.map { Int($0) }
      }
      if let start, let now = position {
        let incoming = now + resampler.heldBack
        if abs(start - incoming) > Int(Self.gapTolerance * Double(format.sampleRate)) {
          if let rest = try resampler.flush() { position = write(rest, at: now) }
          position = start
        }
      }
      let at = position ?? start ?? 0
      if at >= length { break }
      position = write(try resampler.convert(frame), at: at)
    }
    if let now = position, let rest = try resampler.flush() { _ = write(rest, at: now) }
    if let fault = reader.faults.first {
      throw StitchError(.unusableShot, "its audio is damaged: \(fault.message)", file: clip.path)
    }
  }

  /// - Returns: where the next samples belong.
  private mutating func write(_ frame: borrowing Frame, at position: Int) -> Int {
    let count = frame.sampleCount
    let length = planes[0].count
    let first = max(0, -position)
    let last = min(count, length - position)
    if first < last {
      for channel in planes.indices {
        frame.withSamples(min(channel, frame.channelCount - 1)) { samples in
          for index in first..<last { planes[channel][position + index] = samples[index] }
        }
      }
      soundingEnd = max(soundingEnd, position + last)
    }
    return position + count
  }
}
