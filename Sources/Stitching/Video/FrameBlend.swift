package import Libav

/// Mixes frames of one format, in code values.
package enum FrameBlend {
  /// Fixed-point one.
  private static let one: UInt64 = 1 << 16

  /// Whether frames of a format can be mixed, plane by plane.
  static func supports(_ format: PixelFormat) -> Bool {
    format.isPlanar && !format.hasAlpha && (8...16).contains(format.bitDepth)
  }

  /// A new frame of the first and `weight` of the second.
  /// - Parameter weight: 0 for the first alone, 1 for the second.
  static func mix(
    _ first: borrowing Frame, _ second: borrowing Frame, weight: Float
  ) throws(LibavError) -> Frame {
    let format = first.pixelFormat
    guard supports(format), second.pixelFormat.withoutImpliedRange == format.withoutImpliedRange,
      first.width == second.width, first.height == second.height
    else {
      throw LibavError(.unsupported, "\(second.pixelFormat) frames cannot be mixed into \(format) ones")
    }
    let result = try first.share()
    try result.makeWritable()
    let share = UInt64((min(max(weight, 0), 1) * Float(one)).rounded())
    for plane in 0..<planes(of: format) {
      if format.bitDepth > 8 {
        second.withPlane16(plane) { other, otherStride in
          result.withMutablePlane16(plane) { own, stride in
            let size = result.planeSize(plane)
            for row in 0..<size.height {
              let (at, from) = (row * stride, row * otherStride)
              for x in 0..<size.width {
                let sum = UInt64(own[at + x]) * (one - share) + UInt64(other[from + x]) * share
                own[at + x] = UInt16(truncatingIfNeeded: (sum + one / 2) >> 16)
              }
            }
          }
        }
      } else {
        let (own32, other32) = (UInt32(one - share), UInt32(share))
        second.withPlane(plane) { other, otherStride in
          result.withMutablePlane(plane) { own, stride in
            let size = result.planeSize(plane)
            for row in 0..<size.height {
              let (at, from) = (row * stride, row * otherStride)
              for x in 0..<size.width {
                let sum = UInt32(own[at + x]) * own32 + UInt32(other[from + x]) * other32
                own[at + x] = UInt8(truncatingIfNeeded: (sum + UInt32(one / 2)) >> 16)
              }
            }
          }
        }
      }
    }
    return result
  }

  /// A black frame.
  package static func black(
    width: Int, height: Int, format: PixelFormat, color: ColorTags
  ) throws(LibavError) -> Frame {
    let frame = try Frame(width: width, height: height, format: format, color: color)
    let isFull = color.range == "pc" || format.impliesFullRange || format.isRGB
    let scale = max(0, format.bitDepth - 8)
    for plane in 0..<planes(of: format) {
      let value = plane == 0 || format.isRGB ? (isFull ? 0 : 16 << scale) : 128 << scale
      if format.bitDepth > 8 {
        frame.withMutablePlane16(plane) { samples, _ in
          for index in samples.indices { samples[index] = UInt16(value) }
        }
      } else {
        frame.withMutablePlane(plane) { bytes, _ in
          for index in bytes.indices { bytes[index] = UInt8(value) }
        }
      }
    }
    return frame
  }

  /// Copies a smaller frame into a larger one of the same format; its place must be a multiple of the chroma
  /// subsampling.
  package static func place(_ frame: borrowing Frame, into canvas: borrowing Frame, x: Int, y: Int) {
    let format = canvas.pixelFormat
    for plane in 0..<planes(of: format) {
      let size = frame.planeSize(plane)
      let isChroma = plane > 0 && !format.isRGB
      let left = isChroma ? x >> format.chromaShiftX : x
      let top = isChroma ? y >> format.chromaShiftY : y
      let sample = format.bitDepth > 8 ? 2 : 1
      frame.withPlane(plane) { source, sourceStride in
        canvas.withMutablePlane(plane) { target, stride in
          for row in 0..<size.height {
            let (at, from) = ((row + top) * stride + left * sample, row * sourceStride)
            for byte in 0..<size.width * sample { target[at + byte] = source[from + byte] }
          }
        }
      }
    }
  }

  private static func planes(of format: PixelFormat) -> Int { min(3, max(1, format.planeCount)) }
}
