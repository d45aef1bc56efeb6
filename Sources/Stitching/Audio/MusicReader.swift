import Foundation
import Libav
import Probing

/// Decodes a piece of music piece by piece, once or over and over.
struct MusicReader: ~Copyable {
  /// Seconds over which the end fades into the beginning when the music goes round.
  private static let loopFade = 0.020
  /// Seconds that music must last at least to go round.
  private static let shortestLoop = 0.5
  /// Taken samples that the queue keeps rather than moving the others each time.
  private static let worthMoving = 1 << 16

  private let music: MusicOptions
  private let format: MasterAudioFormat
  private let stream: StreamInfo
  private var reader: StreamReader
  private var resampler: Resampler
  private let frame: Frame
  /// Decoded samples that were not taken yet; the last ``hold`` of them may still be faded.
  private var queue: Planes
  /// Samples of the queue that were taken already.
  private var queueStart = 0
  /// Where in the queue the next decoded sample goes: before its end, it is added to what stands there.
  private var writing = 0
  private let hold: Int
  private var decoded = 0
  private var hasEnded = false
  private var faultsSeen = 0

  /// - Throws: ``StitchError`` when the file holds no audio; ``LibavError`` when it cannot be opened.
  init(_ music: MusicOptions, format: MasterAudioFormat) throws {
    let stream = try Self.stream(of: music.file)
    let reader = try StreamReader(try Demuxer(path: music.file), streams: [stream.index])
    let frame = try Frame()
    self.music = music
    self.format = format
    self.stream = stream
    self.reader = reader
    self.frame = frame
    resampler = Resampler(to: format.target(for: stream))
    queue = Planes(repeating: [], count: format.channels)
    hold = Int((music.loops ? Self.loopFade : music.fade) * Double(format.sampleRate))
  }

  /// The audio stream that would be played.
  static func stream(of path: String) throws -> StreamInfo {
    let demuxer = try Demuxer(path: path)
    guard let stream = demuxer.mainAudio, stream.audio != nil else {
      throw StitchError(.unusableMusic, "holds no audio, so it cannot be the music; name a audio file", file: path)
    }
    return stream
  }

  /// The next samples, at most so many; empty after the end.
  mutating func next(_ count: Int) throws -> Planes {
    while !hasEnded, queue[0].count - queueStart < count + hold || writing < queue[0].count { try decode() }
    let end = min(queueStart + count, queue[0].count)
    let samples = queue.map { Array($0[queueStart..<end]) }
    queueStart = end
    if queueStart > max(hold, Self.worthMoving) {
      for channel in queue.indices { queue[channel].removeFirst(queueStart) }
      writing -= queueStart
      queueStart = 0
    }
    return samples
  }

  private mutating func decode() throws {
    guard try reader.next(into: frame) != nil else {
      if let rest = try resampler.flush() { append(rest) }
      try turn()
      return
    }
    // What cannot be decoded at either end is a tag or a cut; between good audio it is damage.
    if reader.faultCount > faultsSeen, decoded > 0, let fault = reader.faults.last {
      throw StitchError(.unusableMusic, "is damaged: \(fault.message)", file: music.file)
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

  /// At the end of the file: ends the music, or opens it again.
  private mutating func turn() throws {
    guard decoded > 0 else {
      let reason = reader.faults.first.map { ": \($0.message)" } ?? ""
      throw StitchError(.unusableMusic, "no audio could be decoded of it\(reason)", file: music.file)
    }
    guard music.loops else {
      let count = min(hold, queue[0].count - queueStart)
      for channel in queue.indices {
        let end = queue[channel].count
        for index in 0..<count { queue[channel][end - 1 - index] *= Fade.slope(index, over: count) }
      }
      hasEnded = true
      return
    }
    guard decoded >= Int(Self.shortestLoop * Double(format.sampleRate)) else {
      throw StitchError(
        .unusableMusic, "lasts less than \(Self.shortestLoop) s, too little to go round; do without looping it",
        file: music.file)
    }
    writing = max(queueStart, queue[0].count - hold)
    for channel in queue.indices {
      for index in writing..<queue[channel].count {
        queue[channel][index] *= Fade.falling(index - writing, over: hold)
      }
    }
    reader = try StreamReader(try Demuxer(path: music.file), streams: [stream.index])
    resampler = Resampler(to: format.target(for: stream))
    decoded = 0
    faultsSeen = 0
  }
}

/// Gains of fades by sample.
enum Fade {
  /// Equal power, up: with ``falling(_:over:)`` the squares add up to 1.
  static func rising(_ index: Int, over count: Int) -> Float {
    index < count ? sin((Float(index) + 0.5) / Float(count) * .pi / 2) : 1
  }

  static func falling(_ index: Int, over count: Int) -> Float {
    index < count ? sin((Float(count - index) - 0.5) / Float(count) * .pi / 2) : 0
  }

  /// A raised cosine, soft at both ends.
  static func slope(_ index: Int, over count: Int) -> Float {
    guard index < count else { return 1 }
    let sine = sin((Float(index) + 0.5) / Float(count) * .pi / 2)
    return sine * sine
  }
}
