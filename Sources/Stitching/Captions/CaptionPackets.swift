package import Captions
package import Libav
package import Timing

/// The packets of a text track, written beside the video: one per segment, those of gaps empty.
package struct CaptionPackets {
  /// libav's name of the codec of text tracks in MP4 and MOV.
  package static let codec = "mov_text"
  /// Ticks a second: milliseconds and the frames of all usual rates are whole numbers of them.
  private static let ticks: Int64 = 90_000

  package let timeBase = TimeBase(1, ticks) ?? .microseconds
  private let language: String?
  private let segments: [CaptionTrack.Segment]
  private var next = 0

  /// - Parameter duration: seconds of the file.
  package init(_ track: CaptionTrack, duration: Rational) {
    language = track.language
    segments = track.segments(until: duration)
  }

  /// Adds the track; before the header.
  /// - Returns: the stream's index.
  package func addStream(to muxer: inout Muxer) throws -> Int {
    try muxer.addStream(
      try CodecParameters(subtitle: Self.codec, description: TimedText.description), timeBase: timeBase,
      metadata: language.map { ["language": $0] } ?? [:])
  }

  /// Writes the packets that start before a time; all for nil.
  package mutating func write(until time: Rational?, into muxer: borrowing Muxer, stream: Int) throws {
    while next < segments.count {
      let segment = segments[next]
      if let time, segment.start >= time { return }
      next += 1
      let (start, end) = (timeBase.ticks(segment.start) ?? 0, timeBase.ticks(segment.end) ?? 0)
      guard end > start else { continue }
      let packet = try Packet(bytes: TimedText.sample(segment.text))
      packet.pts = start
      packet.dts = start
      packet.duration = end - start
      packet.isKey = true
      try muxer.write(packet, stream: stream, timeBase: timeBase)
    }
  }
}

extension CaptionTrack {
  /// The text tracks of an MP4 or MOV, as they are read back.
  /// - Throws: ``LibavError``.
  package static func tracks(of path: String) throws -> [CaptionTrack] {
    let demuxer = try Demuxer(path: path, purpose: .copying)
    let streams = demuxer.streams.filter { $0.kind == .subtitle && $0.codecName == CaptionPackets.codec }
    guard !streams.isEmpty else { return [] }
    demuxer.select(Set(streams.map(\.index)))
    var cues: [Int: [CaptionCue]] = [:]
    let packet = try Packet()
    while try demuxer.read(into: packet) {
      guard let stream = streams.first(where: { $0.index == packet.streamIndex }), let pts = packet.pts,
        packet.duration > 0, let text = TimedText.text(of: packet.bytes), !text.isEmpty
      else { continue }
      cues[stream.index, default: []].append(
        CaptionCue(
          start: stream.timeBase.seconds(pts), end: stream.timeBase.seconds(pts + packet.duration), text: text))
    }
    return streams.map { stream in
      CaptionTrack(
        cues: cues[stream.index] ?? [], language: stream.metadata["language"].flatMap { $0 == "und" ? nil : $0 },
        source: path)
    }
  }
}
