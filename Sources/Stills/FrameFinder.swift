public import Libav
public import Probing
import Timing

/// Finds one exact picture: the same that a full decode of the file would give.
///
/// The packet index tells which picture is wanted; decoding starts at the last IDR at or before it and leaves out pictures
/// nothing refers to. Whenever times are missing or repeated, a key picture is not an IDR, or anything goes wrong on the way,
/// the file is decoded from its start instead.
public struct FrameFinder: Sendable {
  public let path: String
  public let index: MediaIndex
  private let video: PacketIndex
  private let ignoringEdits: Bool

  /// Reads the packet index of a file's main video.
  /// - Throws: ``LibavError``: `noSuchStream` when the file holds no video, others when it cannot be opened.
  public init(path: String, ignoringEdits: Bool = false) throws(LibavError) {
    index = try MediaIndex(path: path, videoOnly: true, ignoringEdits: ignoringEdits)
    guard let video = index.video else {
      throw LibavError(.noSuchStream, "holds no video, so there is no picture to take", file: path)
    }
    self.video = video
    self.path = path
    self.ignoringEdits = ignoringEdits
  }

  /// Pictures that the packets promise.
  public var frameCount: Int { video.presentationOrder.count }

  /// - Throws: ``LibavError``: `invalidData` when no picture can be decoded or the request is outside the video.
  public func find(_ request: FrameRequest) throws(LibavError) -> ExactFrame {
    if let index = quickIndex(of: request), let found = try quickly(index, note: noteOnTime(request)) { return found }
    return try fromStart(request)
  }

  /// The position of the requested picture, when the packets alone can tell it.
  private func quickIndex(of request: FrameRequest) -> Int? {
    guard video.hasUniquePTS, frameCount > 0 else { return nil }
    switch request {
    case .first: return 0
    case .last: return frameCount - 1
    case .index(let index): return index >= 0 && index < frameCount ? index : nil
    case .time(let time):
      let ticks = (absolute(time) / video.stream.timeBase.rational).floor
      return video.presentationTimes.lastIndex { $0 <= ticks } ?? 0
    }
  }

  /// A time behind the end means the last picture; whoever asks may not have meant that.
  private func noteOnTime(_ request: FrameRequest) -> String? {
    guard case .time(let time) = request, let end = video.end, absolute(time) >= end else { return nil }
    return "the time lies behind the end of the video; this is its last picture"
  }

  private func absolute(_ time: Rational) -> Rational { time + (index.container.startTime ?? .zero) }

  /// Decodes from the nearest IDR; nil when anything is doubtful.
  private func quickly(_ position: Int, note: String?) throws(LibavError) -> ExactFrame? {
    let target = video.presentationOrder[position]
    guard let targetPTS = video.entries[target].pts else { return nil }
    let start = video.entries[...target].lastIndex {
      $0.isKey && ($0.picture == .idr || $0.picture == .cra) && ($0.pts ?? .max) <= targetPTS && !$0.isDiscarded
    }
    guard let start, let seekTime = video.entries[start].dts ?? video.entries[start].pts else { return nil }
    let demuxer = try Demuxer(path: path, ignoringEdits: ignoringEdits)
    let stream = video.stream.index
    demuxer.select([stream])
    if start > 0, !demuxer.seek(stream: stream, notAfter: seekTime) { return nil }
    let decoder = try Decoder(try demuxer.parameters(ofStream: stream), timeBase: video.stream.timeBase)
    let packet = try Packet()
    let frame = try Frame()
    var isFirst = true
    var output = Decoder.Output.needsInput
    do {
      while output != .ended {
        if output == .needsInput {
          if try demuxer.read(into: packet) {
            guard packet.streamIndex == stream else { continue }
            if isFirst, packet.pts != video.entries[start].pts { return nil }
            isFirst = false
            decoder.skip = packet.pts == targetPTS ? .nothing : .nonReference
            _ = try decoder.send(packet)
          } else {
            try decoder.sendEnd()
          }
        }
        output = try decoder.receive(into: frame)
        guard output == .frame, frame.pts == targetPTS else { continue }
        guard decoder.log.errorCount == 0, demuxer.log.errorCount == 0, !frame.isCorrupt else { return nil }
        return ExactFrame(frame: try frame.share(), facts: facts(frame, index: position, note: note))
      }
    } catch {
      return nil
    }
    return nil
  }

  /// Decodes everything up to the wanted picture.
  private func fromStart(_ request: FrameRequest) throws(LibavError) -> ExactFrame {
    let demuxer = try Demuxer(path: path, ignoringEdits: ignoringEdits)
    var reader = try StreamReader(demuxer, streams: [video.stream.index])
    let frame = try Frame()
    var kept = try Frame()
    var count = 0
    decoding: while try reader.next(into: frame) != nil {
      switch request {
      case .time(let time):
        if count > 0, let pts = frame.pts, video.stream.timeBase.seconds(pts) > absolute(time) { break decoding }
      default: break
      }
      kept = try frame.share()
      count += 1
      switch request {
      case .first: break decoding
      case .index(let index) where count == index + 1: break decoding
      default: break
      }
    }
    guard count > 0 else {
      let words = reader.faults.first?.message ?? reader.logMessages.first?.text ?? "no picture came out of the decoder"
      throw LibavError(.invalidData, "no picture can be decoded: \(words)", file: path)
    }
    if case .index(let index) = request, count != index + 1 {
      throw LibavError(
        .invalidData, "has no picture #\(index): the pictures are #0 to #\(count - 1)", file: path)
    }
    return ExactFrame(
      frame: try kept.share(), facts: facts(kept, index: count - 1, note: note(reader, count: count, request: request)))
  }

  private func note(_ reader: borrowing StreamReader, count: Int, request: FrameRequest) -> String? {
    var notes = noteOnTime(request).map { [$0] } ?? []
    if request == .last, count < frameCount {
      notes.append(
        "\(frameCount - count) of \(frameCount) pictures could not be decoded; this is the last one that could")
    }
    if let fault = reader.faults.first {
      notes.append("the video is damaged: \(fault.message)")
    } else if reader.logErrorCount > 0, let message = reader.logMessages.first(where: { $0.severity == .error }) {
      notes.append("the video is damaged: \(message.text)")
    }
    if let error = index.readError { notes.append("the file ends early: \(error)") }
    return notes.isEmpty ? nil : notes.joined(separator: "; ")
  }

  private func facts(_ frame: borrowing Frame, index: Int, note: String?) -> ExactFrame.Facts {
    let info = video.stream.video
    var tags = frame.color
    let streamTags = info?.color ?? ColorTags()
    tags.range = tags.range ?? streamTags.range
    tags.matrix = tags.matrix ?? streamTags.matrix
    tags.transfer = tags.transfer ?? streamTags.transfer
    tags.primaries = tags.primaries ?? streamTags.primaries
    tags.chromaLocation = tags.chromaLocation ?? streamTags.chromaLocation
    let ratio = frame.sampleAspectRatio
    let container = info?.sampleAspectRatio ?? .undefined
    return ExactFrame.Facts(
      file: path, index: index, pts: frame.pts, timeBase: video.stream.timeBase, width: frame.width,
      height: frame.height, pixelFormat: frame.pixelFormat.name,
      color: ColorUnderstanding(tags, format: frame.pixelFormat, height: frame.height), rotation: info?.rotation ?? 0,
      isMirrored: info?.isMirrored ?? false,
      sampleAspectRatio: container.isPositive ? container : ratio, note: note)
  }
}
