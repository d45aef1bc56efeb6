public import Libav
public import Probing
public import Timing

/// Which frame of a video is wanted.
public enum FrameRequest: Sendable, Hashable {
  case first
  case last
  /// Position in presentation order, from 0; negative ones count from the end, -1 is the last.
  case index(Int)
  /// Seconds from the start of the file as a player counts them: the frame that is on screen then.
  case time(Rational)
  /// `HH:MM:SS:FF`, or `HH:MM:SS;FF` for drop-frame: counted from the file's own start timecode, or from zero when it
  /// has none.
  case timecode(String)
}

extension FrameRequest {
  /// The same request without timecodes and negative positions.
  /// - Throws: ``LibavError``: `invalidData` when the timecode is none at this rate, or lies before the file's own.
  func resolved(container: ContainerInfo, stream: StreamInfo, frameCount: Int) throws(LibavError) -> FrameRequest {
    switch self {
    case .index(-1): return .last
    case .index(let index) where index < 0 && -index <= frameCount: return .index(frameCount + index)
    case .timecode(let text):
      let path = container.path
      guard let rate = FrameRate(stream.averageFrameRate) ?? FrameRate(stream.baseFrameRate) else {
        throw LibavError(.invalidData, "has no frame rate, so a timecode means no frame", file: path)
      }
      let start = StartTimecode(container: container, stream: stream, rate: rate)
      let wanted = start?.isDropFrame == true ? StartTimecode.withDropFrameMark(text) : text
      guard let timecode = Timecode(parsing: wanted, rate: rate) else {
        throw LibavError(
          .invalidData, "\(wanted) is no timecode at this video's rate of \(rate) frames a second", file: path)
      }
      guard timecode.frame >= start?.frame ?? 0 else {
        throw LibavError(
          .invalidData, "starts at timecode \(start?.description ?? "0"); \(timecode) lies before that", file: path)
      }
      return .index(timecode.frame - (start?.frame ?? 0))
    default: return self
    }
  }
}

/// One exact frame and what is known of it.
public struct ExactFrame: ~Copyable {
  /// As decoded: not rotated, not converted.
  public let frame: Frame
  public let facts: Facts

  public struct Facts: Sendable, Hashable {
    public let file: String
    /// Position in presentation order, from 0.
    public let index: Int
    /// Ticks of the time base; nil for raw streams.
    public let pts: Int64?
    public let timeBase: TimeBase
    /// Pixels, as decoded.
    public let width: Int
    public let height: Int
    public let pixelFormat: String
    public let color: ColorUnderstanding
    /// Degrees clockwise that a player turns the frame.
    public let rotation: Int
    public let isMirrored: Bool
    public let sampleAspectRatio: Rational
    /// What a user must know about how the frame was found; nil when all went as it should.
    public let note: String?

    init(_ frame: borrowing Frame, of stream: StreamInfo, path: String, index: Int, note: String?) {
      let info = stream.video
      var tags = frame.color
      let streamTags = info?.color ?? ColorTags()
      tags.range = tags.range ?? streamTags.range
      tags.matrix = tags.matrix ?? streamTags.matrix
      tags.transfer = tags.transfer ?? streamTags.transfer
      tags.primaries = tags.primaries ?? streamTags.primaries
      tags.chromaLocation = tags.chromaLocation ?? streamTags.chromaLocation
      let container = info?.sampleAspectRatio ?? .undefined
      file = path
      self.index = index
      pts = frame.pts
      timeBase = stream.timeBase
      width = frame.width
      height = frame.height
      pixelFormat = frame.pixelFormat.name
      color = ColorUnderstanding(tags, format: frame.pixelFormat, height: frame.height, codec: stream.codecName)
      rotation = info?.rotation ?? 0
      isMirrored = info?.isMirrored ?? false
      sampleAspectRatio = container.isPositive ? container : frame.sampleAspectRatio
      self.note = note
    }

    /// Seconds.
    public var time: Rational? { pts.map { timeBase.seconds($0) } }
  }
}
