/// A smaller size that a frame may have been scaled up from.
struct NativeCandidate {
  /// Short side of the source in pixels.
  let size: Int
  /// Of the frame's short side.
  let shortSide: Int

  var share: Double { Double(size) / Double(shortSide) }
  /// Whether its bin is also the codecs' 8×8 grid's.
  var isHalf: Bool { 2 * size == shortSide }

  /// The sizes that can be detected for a frame, smallest first.
  static func all(shortSide: Int) -> [NativeCandidate] {
    NativeThresholds.sourceSizes.map { NativeCandidate(size: $0, shortSide: shortSide) }.filter { candidate in
      let isOnGrid = NativeThresholds.blockSize * candidate.size % shortSide == 0
      return NativeThresholds.sourceShares.contains(candidate.share) && (!isOnGrid || candidate.isHalf)
    }
  }

  /// Places where the codecs' blocks leave mirrors and no source does.
  static let grid = NativeThresholds.gridSixteenths.map {
    NativeCandidate(size: $0, shortSide: NativeThresholds.blockSize)
  }

  /// A size that is never reported, and whose traces overlap those of sizes that are.
  static let decoy = NativeCandidate(
    size: NativeThresholds.decoyShare.part, shortSide: NativeThresholds.decoyShare.whole)

  /// The source's highest frequency, in bins of an axis of this many pixels.
  func bin(length: Int) -> (bin: Int, isWhole: Bool) {
    ((length * size) / shortSide, length * size % shortSide == 0)
  }

  /// Bins of an axis around its highest frequency.
  func window(length: Int) -> Range<Int> {
    let center = bin(length: length).bin
    return center - NativeThresholds.backgroundTo..<center + NativeThresholds.backgroundTo + 2
  }
}

/// Mirror correlations of several frames around one candidate's bin on one axis.
struct NativeWindow {
  private static let reach = NativeThresholds.backgroundTo

  /// Sums and numbers of frames by distance from the candidate's bin, from `-reach` to `reach + 1`.
  private var sums = [Double](repeating: 0, count: 2 * reach + 2)
  private var counts = [Int](repeating: 0, count: 2 * reach + 2)
  /// Whether the candidate lay on a whole bin in every frame.
  private var isWhole = true

  mutating func add(_ mirrors: NativeMirrors, _ candidate: NativeCandidate, length: Int) {
    let center = candidate.bin(length: length)
    isWhole = isWhole && center.isWhole
    for (index, bin) in candidate.window(length: length).enumerated() where mirrors.bins.contains(bin) {
      sums[index] += Double(mirrors.correlation[bin])
      counts[index] += 1
    }
  }

  struct Peak: Sendable, Hashable {
    /// Above the median of the background.
    let correlation: Double
    /// In standard deviations of the background.
    let score: Double
  }

  /// Nil when the axis is too short around the candidate.
  var peak: Peak? {
    func mean(_ index: Int) -> Double? { counts[index] > 0 ? sums[index] / Double(counts[index]) : nil }
    let centers = isWhole ? [Self.reach] : [Self.reach, Self.reach + 1]
    guard let top = centers.compactMap(mean).max() else { return nil }
    let background = sums.indices.filter { index in
      centers.allSatisfy { abs(index - $0) >= NativeThresholds.backgroundFrom }
    }.compactMap(mean).sorted()
    guard background.count >= NativeThresholds.minimumBackground else { return nil }
    let median = Self.median(background)
    let deviation = Self.median(background.map { abs($0 - median) }.sorted())
    let correlation = top - median
    let spread = NativeThresholds.deviationScale * deviation + NativeThresholds.leastSpread
    return Peak(correlation: correlation, score: correlation / spread)
  }

  private static func median(_ sorted: [Double]) -> Double {
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }
}

/// The evidence of both axes for one candidate.
struct NativeEvidence: Sendable, Hashable {
  let size: Int
  let isHalf: Bool
  let horizontal: NativeWindow.Peak
  let vertical: NativeWindow.Peak
  /// How far the correlation stands out from the codecs' grid, on the weaker axis; only for half the size.
  let excess: Double

  var jointScore: Double { (horizontal.score + vertical.score) / 2.0.squareRoot() }
  var leastScore: Double { min(horizontal.score, vertical.score) }
  var leastCorrelation: Double { min(horizontal.correlation, vertical.correlation) }
  var meanCorrelation: Double { (horizontal.correlation + vertical.correlation) / 2 }

  /// Ratio to the thresholds: above 1 it counts.
  /// - Parameter highDecibels: power of the frame in the high band.
  func margin(codec: String, bitsPerPixel: Double, highDecibels: Double) -> Double {
    typealias Limits = NativeThresholds
    guard leastScore > Limits.axisScore else { return 0 }
    guard isHalf else { return min(jointScore / Limits.jointScore, leastCorrelation / Limits.correlation) }
    guard let least = Limits.half(codec: codec, bitsPerPixel: bitsPerPixel) else { return 0 }
    let isFaint = highDecibels < Limits.halfHighBand
    return min(
      jointScore / Limits.halfJointScore, leastCorrelation / least.correlation,
      excess / (isFaint ? least.faintExcess : least.excess))
  }

  /// Whether it counts although another candidate is stronger.
  ///
  /// A frame scaled down to two thirds by the area method has a pattern of two pixels, which mirrors its spectrum at half
  /// its size too.
  func stands(beside strongest: NativeEvidence?) -> Bool {
    guard let strongest else { return true }
    return meanCorrelation >= NativeThresholds.leastShareOfStrongest * strongest.meanCorrelation
      && 2 * size != strongest.size
  }

  /// Whether it is strong enough to doubt that the frame is native, though it may not pass.
  func isSuspicious(margin: Double) -> Bool {
    typealias Limits = NativeThresholds
    guard isHalf else { return margin > Limits.suspicion }
    return jointScore > Limits.halfJointScore && leastCorrelation > Limits.halfSuspicion
  }
}
