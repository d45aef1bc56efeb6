import Color
import Libav
import Probing

/// How near the first and the last frame are to the images they were asked to be.
struct AnchorReading: Sendable {
  struct Likeness: Sendable, Hashable {
    /// Structural similarity of luma at reduced size, 1 for the same frame.
    let ssim: Double
    /// Mean CIE 1976 colour difference of a coarse grid.
    let deltaE: Double
  }

  var start: Likeness?
  var end: Likeness?
  /// Why an image could not be compared.
  var fault: String?
}

/// Keeps the first and the last frame, to hold them against images.
struct AnchorAnalyser: ~Copyable {
  private let startImage: String?
  private let endImage: String?
  private var reading = AnchorReading()
  private var isFirst = true
  private var last: Frame?

  init(_ expectation: Expectation) {
    startImage = expectation.startImage
    endImage = expectation.endImage
  }

  mutating func look(at frame: borrowing Frame) {
    if isFirst, let startImage { reading.start = compare(frame, startImage) }
    isFirst = false
    if endImage != nil { last = try? frame.share() }
  }

  mutating func finish() -> AnchorReading {
    if let endImage, let last = last.take() { reading.end = compare(last, endImage) }
    return reading
  }

  private mutating func compare(_ frame: borrowing Frame, _ image: String) -> AnchorReading.Likeness? {
    do {
      let size = AnchorThumbnail.size(of: frame)
      let other = try AnchorThumbnail(image: image, size: size)
      return try AnchorThumbnail(frame, size: size).likeness(to: other)
    } catch {
      reading.fault = "\(error)"
      return nil
    }
  }
}

/// A small copy of a frame for comparing it with an image.
private struct AnchorThumbnail {
  /// Pixels of the longer side.
  private static let longerSide = 320
  /// An image may be so many times longer than the part of it that has the frame's shape.
  private static let maximumCut = 8
  /// Pixels of the side of a cell whose mean colour is compared.
  private static let cell = 8

  /// R′G′B′ on a scale of 0 to 1, row by row.
  private let pixels: [SIMD3<Double>]
  private let width: Int
  private let height: Int

  static func size(of frame: borrowing Frame) -> (width: Int, height: Int) {
    let scale = Double(longerSide) / Double(max(frame.width, frame.height))
    return (
      max(16, Int(Double(frame.width) * scale) / 2 * 2), max(16, Int(Double(frame.height) * scale) / 2 * 2)
    )
  }

  /// As much of the frame's middle as has the shape of `size`.
  init(_ frame: borrowing Frame, size: (width: Int, height: Int)) throws(LibavError) {
    let scale = max(
      Double(size.width) / Double(frame.width), Double(size.height) / Double(frame.height))
    let whole = (
      width: max(size.width, Int((Double(frame.width) * scale).rounded())),
      height: max(size.height, Int((Double(frame.height) * scale).rounded()))
    )
    guard whole.width <= Self.maximumCut * size.width, whole.height <= Self.maximumCut * size.height else {
      throw LibavError(.invalidData, "has a shape too far from the frame's")
    }
    let (left, top) = ((whole.width - size.width) / 2, (whole.height - size.height) / 2)
    let color = ColorUnderstanding(frame.color, format: frame.pixelFormat, height: frame.height).tags
    let image = try FrameScaler().shrink(frame, color: color, to: whole)
    (width, height) = size
    pixels = (0..<size.height * size.width).map {
      let at = 3 * ((top + $0 / size.width) * whole.width + left + $0 % size.width)
      return SIMD3(Double(image.bytes[at]), Double(image.bytes[at + 1]), Double(image.bytes[at + 2])) / 255
    }
  }

  /// From an image file, as much of its middle as has the frame's shape.
  init(image path: String, size: (width: Int, height: Int)) throws(LibavError) {
    let demuxer = try Demuxer(path: path)
    guard let stream = demuxer.streams.first(where: { $0.kind == .video }) else {
      throw LibavError(.invalidData, "is no image", file: path)
    }
    var reader = try StreamReader(demuxer, streams: [stream.index], threading: .count(1))
    let frame = try Frame()
    guard try reader.next(into: frame) != nil else { throw LibavError(.invalidData, "is no image", file: path) }
    try self.init(frame, size: size)
  }

  func likeness(to other: AnchorThumbnail) -> AnchorReading.Likeness {
    AnchorReading.Likeness(
      ssim: StructuralSimilarity.mean(luma, other.luma, width: width, height: height),
      deltaE: colorDifference(from: other))
  }

  /// Code values of BT.601 in limited range: what the threshold of the similarity was measured in.
  private var luma: [UInt8] {
    let matrix = ColorMatrix(ColorTags(range: "tv", matrix: "smpte170m"))
    return pixels.map { UInt8(clamping: Int(matrix.codes($0).x.rounded())) }
  }

  private func colorDifference(from other: AnchorThumbnail) -> Double {
    var (sum, cells) = (0.0, 0.0)
    for top in stride(from: 0, through: height - Self.cell, by: Self.cell) {
      for left in stride(from: 0, through: width - Self.cell, by: Self.cell) {
        sum += mean(top, left).difference76(from: other.mean(top, left))
        cells += 1
      }
    }
    return cells > 0 ? sum / cells : 0
  }

  /// CIELAB of a cell's mean colour.
  private func mean(_ top: Int, _ left: Int) -> LabColor {
    var sum = SIMD3<Double>()
    for y in top..<top + Self.cell {
      for x in left..<left + Self.cell { sum += pixels[y * width + x] }
    }
    return LabColor(rgb: sum / Double(Self.cell * Self.cell))
  }
}
