import Foundation
import Libav
import Probing
import Timing

/// Decodes an audio file block by block, once or in a loop: music or a voice.
struct AudioFileReader: ~Copyable {
  /// Seconds of crossfade from the end to the start of looped music.
  private static let loopFade = 0.020
  /// Seconds that may be missing at the end before the file counts as cut short: headers count padding and round.
  private static let durationTolerance = Rational(1, 2)
  /// Shortest music that can be looped, in seconds.
  private static let shortestLoop = 0.5
  /// Delivered samples that the queue holds before they are removed, so that the rest is seldom moved.
  private static let compactionThreshold = 1 << 16

  private let file: String
  private let loops: Bool
  private let format: AudioFormat
  /// Of errors.
  private let code: StitchError.Code
  private let stream: StreamInfo
  /// Seconds that the file's header promises; nil when it promises nothing about the audio alone.
  private let promisedDuration: Rational?
  private var reader: StreamReader
  private var resampler: Resampler
  private let frame: Frame
  /// Decoded samples; the last ``hold`` of them may still be faded.
  private var queue: Planes
  /// Samples of the queue that are already delivered.
  private var queueStart = 0
  /// Position in the queue of the next decoded sample; before the queue's end, it is mixed in.
  private var writing = 0
  private let hold: Int
  private var decoded = 0
  private var hasEnded = false
  private var faultsSeen = 0

  /// - Throws: ``StitchError`` `unusableMusic` when the file has no audio; ``LibavError`` when it cannot be opened.
  init(_ music: MusicOptions, format: AudioFormat) throws {
    try self.init(
      music.file, loops: music.loops, hold: music.loops ? Self.loopFade : music.fade, format: format,
      code: .unusableMusic)
  }

  /// - Throws: as for music, with `unusableVoice`.
  init(_ voice: VoiceOptions, format: AudioFormat) throws {
    try self.init(voice.file, loops: false, hold: 0, format: format, code: .unusableVoice)
  }

  private init(_ file: String, loops: Bool, hold: Double, format: AudioFormat, code: StitchError.Code) throws {
    let stream = try Self.stream(of: file, code)
    let demuxer = try Demuxer(path: file)
    let promised = Self.promisedDuration(demuxer)
    let reader = try StreamReader(demuxer, streams: [stream.index])
    let frame = try Frame()
    promisedDuration = promised
    self.file = file
    self.loops = loops
    self.code = code
    self.format = format
    self.stream = stream
    self.reader = reader
    self.frame = frame
    resampler = Resampler(to: format.target(for: stream))
    queue = Planes(repeating: [], count: format.layout.channelCount)
    self.hold = Int(hold * Double(format.sampleRate))
  }

  /// The audio stream that a player would choose.
  static func stream(of path: String, _ code: StitchError.Code = .unusableMusic) throws -> StreamInfo {
    let demuxer = try Demuxer(path: path)
    guard let stream = demuxer.mainAudio, stream.audio != nil else {
      throw StitchError(
        code,
        "has no audio stream, so it cannot be the \(code == .unusableMusic ? "music" : "voice"); name an audio file",
        file: path)
    }
    return stream
  }

  /// The next samples, at most `count`; empty after the end.
  mutating func next(_ count: Int) throws -> Planes {
    while !hasEnded, queue[0].count - queueStart < count + hold || writing < queue[0].count { try decode() }
    let end = min(queueStart + count, queue[0].count)
    let samples = queue.map { Array($0[queueStart..<end]) }
    queueStart = end
    if queueStart > max(hold, Self.compactionThreshold) {
      for channel in queue.indices { queue[channel].removeFirst(queueStart) }
      writing -= queueStart
      queueStart = 0
    }
    return samples
  }

