import Foundation
import Libav

/// Reads PNG and JPEG images in the size and the colours of a clip.
struct StillImage {
  /// Limits published for start and end images.
  private static let maxBytes = 10 * 1024 * 1024
  private static let minSide = 300
  private static let widestAspect = 2.5

  /// Of the image, in pixels.
  let width: Int
  let height: Int
  private let path: String
  private let isJPEG: Bool

  /// Checks an image against the published limits.
  /// - Parameters:
  ///   - name: its parameter, for messages.
  ///   - folder: for the file while it is read; the caller removes it.
  init(_ data: Data, name: String, folder: String) throws {
    guard data.count <= Self.maxBytes else {
      throw ModelRefusal.value("'\(name)' is \(data.count) bytes; at most \(Self.maxBytes) are taken.")
    }
    isJPEG = data.starts(with: [0xFF, 0xD8, 0xFF])
    guard isJPEG || data.starts(with: [0x89, 0x50, 0x4E, 0x47]) else {
      throw ModelRefusal.value("'\(name)' is neither a JPEG nor a PNG.")
    }
    path = "\(folder)/\(name.filter { $0.isLetter || $0.isNumber }).\(isJPEG ? "jpg" : "png")"
    try data.write(to: URL(fileURLWithPath: path))
    guard let stream = try? Demuxer(path: path).mainVideo?.video, stream.width > 0, stream.height > 0 else {
      throw ModelRefusal.value("'\(name)' cannot be decoded.")
    }
    width = stream.width
    height = stream.height
    guard min(width, height) >= Self.minSide else {
      throw ModelRefusal.value("'\(name)' is \(width)x\(height); each side should be at least \(Self.minSide) pixels.")
    }
    let aspect = Double(width) / Double(height)
    guard aspect <= Self.widestAspect, aspect >= 1 / Self.widestAspect else {
      throw ModelRefusal.value("'\(name)' is \(width)x\(height); its aspect should be 1:2.5 to 2.5:1.")
    }
  }

  /// The image scaled to cover `size` and cropped at its centre, in BT.709 4:2:0.
  func frame(_ size: FrameSize) throws -> RenderedFrame {
    let demuxer = try Demuxer(path: path)
    guard let stream = demuxer.mainVideo else { throw ModelRefusal.value("an image cannot be decoded.") }
    var reader = try StreamReader(demuxer, streams: [stream.index], threading: .slices(1))
    let frame = try Frame()
    guard try reader.next(into: frame) != nil else { throw ModelRefusal.value("an image cannot be decoded.") }
    let factor = max(Double(size.width) / Double(width), Double(size.height) / Double(height))
    let cover = FrameSize(
      max(size.width, Int((Double(width) * factor).rounded(.up))),
      max(size.height, Int((Double(height) * factor).rounded(.up))))
    var color = frame.color
    if isJPEG {
      color.range = color.range ?? "pc"
      color.matrix = color.matrix ?? "smpte170m"
    }
    let scaler = try Scaler(
      from: (frame.width, frame.height, frame.pixelFormat), color: color,
      to: (cover.width, cover.height, .yuv420p), targetColor: .bt709, quality: .lanczos)
    let scaled = try scaler.scale(frame)
    let (x, y) = ((cover.width - size.width) / 4 * 2, (cover.height - size.height) / 4 * 2)
    return RenderedFrame(
      luma: Self.crop(scaled, 0, x: x, y: y, width: size.width, height: size.height),
      cb: Self.crop(scaled, 1, x: x / 2, y: y / 2, width: size.width / 2, height: size.height / 2),
      cr: Self.crop(scaled, 2, x: x / 2, y: y / 2, width: size.width / 2, height: size.height / 2))
  }

  private static func crop(_ frame: borrowing Frame, _ plane: Int, x: Int, y: Int, width: Int, height: Int) -> Plane {
    let samples = frame.withPlane(plane) { bytes, stride in
      [UInt8](unsafeUninitializedCapacity: width * height) { target, count in
        bytes.withUnsafeBufferPointer { source in
          for row in 0..<height {
            for column in 0..<width {
              target[row * width + column] = source[(y + row) * stride + x + column]
            }
          }
        }
        count = width * height
      }
    }
    return Plane(width: width, height: height, samples: samples)
  }
}
