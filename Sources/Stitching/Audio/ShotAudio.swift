import Libav
import Probing
import Timing

/// One shot's decoded audio, starting with the first kept frame.
struct ShotAudio {
  /// One plane per channel, all of the same length; silence where the shot has no audio.
  private(set) var planes: Planes
  /// End of the samples that come from the shot; only padding follows.
  private(set) var sourceEnd = 0

  /// Seconds between the end of one packet and the start of the next that count as a gap or an overlap; less is
  /// rounding.
  private static let gapTolerance = 0.010

  /// Decodes `length` samples.
  /// - Parameter kept: the first kept frame.
  /// - Throws: ``StitchError`` `unusableShot` when the audio is damaged or cannot be read.
  init(_ clip: SourceClip, from kept: Int, length: Int, format: MasterAudioFormat) throws {
    planes = Planes(repeating: [Float](repeating: 0, count: length), count: format.channels)
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

  /// - Returns: the position of the next samples.
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
      sourceEnd = max(sourceEnd, position + last)
    }
    return position + count
  }
}