  private mutating func decode() throws {
    guard try reader.next(into: frame) != nil else {
      if let rest = try resampler.flush() { append(rest) }
      try endOrRepeat()
      return
    }
    // Undecodable data before the first frame is a tag; between decoded frames it is damage.
    if reader.faultCount > faultsSeen, decoded > 0, let fault = reader.faults.last {
      throw StitchError(code, "is damaged: \(fault.message)", file: file)
    }
    faultsSeen = reader.faultCount
    append(try resampler.convert(frame))
  }

  private mutating func append(_ frame: borrowing Frame) {
    let count = frame.sampleCount
    let overlap = min(count, queue[0].count - writing)
    for channel in queue.indices {
      frame.withSamples(min(channel, frame.channelCount - 1)) { samples in
        for index in 0..<overlap {
          queue[channel][writing + index] += samples[index] * Fade.rising(decoded + index, over: hold)
        }
        for index in overlap..<count { queue[channel].append(samples[index]) }
      }
    }
    writing += count
    decoded += count
  }

  /// Other streams may be longer than the audio, and a duration estimated from the bit rate is not exact.
  private static func promisedDuration(_ demuxer: borrowing Demuxer) -> Rational? {
    let media = demuxer.streams.filter { $0.kind == .audio || $0.kind == .video && !$0.isAttachedPicture }
    return media.count == 1 && !demuxer.container.isDurationEstimated ? demuxer.container.durationFromHeader : nil
  }

  /// - Throws: ``StitchError`` `unusableMusic` when the file ends early.
  private func requireWhole() throws {
    if let error = reader.readError {
      throw StitchError(code, "cannot be read to its end: \(error)", file: file)
    }
    if let missing = ChunkFile.missingBytes(path: file), missing > 0 {
      throw StitchError(code, "is cut short: \(missing) bytes of its audio are missing", file: file)
    }
    let seconds = Rational(Int64(decoded), Int64(format.sampleRate))
    guard let promisedDuration, promisedDuration - seconds > Self.durationTolerance else { return }
    throw StitchError(
      code,
      "is cut short: its header gives \(promisedDuration.doubleValue.short) s, but only \(seconds.doubleValue.short) s can be decoded",
      file: file)
  }

  /// At the end of the file, ends the music or reopens it.
  private mutating func endOrRepeat() throws {
    guard decoded > 0 else {
      let reason = reader.faults.first.map { ": \($0.message)" } ?? ""
      throw StitchError(code, "none of its audio can be decoded\(reason)", file: file)
    }
    try requireWhole()
    guard loops else {
      let count = min(hold, queue[0].count - queueStart)
      for channel in queue.indices {
        let end = queue[channel].count
        for index in 0..<count { queue[channel][end - 1 - index] *= Fade.raisedCosine(index, over: count) }
      }
      hasEnded = true
      return
    }
    guard decoded >= Int(Self.shortestLoop * Double(format.sampleRate)) else {
      throw StitchError(
        code, "is shorter than \(Self.shortestLoop) s, too short to loop; use it without looping",
        file: file)
    }
    writing = max(queueStart, queue[0].count - hold)
    for channel in queue.indices {
      for index in writing..<queue[channel].count {
        queue[channel][index] *= Fade.falling(index - writing, over: hold)
      }
    }
    reader = try StreamReader(try Demuxer(path: file), streams: [stream.index])
    resampler = Resampler(to: format.target(for: stream))
    decoded = 0
    faultsSeen = 0
  }
}

extension MusicOptions {
  /// Samples decoded at a time.
  private static let block = 48_000

  /// Decodes the whole file, as a master does that it is long enough for.
  /// - Throws: ``StitchError`` `unusableMusic` when it has no audio, is damaged or is cut short; ``LibavError`` when it
  ///   cannot be opened.
  public func requireUsable() throws {
    var once = self
    once.loops = false
    var reader = try AudioFileReader(once, format: MasterAudioFormat.usual.audioFormat)
    while try !reader.next(Self.block)[0].isEmpty { try Task.checkCancellation() }
  }
}
