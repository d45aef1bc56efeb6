import Color
import Libav

/// The change of level and colour over a join.
struct ColorStep: Sendable {
  /// Mean ΔE2000 between the last kept frame and the next shot's first.
  let deltaE: Double
  /// Code values on the 8-bit scale.
  let luma: Double
  /// Mean ΔE2000 between the master's first frame and the next shot's first.
  let fromFirst: Double
}

/// The measurements at one join.
struct JoinMeasurement: Sendable {
  let overlap: OverlapDetector.Measurement
  let color: ColorStep
  /// The correction of the second shot's colours.
  let candidate: ColorCandidate
}

/// Decodes the frames around one join and measures them.
struct JoinMeter {
  private let clip: SourceClip
  private let range: Range<Int>
  private let next: SourceClip
  private let nextRange: Range<Int>
  private let opening: ReducedFrame
  private let options: StitchOptions

  /// Frames decoded on either side.
  static let reach = OverlapDetector.maximumOverlap + 2

  /// - Parameters:
  ///   - range: the frames used of the first shot.
  ///   - nextRange: the frames used of the second.
  ///   - opening: the first frame of the master.
  init(
    _ clip: SourceClip, _ range: Range<Int>, _ next: SourceClip, _ nextRange: Range<Int>, opening: ReducedFrame,
    options: StitchOptions
  ) {
    self.clip = clip
    self.range = range
    self.next = next
    self.nextRange = nextRange
    self.opening = opening
    self.options = options
  }

  func measure() throws -> JoinMeasurement {
    // At most half a shot can repeat another.
    let room = min(range.count / 2, nextRange.count / 2)
    let reach = max(1, min(Self.reach, room))
    let tail = try Self.reducedFrames(clip, range.upperBound - reach..<range.upperBound)
    let head = try Self.reducedFrames(next, nextRange.lowerBound..<nextRange.lowerBound + reach)
    let found = OverlapDetector.measure(tail: room > 0 ? tail : [], head: room > 0 ? head : [])
    let measurement =
      switch options.overlap {
      case .automatic where next.shot.followsCut: found.decided(0, "the shot begins with a declared cut")
      case .automatic: found
      case .keep: found.decided(0, "every frame is kept, as asked")
      case .fixed(let count): found.decided(count, "dropped as asked")
      }
    let keptIndex = tail.count - 1 - measurement.overlap
    let last =
      try keptIndex >= 0
      ? tail[keptIndex] : Self.reduced(clip, max(range.lowerBound, range.upperBound - 1 - measurement.overlap))
    let step = ColorStep(
      deltaE: LabColor.meanDifference(last.colors, head[0].colors), luma: Double(head[0].means[0] - last.means[0]),
      fromFirst: LabColor.meanDifference(opening.colors, head[0].colors))
    let candidate = ColorCandidate(
      tail: tail, head: head, last: last, shared: found.overlap, likeness: found.likeness,
      followsCut: next.shot.followsCut)
    return JoinMeasurement(overlap: measurement, color: step, candidate: candidate)
  }

  static func reduced(_ clip: SourceClip, _ position: Int) throws -> ReducedFrame {
    try reducedFrames(clip, position..<position + 1)[0]
  }

  private static func reducedFrames(_ clip: SourceClip, _ range: Range<Int>) throws -> [ReducedFrame] {
    let reader = try FrameReader(clip, range: range)
    var frame = try Frame()
    var result: [ReducedFrame] = []
    let scaler = FrameScaler()
    while try reader.next(into: &frame) != nil {
      result.append(try ReducedFrame(frame, color: clip.tags, scaler: scaler))
    }
    return result
  }
}
