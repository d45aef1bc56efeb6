import Libav
import Probing
import Stitching
import Timing

/// One audio track of a master in blocks, under a voice where there is one, as long as the program, and retimed with it.
struct ProgramAudio: ~Copyable {
  private static let blockSize = 4096

  private var decoded: DecodedTrack?
  private var voice: VoiceOver?
  private var retimed: RetimedAudio
  private let channels: Int
  /// Samples of the master that are not mixed yet.
  private var left: Int

  /// - Parameters:
  ///   - stream: nil for silence.
  ///   - voice: in the master's time.
  ///   - totalSamples: of the program.
  init(
    _ master: DeliveryMaster, stream: StreamInfo?, voice: VoiceOptions?, format: AudioFormat, retiming: Retiming,
    totalSamples: Int
  ) throws {
    let own = (master.duration * Int64(format.sampleRate)).rounded.map { Int($0) } ?? totalSamples
    let retimed = try RetimedAudio(retiming, format: format, totalSamples: totalSamples)
    let over: VoiceOver? = if let voice { try VoiceOver(voice, format: format) } else { nil }
    let track: DecodedTrack? =
      if let stream { try DecodedTrack(master, stream: stream, format: format, totalSamples: own) } else { nil }
    self.retimed = retimed
    self.voice = over
    decoded = track
    left = own
    channels = format.layout.channelCount
  }

  /// The next samples; nil at the end.
  mutating func next(_ count: Int) throws -> Planes? {
    while retimed.needsMore(for: count) { try retimed.add(try mixed()) }
    return retimed.take(count)
  }

  private mutating func mixed() throws -> Planes? {
    let count = min(left, Self.blockSize)
    guard count > 0 else { return nil }
    left -= count
    var block =
      try decoded?.next(count) ?? Planes(repeating: [Float](repeating: 0, count: count), count: channels)
    try voice?.mix(into: &block)
    return block
  }
}

/// Decodes one audio track of a master, from the video's start to its end.
private struct DecodedTrack: ~Copyable {
  /// Seconds between a packet's time and the end of the audio before from which silence is inserted.
  private static let gap = Rational(1, 20)

  private let master: DeliveryMaster
  private let stream: StreamInfo
  let format: AudioFormat
  private let totalSamples: Int
  private var reader: StreamReader
  private var resampler: Resampler
  private var queue: SampleQueue
  private let frame: Frame
  /// Samples put into the queue so far.
  private var placed = 0
  private var taken = 0
  private var hasEnded = false
  private var hasStarted = false

  init(_ master: DeliveryMaster, stream: StreamInfo, format: AudioFormat, totalSamples: Int) throws {
    let reader = try StreamReader(try Demuxer(path: master.path), streams: [stream.index], threading: .count(1))
    let frame = try Frame()
    self.master = master
    self.stream = stream
    self.format = format
    self.totalSamples = totalSamples
    self.reader = reader
    self.frame = frame
    // Mono stays mono and is copied to all channels, because libswresample's upmix would lower it by 3 dB.
    let layout = stream.audio?.channels == 1 ? ChannelLayout.mono : format.layout
    resampler = Resampler(to: AudioFormat(sampleRate: format.sampleRate, layout: layout))
    queue = SampleQueue(channels: format.layout.channelCount)
  }

  /// The next samples; nil at the end.
  mutating func next(_ count: Int) throws -> Planes? {
    let wanted = min(count, totalSamples - taken)
    guard wanted > 0 else { return nil }
    while queue.count < wanted, !hasEnded { try fill() }
    if queue.count < wanted { queue.appendSilence(wanted - queue.count) }
    taken += wanted
    return queue.take(wanted)
  }

  private mutating func fill() throws {
    guard try reader.next(into: frame) != nil else {
      hasEnded = true
      if let rest = try resampler.flush() { append(rest) }
      if let fault = reader.faults.first {
        throw DeliveryError(
          .damaged, "its audio cannot be decoded (\(fault.message)); write it again", file: master.path)
      }
      return
    }
    let start = frame.pts.map { stream.timeBase.seconds($0) - (master.video.start ?? .zero) }
    if let start, let sample = (start * Int64(format.sampleRate)).rounded {
      let missing = Int(clamping: sample) - placed
      let limit = ((Self.gap * Int64(format.sampleRate)).rounded).map { Int($0) } ?? 0
      if missing > (hasStarted ? limit : 0), missing < totalSamples {
        queue.appendSilence(missing)
        placed += missing
      }
      if !hasStarted, missing < 0 { toDrop = -missing }
    }
    hasStarted = true
    append(try resampler.convert(frame))
  }

  /// Samples before the program's start.
  private var toDrop = 0

  private mutating func append(_ converted: borrowing Frame) {
    let count = converted.sampleCount
    let dropped = min(toDrop, count)
    toDrop -= dropped
    guard count > dropped else { return }
    queue.append(converted, droppingFirst: dropped)
    placed += count - dropped
  }
}
