import Foundation
import Libav

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
      let size = Thumbnail.size(of: frame)
      let other = try Thumbnail(image: image, size: size)
      return try Thumbnail(frame, size: size).likeness(to: other)
    } catch {
      reading.fault = "\(error)"
      return nil
    }
  }
}

/// A small copy of a frame for comparing it with an image: luma and chroma at full resolution of their own.
private struct Thumbnail {
  /// Pixels of the longer side.
  private static let longerSide = 320
  private static let format = PixelFormat.yuv444p
  /// An image may be so many times longer than the part of it that has the frame's shape.
  private static let mostCut = 8

  let width: Int
  let height: Int
  let planes: [[UInt8]]

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
    guard whole.width <= Self.mostCut * size.width, whole.height <= Self.mostCut * size.height else {
      throw LibavError(.invalidData, "has a shape too far from the frame's")
    }
    let (left, top) = ((whole.width - size.width) / 2, (whole.height - size.height) / 2)
    let scaler = try Scaler(
      from: (frame.width, frame.height, frame.pixelFormat), color: frame.color,
      to: (whole.width, whole.height, Self.format),
      targetColor: ColorTags(range: "tv", matrix: "smpte170m"), quality: .area)
    let small = try scaler.scale(frame)
    (width, height) = size
    planes = (0..<3).map { plane in
      small.withPlane(plane) { bytes, stride in
        (0..<size.height * size.width).map {
          bytes[(top + $0 / size.width) * stride + left + $0 % size.width]
        }
      }
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

  func likeness(to other: Thumbnail) -> AnchorReading.Likeness {
    AnchorReading.Likeness(ssim: ssim(to: other), deltaE: deltaE(to: other))
  }

  /// Wang et al. 2004 over windows of 8 × 8.
  private func ssim(to other: Thumbnail) -> Double {
    let (c1, c2) = (6.5025, 58.5225)
    var (sum, windows) = (0.0, 0.0)
    for top in stride(from: 0, through: height - 8, by: 4) {
      for left in stride(from: 0, through: width - 8, by: 4) {
        var (a, b, aa, bb, ab) = (0.0, 0.0, 0.0, 0.0, 0.0)
        for y in top..<(top + 8) {
          for x in left..<(left + 8) {
            let (p, q) = (Double(planes[0][y * width + x]), Double(other.planes[0][y * width + x]))
            a += p
            b += q
            aa += p * p
            bb += q * q
            ab += p * q
          }
        }
        (a, b, aa, bb, ab) = (a / 64, b / 64, aa / 64, bb / 64, ab / 64)
        sum +=
          (2 * a * b + c1) * (2 * (ab - a * b) + c2) / ((a * a + b * b + c1) * (aa - a * a + bb - b * b + c2))
        windows += 1
      }
    }
    return windows > 0 ? sum / windows : 0
  }

  private func deltaE(to other: Thumbnail) -> Double {
    let cell = 8
    var (sum, cells) = (0.0, 0.0)
    for top in stride(from: 0, through: height - cell, by: cell) {
      for left in stride(from: 0, through: width - cell, by: cell) {
        let (a, b) = (mean(top, left, cell), other.mean(top, left, cell))
        sum += sqrt(zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) })
        cells += 1
      }
    }
    return cells > 0 ? sum / cells : 0
  }

  /// CIELAB of a cell's mean colour; both frames were brought to BT.601 limited range by the scaler.
  private func mean(_ top: Int, _ left: Int, _ cell: Int) -> [Double] {
    var sums: [Double] = []
    for plane in planes {
      var sum = 0
      for y in top..<(top + cell) {
        for x in left..<(left + cell) { sum += Int(plane[y * width + x]) }
      }
      sums.append(Double(sum) / Double(cell * cell))
    }
    let (y, u, v) = ((sums[0] - 16) / 219, (sums[1] - 128) / 224, (sums[2] - 128) / 224)
    let red = Self.linear(y + 1.402 * v)
    let green = Self.linear(y - 0.344_136 * u - 0.714_136 * v)
    let blue = Self.linear(y + 1.772 * u)
    let x = Self.compressed((0.412_456 * red + 0.357_576 * green + 0.180_438 * blue) / 0.950_47)
    let luminance = Self.compressed(0.212_673 * red + 0.715_152 * green + 0.072_175 * blue)
    let z = Self.compressed((0.019_334 * red + 0.119_192 * green + 0.950_304 * blue) / 1.088_83)
    return [116 * luminance - 16, 500 * (x - luminance), 200 * (luminance - z)]
  }

  private static func linear(_ value: Double) -> Double {
    let c = min(1, max(0, value))
    return c <= 0.040_45 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4)
  }

  private static func compressed(_ t: Double) -> Double {
    t > 216.0 / 24389 ? cbrt(t) : (24389.0 / 27 * t + 16) / 116
  }
}
