import Libav
import Probing
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
  /// - Throws: ``LibavError``: `invalidData` when the timecode does not exist at this rate, or is before the file's own and
  ///   not after the midnight that it runs over.
  func resolved(container: ContainerInfo, stream: StreamInfo, frameCount: Int) throws(LibavError) -> FrameRequest {
    switch self {
    case .index(-1): return .last
    case .index(let index) where index < 0 && -index <= frameCount: return .index(frameCount + index)
    case .timecode(let text):
      let path = container.path
      guard let rate = FrameRate(stream.averageFrameRate) ?? FrameRate(stream.baseFrameRate) else {
        throw LibavError(.invalidData, "has no frame rate, so a timecode cannot be resolved", file: path)
      }
      let start = StartTimecode(container: container, stream: stream, rate: rate)
      let wanted = start?.isDropFrame == true ? StartTimecode.withDropFrameMark(text) : text
      guard let timecode = Timecode(parsing: wanted, rate: rate) else {
        throw LibavError(
          .invalidData, "\(wanted) is not a timecode at this video's rate of \(rate) frames a second", file: path)
      }
      let first = start?.frame ?? 0
      if timecode.frame >= first { return .index(timecode.frame - first) }
      // A recording over midnight goes on from zero.
      let next = timecode.frame + Timecode.framesPerDay(at: rate, dropFrame: timecode.isDropFrame) - first
      guard next < frameCount else {
        throw LibavError(
          .invalidData, "starts at timecode \(start?.description ?? "0"); \(timecode) is before that", file: path)
      }
      return .index(next)
    default: return self
    }
  }
}
