import Foundation
import Libav
import Loudness
import Probing
import Timing

/// Everything that one pass over a master's audio gives: loudness over time, peaks, and the samples around each join.
struct AudioSurvey: Sendable {
  /// Seconds kept on either side of a join.
  static let reach = 0.5
  /// Parts of the whole whose peaks are kept.
  private static let peakCount = 1200
  /// Values of loudness in a second.
  private static let loudnessRate = 10

  let sampleRate: Int
  let channels: Int
  let loudness: LoudnessReading
  let shortTerm: [Double?]
  let momentary: [Double?]
  let peaks: [Double]
  /// The audio around each join; the join is in the middle.
  let excerpts: [AudioExcerpt]
  /// Why some of it could not be decoded or read; nil when all was.
  let fault: String?

  static let step = 1 / Double(loudnessRate)

  /// Nil without audio that can be decoded.
  /// - Parameter check: called often; what it throws ends the work.
  init?(_ timeline: MasterTimeline, check: () throws -> Void) throws {
    guard let stream = timeline.index.audio?.stream, let info = stream.audio, info.sampleRate > 0 else { return nil }
    let rate = Double(info.sampleRate)
    let videoStart = timeline.video.start ?? .zero
    let joins = timeline.joins.map { Int((timeline.seconds($0) * rate).rounded()) }
    let reach = Int(Self.reach * rate)
    var excerpts = joins.map { _ in
      AudioExcerpt(sampleRate: info.sampleRate, before: reach, count: 2 * reach, channels: 2)
    }
    let total = max(1, Int(timeline.duration.doubleValue * rate))
    var peaks = [Double](repeating: 0, count: Self.peakCount)
    let layout = info.channelLayout ?? ""
    var meter = try LoudnessMeter(
      sampleRate: info.sampleRate, roles: LoudnessMeter.Role.roles(layout: layout, channels: info.channels))
    let hop = info.sampleRate / Self.loudnessRate
    var toHop = hop
    var (momentary, shortTerm) = ([Double?](), [Double?]())
    var position: Int?
    var hasAudio = false
    fault = try AudioDecoding.run(path: timeline.path, stream: stream, target: nil) { frame in
      try check()
      let count = frame.sampleCount
      if let pts = frame.pts, position == nil {
        position = ((stream.timeBase.seconds(pts) - videoStart) * Int64(info.sampleRate)).rounded.map { Int($0) }
      }
      let start = position ?? 0
      hasAudio = hasAudio || count > 0
      let planes = (0..<frame.channelCount).map { channel in
        frame.withSamples(channel) { samples in (0..<count).map { samples[$0] } }
      }
      guard !planes.isEmpty else { return }
      for plane in planes {
        for (index, sample) in plane.enumerated() {
          let place = (start + index) * Self.peakCount / total
          guard peaks.indices.contains(place) else { continue }
          peaks[place] = max(peaks[place], Double(abs(sample)))
        }
      }
      for (number, join) in joins.enumerated() {
        excerpts[number].take(planes, from: start, origin: join - reach)
      }
      var interleaved = [Float](repeating: 0, count: count * planes.count)
      for (channel, plane) in planes.enumerated() {
        for index in 0..<count { interleaved[index * planes.count + channel] = plane[index] }
      }
      var taken = 0
      while taken < count {
        let part = min(toHop, count - taken)
        try meter.add(interleaved.span.extracting(taken * planes.count..<(taken + part) * planes.count))
        taken += part
        toHop -= part
        if toHop == 0 {
          toHop = hop
          momentary.append(meter.momentary)
          shortTerm.append(meter.shortTerm)
        }
      }
      position = start + count
    }
    guard hasAudio else { return nil }
    sampleRate = info.sampleRate
    channels = info.channels
    loudness = meter.reading
    self.shortTerm = shortTerm
    self.momentary = momentary
    self.peaks = peaks
    self.excerpts = excerpts
  }
}

/// Decodes one audio stream into planar float.
enum AudioDecoding {
  /// - Parameters:
  ///   - target: nil keeps the stream's rate and layout.
  ///   - limit: seconds in the file after which nothing is decoded.
  ///   - body: called with each run of samples; the first has the time of its source.
  /// - Returns: why some of it could not be decoded or read; nil when all was.
  /// - Throws: `LibavError`, what `body` throws, `CancellationError`.
  static func run(
    path: String, stream: StreamInfo, target: AudioFormat?, limit: Rational? = nil,
    _ body: (borrowing Frame) throws -> Void
  ) throws -> String? {
    var reader = try StreamReader(
      try Demuxer(path: path, glancing: true), streams: [stream.index], threading: .count(1))
    let frame = try Frame()
    var resampler: Resampler?
    var wanted: AudioFormat?
    while try reader.next(into: frame) != nil {
      try Task.checkCancellation()
      if let limit, let pts = frame.pts, stream.timeBase.seconds(pts) > limit { break }
      if resampler == nil {
        let own = frame.audioFormat
        let format = target ?? AudioFormat(sampleRate: own.sampleRate, layout: own.layout)
        wanted = format
        resampler = Resampler(to: format)
      }
      if frame.audioFormat == wanted {
        try body(frame)
      } else if let converted = try resampler?.convert(frame) {
        converted.pts = frame.pts
        try body(converted)
      }
    }
    if let rest = try resampler?.flush() { try body(rest) }
    return reader.faults.first?.message
  }
}
