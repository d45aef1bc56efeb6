import Libav
import Timing

/// Bars, combing, blocks and banding of the sampled frames.
struct TextureReading: Sendable {
  /// Sampled frames that are not black all over.
  var frames = 0
  /// Pixels of black on each side that all these frames share.
  var bars: Bars?
  /// Frames with interlaced combing in some moving part.
  var combed = 0
  /// Pixels of the latest frame.
  var size = (width: 0, height: 0)
  /// Of each frame: strength of the edges on the codec's 8-pixel grid over that of the edges between; 1 for no blocks.
  var blockiness: [Float] = []
  /// Of each frame, 0–1: the part in long flat runs with a step of one or two code values between them.
  var banding: [Float] = []

  struct Bars: Sendable, Hashable {
    var top: Int
    var bottom: Int
    var left: Int
    var right: Int

    var widest: Int { max(max(top, bottom), max(left, right)) }

    /// Without bars that may be dark parts of the frame: a wide bar needs one of about its size on the other side, a
    /// narrow one does not.
    func plausible(width: Int, height: Int) -> Bars {
      func pair(_ a: Int, _ b: Int, of size: Int) -> (Int, Int) {
        if 2 * min(a, b) >= max(a, b) { return (a, b) }
        let narrow = max(2, Int(Double(size) * Self.narrow))
        return (a <= narrow ? a : 0, b <= narrow ? b : 0)
      }
      let (top, bottom) = pair(top, bottom, of: height)
      let (left, right) = pair(left, right, of: width)
      return Bars(top: top, bottom: bottom, left: left, right: right)
    }

    /// Greatest width of a narrow bar, as a part of the frame's side.
    private static let narrow = 0.02

    func shared(with other: Bars) -> Bars {
      Bars(
        top: min(top, other.top), bottom: min(bottom, other.bottom), left: min(left, other.left),
        right: min(right, other.right))
    }
  }
}

/// Measures bars, combing, blocks and banding of full frames.
final class TextureAnalyser: FrameAnalyser {
  let wantsOnlyKeyframes = false
  private(set) var reading = TextureReading()
  private var luma: [UInt8] = []
  private var width = 0
  private var height = 0

  func add(_ frame: borrowing Frame, _ origin: FrameOrigin) {
    guard frame.pixelFormat.isPlanar, !frame.pixelFormat.isRGB else { return }
    (width, height) = (frame.width, frame.height)
    takeLuma(frame)
    guard luma.count == width * height, width >= 32, height >= 32 else { return }
    let bars = findBars()
    guard bars.top < height else { return }
    reading.frames += 1
    reading.size = (width, height)
    reading.bars = reading.bars.map { $0.shared(with: bars) } ?? bars
    if isCombed() { reading.combed += 1 }
    reading.blockiness.append(measureBlocks())
    reading.banding.append(measureBanding())
  }

  /// Copies the luma plane without its padding, deeper samples truncated to 8 bits.
  private func takeLuma(_ frame: borrowing Frame) {
    luma.removeAll(keepingCapacity: true)
    luma.reserveCapacity(width * height)
    let (width, height) = (width, height)
    let depth = frame.pixelFormat.bitDepth
    if depth > 8 {
      let shift = UInt16(min(8, depth - 8))
      frame.withPlane16(0) { span, stride in
        span.withUnsafeBufferPointer { source in
          for row in 0..<height where row * stride + width <= source.count {
            let line = UnsafeBufferPointer(rebasing: source[(row * stride)..<(row * stride + width)])
            luma.append(contentsOf: line.lazy.map { UInt8(truncatingIfNeeded: $0 &>> shift) })
          }
        }
      }
    } else {
      frame.withPlane(0) { span, stride in
        span.withUnsafeBufferPointer { source in
          for row in 0..<height where row * stride + width <= source.count {
            luma.append(contentsOf: source[(row * stride)..<(row * stride + width)])
          }
        }
      }
    }
  }

  // MARK: - Bars

  /// Code values of a row of a bar: greatest mean, greatest spread without the outliers of coding noise and grain, and
  /// greatest spread of all, which stars on a night sky exceed.
  private static let barLevel = 26
  private static let barSpread = 12
  private static let barOutliers = 0.05
  private static let barExtremes = 24
  /// Samples from one that is read to the next.
  private static let barStep = 3

