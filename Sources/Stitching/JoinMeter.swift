import Libav
import Probing

/// Levels and colours over a join.
struct ColorStep: Sendable {
  let deltaE: Double
  let luma: Double
  let fromFirst: Double
}

/// All that is measured at one join.
struct JoinMeasurement: Sendable {
  let overlap: OverlapDetector.Measurement
  let color: ColorStep
  /// What brings the second shot near the first.
  let candidate: ColorCandidate
}

/// Decodes the pictures around one join and measures them.
struct JoinMeter {
  private let clip: Clip
  private let range: Range<Int>
  private let next: Clip
  private let nextRange: Range<Int>
  private let first: (clip: Clip, picture: Int)
  private let options: StitchOptions

  /// Pictures decoded on either side.
  static let reach = OverlapDetector.maximumOverlap + 2

  /// - Parameters:
  ///   - range: the pictures used of the first shot.
  ///   - nextRange: the pictures used of the second.
  ///   - first: the first picture of the master.
  init(
    _ clip: Clip, _ range: Range<Int>, _ next: Clip, _ nextRange: Range<Int>, first: (clip: Clip, picture: Int),
    options: StitchOptions
  ) {
    self.clip = clip
    self.range = range
    self.next = next
    self.nextRange = nextRange
    self.first = first
    self.options = options
  }

  func measure() throws -> JoinMeasurement {
    // At most half a shot can repeat another.
    let room = min(range.count / 2, nextRange.count / 2)
    let reach = max(1, min(Self.reach, room))
    let tail = try miniatures(clip, range.upperBound - reach..<range.upperBound)
    let head = try miniatures(next, nextRange.lowerBound..<nextRange.lowerBound + reach)
    let opening = try miniatures(first.clip, first.picture..<first.picture + 1)
    let found = OverlapDetector.measure(tail: room > 0 ? tail : [], head: room > 0 ? head : [])
    let measurement =
      switch options.overlap {
      case .automatic where next.shot.followsCut: found.decided(0, "the shot begins with a declared cut")
      case .automatic: found
      case .keep: found.decided(0, "every picture is kept, as asked")
      case .fixed(let count): found.decided(count, "dropped as asked")
      }
    let keptIndex = tail.count - 1 - measurement.overlap
    let last =
      try keptIndex >= 0
      ? tail[keptIndex] : miniature(clip, max(range.lowerBound, range.upperBound - 1 - measurement.overlap))
    let step = ColorStep(
      deltaE: last.colorDifference(from: head[0], color: clip.tags), luma: Double(head[0].means[0] - last.means[0]),
      fromFirst: opening[0].colorDifference(from: head[0], color: clip.tags))
    let candidate = ColorCandidate(
      tail: tail, head: head, last: last, shared: found.overlap, likeness: found.likeness,
      followsCut: next.shot.followsCut, color: clip.tags)
    return JoinMeasurement(overlap: measurement, color: step, candidate: candidate)
  }

  private func miniature(_ clip: Clip, _ position: Int) throws -> Miniature {
    try miniatures(clip, position..<position + 1)[0]
  }

  private func miniatures(_ clip: Clip, _ range: Range<Int>) throws -> [Miniature] {
    var reader = try PictureReader(clip, range: range)
    var frame = try Frame()
    var result: [Miniature] = []
    while try reader.next(into: &frame) != nil { result.append(try Miniature(frame)) }
    return result
  }
}
