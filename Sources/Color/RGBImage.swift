package import Libav

/// 8-bit red, green and blue.
package struct RGBImage: Sendable {
  /// Pixels.
  package let width: Int
  package let height: Int
  /// Red, green, blue, row by row without gaps.
  package let bytes: [UInt8]

  package init(width: Int, height: Int, bytes: [UInt8]) {
    self.width = width
    self.height = height
    self.bytes = bytes
  }

  /// Copies an `rgb24` frame.
  package init(rgb24 frame: borrowing Frame) {
    let (width, height) = (frame.width, frame.height)
    self.width = width
    self.height = height
    bytes = frame.withPlane(0) { source, stride in
      [UInt8](unsafeUninitializedCapacity: width * height * 3) { buffer, count in
        for y in 0..<height {
          for x in 0..<width * 3 { buffer[y * width * 3 + x] = source[y * stride + x] }
        }
        count = width * height * 3
      }
    }
  }

  /// The pixels as an `rgb24` frame.
  package func frame() throws(LibavError) -> Frame {
    let frame = try Frame(width: width, height: height, format: .rgb24, color: .fullRGB)
    frame.withMutablePlane(0) { target, stride in
      target.withUnsafeMutableBufferPointer { target in
        bytes.withUnsafeBufferPointer { source in
          for y in 0..<height {
            let line = UnsafeBufferPointer(rebasing: source[y * width * 3..<(y + 1) * width * 3])
            _ = UnsafeMutableBufferPointer(rebasing: target[y * stride..<y * stride + width * 3]).update(from: line)
          }
        }
      }
    }
    return frame
  }

  /// BT.709 luma in full range, row by row.
  package var luma: [UInt8] {
    let count = width * height
    return bytes.withUnsafeBufferPointer { rgb in
      [UInt8](unsafeUninitializedCapacity: count) { buffer, written in
        for index in 0..<count {
          let at = 3 * index
          let sum = 13_933 * UInt32(rgb[at]) &+ 46_871 * UInt32(rgb[at + 1]) &+ 4732 * UInt32(rgb[at + 2])
          buffer[index] = UInt8(truncatingIfNeeded: (sum &+ 32_768) &>> 16)
        }
        written = count
      }
    }
  }
}
