public import Libav
import Probing
public import Timing

/// One small frame of a video, with its position.
public struct Thumbnail: Sendable {
  /// Position in presentation order, from 0.
  public let index: Int
  /// Seconds from the start of the file as a player counts them; nil where frames have no times.
  public let time: Rational?
  /// Why it was chosen; nil for frames chosen by count or interval.
  public let reason: String?
  public let frame: SmallFrame
}

/// Small frames of one video, chosen by a rule.
public struct Thumbnails: Sendable {
  /// Which frames are chosen.
  public enum Choice: Sendable, Hashable {
    /// This many, evenly from the first frame to the last.
    case count(Int)
    /// One from each of this many equal parts: the one that takes least decoding.
    case parts(Int)
    /// One every this many seconds.
    case interval(Rational)
    /// One from the middle of each scene.
    case scenes
    /// This many that make the best covers.
    case best(Int)
  }

  public let path: String
  public let frameCount: Int
  /// Seconds from the first frame's start to the last one's end; nil when unknown.
  public let duration: Rational?
  /// A warning for the user; nil when there is none.
  public let note: String?
  /// Positions in presentation order with the reasons for them.
  let chosen: [(index: Int, reason: String?)]
  let video: PacketIndex
  private let threading: Threading
  private let start: Rational

  /// Chooses the frames; ``forEach(width:_:)`` makes them.
  /// - Parameter keyframesOnly: takes the keyframe at or before each instead: much faster, not exact.
  /// - Throws: ``LibavError``: `noSuchStream` without video, `unsupported` when an interval asks for too many; `CancellationError`.
  public init(
    of path: String, choose choice: Choice, keyframesOnly: Bool = false, threading: Threading = .automatic
  ) throws {
    let index = try MediaIndex(path: path, videoOnly: true, glancing: true)
    guard let video = index.video else {
      throw LibavError(.noSuchStream, "has no video, so there is no frame to take", file: path)
    }
    let count = video.presentationOrder.count
    guard count > 0 else { throw LibavError(.invalidData, "has no video frames", file: path) }
    self.path = path
    self.video = video
    self.threading = threading
    frameCount = count
    start = index.container.startTime ?? .zero
    duration = video.end.flatMap { end in video.start.map { end - $0 } }
    var chosen: [(index: Int, reason: String?)]
    switch choice {
    case .count(let wanted): chosen = FrameSpread.even(wanted, over: count).map { ($0, nil) }
    case .parts(let wanted): chosen = FrameSpread.cheapest(wanted, of: video).map { ($0, nil) }
    case .interval(let seconds):
      chosen = try FrameSpread.every(seconds, video, path: path).map { ($0, nil) }
    case .scenes:
      let scenes = try SceneFinder.scenes(path, video: video, threading: threading)
      chosen = scenes.enumerated().map { number, scene in
        (
          (scene.lowerBound + scene.upperBound - 1) / 2,
          "middle of scene \(number + 1), frames #\(scene.lowerBound) to #\(scene.upperBound - 1)"
        )
      }
    case .best(let wanted):
      chosen = try CoverFinder.covers(
        path, video: video, wanted: wanted, keyframesOnly: keyframesOnly, threading: threading)
    }
    if keyframesOnly { chosen = FrameSpread.snapped(chosen, video) }
    self.chosen = chosen
    let notes = [index.readError.map { "the file ends early: \($0)" }, video.stream.noteOnDolbyVision]
    note = notes.contains { $0 != nil } ? notes.compactMap(\.self).joined(separator: "; ") : nil
  }

  /// Maximum number of frames.
  public static let maximumCount = 100_000

  /// Frames that ``forEach(width:_:)`` will try to make.
  public var count: Int { chosen.count }

  /// Decodes and shrinks the chosen frames, in order, one at a time; those that cannot be decoded are left out.
  /// - Parameter width: pixels of each.
  public func forEach(width: Int, _ body: (Thumbnail) throws -> Void) throws {
    let reasons = Dictionary(chosen.map { ($0.index, $0.reason) }, uniquingKeysWith: { first, _ in first })
    var walker = try FrameWalker(
      path: path, video: video, wanted: Set(chosen.map(\.index)).sorted(), onDamage: .accept,
      threading: threading.sparing(video.stream))
    let maker = SmallFrameMaker(of: video.stream, width: width)
    let frame = try Frame()
    while let index = try walker.next(into: frame) {
      let small = try maker.shrink(frame)
      let time = frame.pts.map { video.stream.timeBase.seconds($0) - start }
      frame.clear()
      try body(Thumbnail(index: index, time: time, reason: reasons[index] ?? nil, frame: small))
    }
  }
}
