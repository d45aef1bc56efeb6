import Libav
import Probing
import Stills
import Timing

/// Small stills of single frames of clips and images.
enum ClipStill {
  /// JPEG of chosen frames, by their positions in presentation order.
  /// - Parameter longerSide: pixels at most.
  /// - Throws: `LibavError` naming the file.
  static func frames(_ wanted: [Int], of path: String, longerSide: Int) throws -> [Int: [UInt8]] {
    let index = try MediaIndex(path: path, videoOnly: true, glancing: true)
    guard let video = index.video else { throw LibavError(.noSuchStream, "holds no video", file: path) }
    let count = video.presentationOrder.count
    let known = wanted.filter { $0 >= 0 && $0 < count }.sorted()
    var walker = try FrameWalker(path: path, video: video, wanted: known, onDamage: .accept)
    let maker = SmallFrameMaker(of: video.stream, width: width(of: video.stream.shownSize, longerSide: longerSide))
    let frame = try Frame()
    var found: [Int: [UInt8]] = [:]
    while let position = try walker.next(into: frame) {
      found[position] = try maker.shrink(frame).encoded(as: .jpeg, quality: StillWorker.quality).bytes
    }
    return found
  }

  /// JPEG of an image file, or of a video's first frame.
  /// - Throws: `LibavError` naming the file.
  static func image(_ path: String, longerSide: Int) throws -> [UInt8] {
    let demuxer = try Demuxer(path: path, glancing: true)
    guard let stream = demuxer.mainVideo else { throw LibavError(.noSuchStream, "is no image", file: path) }
    var reader = try StreamReader(demuxer, streams: [stream.index], threading: .count(1))
    let frame = try Frame()
    guard try reader.next(into: frame) != nil else { throw LibavError(.invalidData, "is no image", file: path) }
    let width = width(of: stream.shownSize(codedAs: (frame.width, frame.height)), longerSide: longerSide)
    return try SmallFrameMaker(of: stream, width: width).shrink(frame)
      .encoded(as: .jpeg, quality: StillWorker.quality).bytes
  }

  private static func width(of size: (width: Int, height: Int), longerSide: Int) -> Int {
    let longer = max(size.width, size.height, 1)
    return max(1, size.width * min(longerSide, longer) / longer)
  }
}

extension StreamInfo {
  /// Pixels as a player shows them: rotated, and stretched by the sample aspect ratio.
  var shownSize: (width: Int, height: Int) { shownSize(codedAs: (video?.width ?? 1, video?.height ?? 1)) }

  /// - Parameter size: of the decoded frame, for streams whose header does not signal it.
  func shownSize(codedAs size: (width: Int, height: Int)) -> (width: Int, height: Int) {
    let ratio = video?.sampleAspectRatio ?? Rational(1)
    let width = max(1, Int((Double(size.width) * (ratio.isPositive ? ratio.doubleValue : 1)).rounded()))
    let height = max(1, size.height)
    return (video?.rotation ?? 0) % 180 == 0 ? (width, height) : (height, width)
  }
}
