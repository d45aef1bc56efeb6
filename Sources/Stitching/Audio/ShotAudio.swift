import Libav
import Probing
import Timing

/// One shot's audio, decoded block by block from the first kept frame on; silence where the shot has none.
struct ShotAudio: ~Copyable {
  /// Seconds between the end of one packet and the start of the next that count as a gap or an overlap; less is
  /// rounding.
  private static let gapTolerance = 0.010
  /// Samples of silence that are put into the queue at a time.
  private static let silenceStep = 1 << 14

  private let path: String
  private let stream: StreamInfo?
  private let sampleRate: Int
  /// When the first kept frame is shown, in seconds of the file.
  private let origin: Rational
  /// Samples wanted in all.
  private let length: Int
  private var reader: StreamReader?
  private var resampler: Resampler
  private let frame: Frame
  private var queue: SampleQueue
  /// Samples taken from the queue.
  private var delivered = 0
  /// Position of the next decoded sample, counted from the first kept frame.
  private var position: Int?
  /// Samples that begin after the end of the queue.
  private var ahead: SampleQueue
  private var aheadPosition = 0
  /// End of the samples that come from the shot; only padding follows.
  private(set) var sourceEnd = 0

  /// - Parameters:
  ///   - kept: the first kept frame.
  ///   - length: samples that will be asked for in all.
  init(_ clip: SourceClip, stream: StreamInfo?, from kept: Int, length: Int, format: MasterAudioFormat) throws {
    path = clip.path
    self.stream = stream
    sampleRate = format.sampleRate
    origin = (clip.video.start ?? .zero) + clip.rate.duration(frames: kept)
    self.length = length
    let resampler = Resampler(to: stream.map { format.target(for: $0) } ?? format.audioFormat)
    let frame = try Frame()
    let reader: StreamReader? =
      if let stream, length > 0 { try StreamReader(try Demuxer(path: clip.path), streams: [stream.index]) } else { nil }
    queue = SampleQueue(channels: format.channels)
    ahead = SampleQueue(channels: format.channels)
    self.resampler = resampler
    self.frame = frame
    self.reader = reader
  }

  /// The next `count` samples.
  /// - Throws: ``StitchError`` `unusableShot` when the audio is damaged or cannot be read.
  mutating func next(_ count: Int) throws -> Planes {
    while queue.count < count {
      if ahead.count > 0 {
        fillGap()
      } else if reader != nil {
        try decode()
      } else {
        queue.appendSilence(count - queue.count)
      }
    }
    delivered += count
    return queue.take(count)
  }

  private var queueEnd: Int { delivered + queue.count }

  /// Appends what is ahead, or some of the silence before it.
  private mutating func fillGap() {
    let gap = aheadPosition - queueEnd
    if gap > 0 {
      queue.appendSilence(min(gap, Self.silenceStep))
    } else {
      queue.append(ahead.take(ahead.count))
    }
  }

  private mutating func decode() throws {
    guard let stream, try reader?.next(into: frame) != nil else { return try end() }
    let start = frame.pts.flatMap { pts in
      ((stream.timeBase.seconds(pts) - origin) * Int64(sampleRate)).rounded.map { Int($0) }
    }
    if let start, let now = position {
      let incoming = now + resampler.heldBack
      if abs(start - incoming) > Int(Self.gapTolerance * Double(sampleRate)) {
        if let rest = try resampler.flush() { write(rest, at: now) }
        position = start
      }
    }
    let at = position ?? start ?? 0
    guard at < length else { return try end() }
    write(try resampler.convert(frame), at: at)
  }

  private mutating func end() throws {
    if let now = position, let rest = try resampler.flush() { write(rest, at: now) }
    let fault = reader?.faults.first
    reader = nil
    if let fault {
      throw StitchError(.unusableShot, "its audio is damaged: \(fault.message)", file: path)
    }
  }

  private mutating func write(_ frame: borrowing Frame, at position: Int) {
    let count = frame.sampleCount
    self.position = position + count
    guard count > 0 else { return }
    if ahead.count > 0 { queue.append(ahead.take(ahead.count)) }
    let dropped = max(0, delivered - position)
    guard dropped < count, position < length else { return }
    sourceEnd = max(sourceEnd, min(position + count, length))
    if position > queueEnd {
      ahead.append(frame)
      aheadPosition = position
    } else {
      queue.truncate(to: max(0, position - delivered))
      queue.append(frame, droppingFirst: dropped)
    }
  }
}
