public import Libav
public import Probing
import Timing

/// Finds one exact frame: the same that a full decode of the file would give.
///
/// The packet index gives the frame's position; decoding starts at the last random access point at or before it and
/// skips frames that nothing refers to. When times are missing or repeated, no keyframe is such a point, or anything
/// fails on the way, the file is decoded from its start instead.
public struct FrameFinder: Sendable {
  public let path: String
  public let index: MediaIndex
  private let video: PacketIndex
  private let ignoringEdits: Bool

  /// Reads the packet index of a file's main video.
  /// - Throws: ``LibavError``: `noSuchStream` when the file holds no video, others when it cannot be opened.
  public init(path: String, ignoringEdits: Bool = false) throws(LibavError) {
    index = try MediaIndex(path: path, videoOnly: true, ignoringEdits: ignoringEdits, glancing: true)
    guard let video = index.video else {
      throw LibavError(.noSuchStream, "holds no video, so there is no frame to take", file: path)
    }
    self.video = video
    self.path = path
    self.ignoringEdits = ignoringEdits
  }

  /// Number of frames according to the packets.
  public var frameCount: Int { video.presentationOrder.count }

  /// The requested frame by the shortest exact way: from the container's own table where that is enough, else by an
  /// index of all packets.
  /// - Throws: ``LibavError``: `invalidData` when no frame can be decoded or the request is outside the video.
  public static func frame(
    _ request: FrameRequest, of path: String, ignoringEdits: Bool = false
  ) throws(LibavError) -> ExactFrame {
    if let found = try TableFinder(path: path, ignoringEdits: ignoringEdits).find(request) { return found }
    return try FrameFinder(path: path, ignoringEdits: ignoringEdits).find(request)
  }

  /// - Throws: ``LibavError``: `invalidData` when no frame can be decoded or the request is outside the video.
  public func find(_ request: FrameRequest) throws(LibavError) -> ExactFrame {
    let request = try request.resolved(container: index.container, stream: video.stream, frameCount: frameCount)
    if let index = quickIndex(of: request), let found = try quickly(index, note: note(request)) { return found }
    if let found = try fromRawStream(request) { return found }
    return try fromStart(request)
  }

  /// The position of the requested frame, when the packets alone give it.
  private func quickIndex(of request: FrameRequest) -> Int? {
    guard video.hasUniquePTS, frameCount > 0 else { return nil }
    switch request {
    case .first: return 0
    case .last: return frameCount - 1
    case .index(let index): return index >= 0 && index < frameCount ? index : nil
    case .time(let time):
      guard let ticks = (absolute(time) / video.stream.timeBase.rational).floor else { return nil }
      return video.presentationTimes.lastIndex { $0 <= ticks } ?? 0
    case .timecode: return nil
    }
  }

  /// A time after the end gives the last frame, with a note.
  private func noteOnTime(_ request: FrameRequest) -> String? {
    guard case .time(let time) = request, let end = video.end, absolute(time) >= end else { return nil }
    return Self.afterTheEnd
  }

  /// Warnings from the packets alone.
  private func note(_ request: FrameRequest) -> String? {
    guard request == .last else { return noteOnTime(request) }
    if let error = index.readError { return "the file ends early: \(error)" }
    return index.messages.first { $0.severity == .error }.map { "the file is damaged or ends early: \($0.text)" }
  }

  static let afterTheEnd = "the time is after the end of the video; this is its last frame"

  private func absolute(_ time: Rational) -> Rational { time + (index.container.startTime ?? .zero) }

  /// Decodes from the nearest random access point; nil when the result is doubtful.
  private func quickly(_ position: Int, note: String?) throws(LibavError) -> ExactFrame? {
    guard video.randomAccess(before: video.presentationOrder[position]) != nil else { return nil }
    let frame = try Frame()
    guard
      var walker = try? FrameWalker(
        path: path, video: video, wanted: [position], ignoringEdits: ignoringEdits, restarts: false),
      (try? walker.next(into: frame)) == position
    else { return nil }
    return ExactFrame(
      frame: try frame.share(),
      facts: ExactFrame.Facts(frame, of: video.stream, path: path, index: position, note: note))
  }

  /// Without times the packets are counted.
  private func fromRawStream(_ request: FrameRequest) throws(LibavError) -> ExactFrame? {
    let position: Int
    switch request {
    case .last: position = frameCount - 1
    case .index(let index): position = index
    default: return nil
    }
    let frame = try Frame()
    guard let walker = RawStreamWalker(path: path, index: index), (try? walker.decode(position, into: frame)) == true
    else { return nil }
    return ExactFrame(
      frame: try frame.share(),
      facts: ExactFrame.Facts(frame, of: video.stream, path: path, index: position, note: note(request)))
  }

  private static func outside(_ index: Int, of count: Int) -> String {
    "has no frame #\(index): the frames are #0 to #\(count - 1)"
  }

  /// Decodes everything up to the wanted frame.
  private func fromStart(_ request: FrameRequest) throws(LibavError) -> ExactFrame {
    // A negative index that is left over counts back to before the first frame.
    if case .index(let index) = request, index < 0, frameCount > 0 {
      throw LibavError(.invalidData, Self.outside(index, of: frameCount), file: path)
    }
    let demuxer = try Demuxer(path: path, ignoringEdits: ignoringEdits)
    var reader = try StreamReader(demuxer, streams: [video.stream.index])
    let positions = video.positions
    let frame = try Frame()
    var kept = try Frame()
    var (count, position) = (0, -1)
    decoding: while try reader.next(into: frame) != nil {
      let place = frame.pts.flatMap { positions[$0] } ?? position + 1
      switch request {
      case .time(let time):
        if count > 0, let pts = frame.pts, video.stream.timeBase.seconds(pts) > absolute(time) { break decoding }
      case .index(let index) where place > index: break decoding
      default: break
      }
      kept = try frame.share()
      count += 1
      position = place
      switch request {
      case .first: break decoding
      case .index(let index) where place == index: break decoding
      default: break
      }
    }
    guard count > 0 else {
      let reason = reader.faults.first?.message ?? reader.logMessages.first?.text ?? "no frame came out of the decoder"
      throw LibavError(.invalidData, "no frame can be decoded: \(reason)", file: path)
    }
    if case .index(let index) = request, position != index {
      let known = max(frameCount, position + 1)
      let message =
        index < 0 || index >= known
        ? Self.outside(index, of: known)
        : "is damaged or ends early: of #0 to #\(known - 1) its frame #\(index) cannot be decoded; ask for another or the last"
      throw LibavError(.invalidData, message, file: path)
    }
    let missing = request == .last ? frameCount - count : request == .first ? position : 0
    return ExactFrame(
      frame: try kept.share(),
      facts: ExactFrame.Facts(
        kept, of: video.stream, path: path, index: position, note: note(reader, missing: missing, request: request)))
  }

  private func note(_ reader: borrowing StreamReader, missing: Int, request: FrameRequest) -> String? {
    var notes = noteOnTime(request).map { [$0] } ?? []
    if missing > 0 {
      let which = request == .first ? "first" : "last"
      notes.append(
        "\(missing) of \(frameCount) frames could not be decoded; this is the \(which) one that could")
    }
    if let fault = reader.faults.first {
      notes.append("the video is damaged: \(fault.message)")
    } else if reader.logErrorCount > 0, let message = reader.logMessages.first(where: { $0.severity == .error }) {
      notes.append("the video is damaged: \(message.text)")
    }
    if let error = index.readError { notes.append("the file ends early: \(error)") }
    return notes.isEmpty ? nil : notes.joined(separator: "; ")
  }
}
