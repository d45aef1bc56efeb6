/// One 8-bit plane of a frame, rows without gaps.
struct Plane: Sendable {
  let width: Int
  let height: Int
  var samples: [UInt8]

  init(width: Int, height: Int, samples: [UInt8]) {
    precondition(samples.count == width * height, "a plane holds one sample per pixel")
    self.width = width
    self.height = height
    self.samples = samples
  }

  /// The plane sharpened by `amount` of its difference to a 3×3 blur; edge samples stay.
  func sharpened(_ amount: Float) -> Plane {
    guard width > 2, height > 2, amount > 0 else { return self }
    var result = samples
    samples.withUnsafeBufferPointer { source in
      result.withUnsafeMutableBufferPointer { target in
        for y in 1..<height - 1 {
          let (above, here, below) = ((y - 1) * width, y * width, (y + 1) * width)
          for x in 1..<width - 1 {
            let centre = Float(source[here + x])
            let cross =
              Float(source[above + x]) + Float(source[below + x]) + Float(source[here + x - 1])
              + Float(source[here + x + 1])
            target[here + x] = clampedToByte(centre + amount * (centre - cross * 0.25))
          }
        }
      }
    }
    return Plane(width: width, height: height, samples: result)
  }
}

/// A frame in 8-bit Y′CbCr 4:2:0, BT.709, limited range; width and height are even.
struct RenderedFrame: Sendable {
  let luma: Plane
  let cb: Plane
  let cr: Plane

  var width: Int { luma.width }
  var height: Int { luma.height }
}

/// The nearest byte, ties upwards. At 2^23 a `Float` has no fraction, so its lowest bits are a whole number: without the check
/// that a conversion makes, the loops that call this handle many samples at a time.
@inline(__always)
func clampedToByte(_ value: Float) -> UInt8 {
  let clamped = min(255, max(0, value + 0.5))
  let whole = clamped + 8_388_608
  let byte = UInt8(truncatingIfNeeded: whole.bitPattern)
  return whole - 8_388_608 > clamped ? byte &- 1 : byte
}

/// The rows of a plane, filled by several threads; valid inside the closure that provides the bytes.
///
/// `@unchecked Sendable` because it wraps a pointer: each row is written by one thread.
struct PlaneRows: @unchecked Sendable {
  private let bytes: UnsafeMutableBufferPointer<UInt8>
  private let stride: Int
  private let width: Int

  /// - Parameters:
  ///   - stride: bytes from one row to the next.
  ///   - width: bytes of a row that are pixels.
  init(_ bytes: UnsafeMutableBufferPointer<UInt8>, stride: Int, width: Int) {
    self.bytes = bytes
    self.stride = stride
    self.width = width
  }

  func row(_ y: Int) -> UnsafeMutableBufferPointer<UInt8> {
    UnsafeMutableBufferPointer(rebasing: bytes[y * stride..<y * stride + width])
  }
}
