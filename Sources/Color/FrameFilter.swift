package import Libav
import Timing

/// Runs frames one by one through filters that give one frame for each, keeping the graph while frames stay of the same
/// kind.
///
/// Not `Sendable`: it owns one ``FilterGraph``.
package final class FrameFilter {
  private struct Key: Equatable {
    var steps: String
    var width: Int
    var height: Int
    var format: PixelFormat
    var color: ColorTags
  }

  private var key: Key?
  private var graph: FilterGraph?
  private let threads: Int

  /// - Parameter threads: within filters; 0 lets libav choose.
  package init(threads: Int = 0) { self.threads = threads }

  /// The frame after filters given in ffmpeg's language; no filter gives the frame itself.
  /// - Throws: ``LibavError`` when libav refuses the filters, or they hold the frame back.
  package func run(_ steps: [String], on frame: borrowing Frame) throws(LibavError) -> Frame {
    guard !steps.isEmpty else { return try frame.share() }
    let wanted = Key(
      steps: steps.joined(separator: ","), width: frame.width, height: frame.height, format: frame.pixelFormat,
      color: frame.color)
    if key != wanted {
      graph = try FilterGraph(
        wanted.steps,
        inputs: [
          .video(
            width: wanted.width, height: wanted.height, format: wanted.format, timeBase: .microseconds,
            frameRate: nil, color: wanted.color)
        ], threads: threads)
      key = wanted
    }
    let timed = try frame.share()
    timed.pts = 0
    let result = try Frame()
    try graph?.send(timed)
    guard try graph?.receive(into: result) == true else {
      throw LibavError(.other, "the filters \(wanted.steps) gave no frame")
    }
    return result
  }
}

extension FrameFilter {
  /// Filters that rotate a frame clockwise by a multiple of 90°, then mirror it left to right; none for other angles.
  package static func orientation(rotation: Int, isMirrored: Bool) -> [String] {
    let rotating: [String] =
      switch rotation {
      case 90: ["transpose=clock"]
      case 180: ["hflip", "vflip"]
      case 270: ["transpose=cclock"]
      default: []
      }
    return rotating + (isMirrored ? ["hflip"] : [])
  }
}