  private func findBars() -> TextureReading.Bars {
    var counts = [Int](repeating: 0, count: 256)
    return luma.withUnsafeBufferPointer { source in
      func isBar(start: Int, step: Int, count: Int) -> Bool {
        for value in counts.indices { counts[value] = 0 }
        var (sum, sampled) = (0, 0)
        for position in stride(from: 0, to: count, by: Self.barStep) {
          let sample = Int(source[start + position * step])
          sum += sample
          counts[sample] += 1
          sampled += 1
        }
        guard sum <= Self.barLevel * sampled else { return false }
        func spread(without outliers: Int) -> Int {
          func edge(_ values: some Sequence<Int>) -> Int {
            var seen = 0
            return values.first {
              seen += counts[$0]
              return seen > outliers
            } ?? 0
          }
          return edge(counts.indices.reversed()) - edge(counts.indices)
        }
        return spread(without: 0) <= Self.barExtremes
          && spread(without: Int(Self.barOutliers * Double(sampled))) <= Self.barSpread
      }
      let row: (Int) -> Bool = { isBar(start: $0 * self.width, step: 1, count: self.width) }
      let column: (Int) -> Bool = { isBar(start: $0, step: self.width, count: self.height) }
      let top = (0..<height).first { !row($0) } ?? height
      guard top < height else { return TextureReading.Bars(top: height, bottom: 0, left: 0, right: 0) }
      return TextureReading.Bars(
        top: top, bottom: (0..<height).first { !row(self.height - 1 - $0) } ?? 0,
        left: (0..<width).first { !column($0) } ?? 0, right: (0..<width).first { !column(self.width - 1 - $0) } ?? 0)
    }
  }

  // MARK: - Combing

  /// Pixels of a tile.
  private static let tile = (width: 64, height: 16)
  /// A tile is combed when rows differ from their neighbours by this factor more than from the rows of their own field,
  /// and by this many code values in the mean.
  private static let combRatio = 1.6
  private static let combStrength = 3.0
  /// Least part of combed tiles in a combed frame.
  private static let combedPart = 0.02

  private func isCombed() -> Bool {
    luma.withUnsafeBufferPointer { source in
      var (combed, tiles) = (0, 0)
      for y in stride(from: 2, to: height - Self.tile.height - 2, by: Self.tile.height) {
        for x in stride(from: 0, to: width - Self.tile.width + 1, by: Self.tile.width) {
          var (across, within): (Int32, Int32) = (0, 0)
          for row in y..<(y + Self.tile.height) {
            let start = row * width + x
            for index in start..<(start + Self.tile.width) {
              let twice = Int32(source[index]) &* 2
              let near = twice &- Int32(source[index &- width]) &- Int32(source[index &+ width])
              let far = twice &- Int32(source[index &- 2 &* width]) &- Int32(source[index &+ 2 &* width])
              across &+= near < 0 ? 0 &- near : near
              within &+= far < 0 ? 0 &- far : far
            }
          }
          tiles += 1
          let strength = Double(across) / Double(2 * Self.tile.width * Self.tile.height)
          if strength >= Self.combStrength, Double(across) >= Self.combRatio * Double(within) { combed += 1 }
        }
      }
      return tiles > 0 && Double(combed) / Double(tiles) >= Self.combedPart
    }
  }

  // MARK: - Blocks and banding

  private static let blockSize = 8
  /// Rows from one that is read to the next.
  private static let rowStep = 4

  private func measureBlocks() -> Float {
    luma.withUnsafeBufferPointer { source in
      var (onGrid, between) = (0, 0)
      for row in stride(from: 0, to: height, by: Self.rowStep) {
        for x in stride(from: Self.blockSize, to: width - Self.blockSize, by: Self.blockSize) {
          let index = row * width + x
          onGrid += abs(Int(source[index]) - Int(source[index - 1]))
          between += abs(Int(source[index + 4]) - Int(source[index + 3]))
        }
      }
      return Float(onGrid + 1) / Float(between + 1)
    }
  }

  /// Pixels of a flat run in a frame 3840 wide, and the least.
  private static let flatRun = (of3840: 24, least: 8)
  private static let bandStep = 1...2

  private func measureBanding() -> Float {
    let shortest = max(Self.flatRun.least, Self.flatRun.of3840 * width / 3840)
    return luma.withUnsafeBufferPointer { source in
      var (banded, sampled) = (0, 0)
      for row in stride(from: 0, to: height, by: 2 * Self.rowStep) {
        var (start, before) = (row * width, 0)
        let end = start + width
        for index in (start + 1)..<end where source[index] != source[index - 1] {
          let length = index - start
          let step = abs(Int(source[index]) - Int(source[index - 1]))
          if length >= shortest, before >= shortest { banded += length }
          before = Self.bandStep.contains(step) ? length : 0
          start = index
        }
        if end - start >= shortest, before >= shortest { banded += end - start }
        sampled += width
      }
      return Float(banded) / Float(max(1, sampled))
    }
  }
}
