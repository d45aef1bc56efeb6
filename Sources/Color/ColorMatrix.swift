package import Libav

/// Converts code values of a frame to R′G′B′ on a scale of 0 to 1 and back, by the matrices of ITU-T H.273.
///
/// An untagged or unknown matrix counts as BT.709. Values outside the nominal range are kept.
package struct ColorMatrix: Sendable {
  /// Matrices by libav's names (`smpte170m` and `bt470bg` are both BT.601).
  private enum Kind: Sendable {
    /// Luma is a weighted sum of R′G′B′ with these weights of red and blue.
    case weighted(red: Double, blue: Double)
    /// BT.2020 with constant luminance: luma is made from linear light.
    case constantLuminance
    case ycgco
    /// The planes hold green, blue and red.
    case rgb

    /// Levels of 8-bit chroma in limited range: those of YCgCo are made from limited RGB.
    var limitedChroma: Double {
      if case .ycgco = self { 219 } else { 224 }
    }

    init(_ name: String?) {
      self =
        switch name {
        case "fcc": .weighted(red: 0.30, blue: 0.11)
        case "bt470bg", "smpte170m": .weighted(red: 0.299, blue: 0.114)
        case "smpte240m": .weighted(red: 0.212, blue: 0.087)
        case "bt2020nc": .weighted(red: 0.2627, blue: 0.0593)
        case "bt2020c": .constantLuminance
        case "ycgco": .ycgco
        case "gbr": .rgb
        default: .weighted(red: 0.2126, blue: 0.0722)
        }
    }
  }

  /// Row by row, what each of luma and both chromas adds to red, green and blue; all on a scale of one. Of constant
  /// luminance it is the matrix of BT.2020 without, which is near it.
  package let toRGB: Rows
  /// The inverse of ``toRGB``.
  package let fromRGB: Rows
  /// Code values of one on the scale, for luma and both chromas.
  package let scale: SIMD3<Double>
  /// Code values of zero on the scale, for luma and both chromas.
  package let zero: SIMD3<Double>
  private let isConstantLuminance: Bool

  /// The rows of a 3×3 matrix.
  package typealias Rows = (SIMD3<Double>, SIMD3<Double>, SIMD3<Double>)

  /// - Parameters:
  ///   - color: its matrix and range; an untagged range is limited, and RGB full.
  ///   - bitDepth: of the code values, 8 or more.
  package init(_ color: ColorTags, bitDepth: Int = 8) {
    let kind = Kind(color.matrix)
    let unit = Double(1 << max(0, bitDepth - 8))
    let top = Double((1 << bitDepth) - 1)
    var isRGB = false
    if case .rgb = kind { isRGB = true }
    let isFull = color.range == "pc" || isRGB
    let (lumaScale, black) = isFull ? (top, 0) : (219 * unit, 16 * unit)
    let (chromaScale, middle) = isRGB ? (top, 0) : (isFull ? top : kind.limitedChroma * unit, 128 * unit)
    scale = SIMD3(lumaScale, chromaScale, chromaScale)
    zero = SIMD3(black, middle, middle)
    switch kind {
    case .weighted(let red, let blue):
      (toRGB, fromRGB) = Self.rows(red: red, blue: blue)
      isConstantLuminance = false
    case .constantLuminance:
      (toRGB, fromRGB) = Self.rows(red: Self.wideRed, blue: Self.wideBlue)
      isConstantLuminance = true
    case .ycgco:
      toRGB = (SIMD3(1, -1, 1), SIMD3(1, 1, 0), SIMD3(1, -1, -1))
      fromRGB = (SIMD3(0.25, 0.5, 0.25), SIMD3(-0.25, 0.5, -0.25), SIMD3(0.5, 0, -0.5))
      isConstantLuminance = false
    case .rgb:
      toRGB = (SIMD3(0, 0, 1), SIMD3(1, 0, 0), SIMD3(0, 1, 0))
      fromRGB = (SIMD3(0, 1, 0), SIMD3(0, 0, 1), SIMD3(1, 0, 0))
      isConstantLuminance = false
    }
  }

  private static func rows(red: Double, blue: Double) -> (to: Rows, from: Rows) {
    let green = 1 - red - blue
    let to = (
      SIMD3(1, 0, 2 * (1 - red)), SIMD3(1, -2 * blue * (1 - blue) / green, -2 * red * (1 - red) / green),
      SIMD3(1, 2 * (1 - blue), 0)
    )
    let luma = SIMD3(red, green, blue)
    let from = (luma, (SIMD3(0, 0, 1) - luma) / (2 * (1 - blue)), (SIMD3(1, 0, 0) - luma) / (2 * (1 - red)))
    return (to, from)
  }

  /// Red, green and blue of code values of luma and both chromas.
  package func rgb(_ luma: Double, _ cb: Double, _ cr: Double) -> SIMD3<Double> {
    let value = (SIMD3(luma, cb, cr) - zero) / scale
    return isConstantLuminance ? Self.constantLuminanceRGB(value) : Self.product(toRGB, value)
  }

  /// Code values of luma and both chromas, unrounded.
  package func codes(_ rgb: SIMD3<Double>) -> SIMD3<Double> {
    (isConstantLuminance ? Self.constantLuminanceCodes(rgb) : Self.product(fromRGB, rgb)) * scale + zero
  }

  private static func product(_ rows: Rows, _ value: SIMD3<Double>) -> SIMD3<Double> {
    SIMD3((rows.0 * value).sum(), (rows.1 * value).sum(), (rows.2 * value).sum())
  }

  /// Weights of BT.2020, and by what chroma is divided in its constant luminance system: below and above 0.
  private static let (wideRed, wideBlue) = (0.2627, 0.0593)
  private static let blueSpans = (below: 1.9404, above: 1.5816)
  private static let redSpans = (below: 1.7184, above: 0.9936)

  private static func constantLuminanceRGB(_ value: SIMD3<Double>) -> SIMD3<Double> {
    let blue = value.x + value.y * (value.y < 0 ? blueSpans.below : blueSpans.above)
    let red = value.x + value.z * (value.z < 0 ? redSpans.below : redSpans.above)
    let curve = TransferFunction.bt709
    let light = curve.linear(value.x) - wideRed * curve.linear(red) - wideBlue * curve.linear(blue)
    return SIMD3(red, curve.signal(light / (1 - wideRed - wideBlue)), blue)
  }

  private static func constantLuminanceCodes(_ rgb: SIMD3<Double>) -> SIMD3<Double> {
    let curve = TransferFunction.bt709
    let luma = curve.signal(
      wideRed * curve.linear(rgb.x) + (1 - wideRed - wideBlue) * curve.linear(rgb.y) + wideBlue * curve.linear(rgb.z))
    let (blue, red) = (rgb.z - luma, rgb.x - luma)
    return SIMD3(
      luma, blue / (blue < 0 ? blueSpans.below : blueSpans.above), red / (red < 0 ? redSpans.below : redSpans.above))
  }
}

extension ColorMatrix {
  /// Packed RGB of a frame without chroma subsampling: `rgb24` of `yuv444p`, `rgb48be` of `yuv444p16le`.
  package static func rgb(_ frame: borrowing Frame, color: ColorTags) throws(LibavError) -> Frame {
    guard frame.pixelFormat.bitDepth > 8 else {
      let pixels = ColorMatrix(color).rgb24(frame)
      return try RGBImage(width: frame.width, height: frame.height, bytes: pixels).frame()
    }
    let matrix = ColorMatrix(color, bitDepth: frame.pixelFormat.bitDepth)
    let (width, height) = (frame.width, frame.height)
    let result = try Frame(width: width, height: height, format: .rgb48, color: .fullRGB)
    frame.withPlane16(0) { luma, lumaStride in
      frame.withPlane16(1) { cb, cbStride in
        frame.withPlane16(2) { cr, crStride in
          result.withMutablePlane(0) { rgb, stride in
            for row in 0..<height {
              for column in 0..<width {
                let color = matrix.rgb(
                  Double(luma[row * lumaStride + column]), Double(cb[row * cbStride + column]),
                  Double(cr[row * crStride + column]))
                for channel in 0..<3 {
                  let value = UInt16(clamping: Int((color[channel] * 65_535).rounded()))
                  let at = row * stride + 6 * column + 2 * channel
                  rgb[at] = UInt8(value >> 8)
                  rgb[at + 1] = UInt8(truncatingIfNeeded: value)
                }
              }
            }
          }
        }
      }
    }
    return result
  }

  /// Bits of the fraction in ``rgb24(_:)``'s tables.
  private static let fraction = 16

  /// The pixels of an 8-bit `yuv444p` frame as red, green and blue, row by row without gaps.
  func rgb24(_ frame: borrowing Frame) -> [UInt8] {
    let (width, height) = (frame.width, frame.height)
    return frame.withPlane(0) { luma, lumaStride in
      frame.withPlane(1) { cb, cbStride in
        frame.withPlane(2) { cr, crStride in
          [UInt8](unsafeUninitializedCapacity: 3 * width * height) { rgb, count in
            count = 3 * width * height
            guard isConstantLuminance else {
              let tables = Tables(self)
              for row in 0..<height {
                tables.convert(
                  luma.extracting(row * lumaStride..<row * lumaStride + width),
                  cb.extracting(row * cbStride..<row * cbStride + width),
                  cr.extracting(row * crStride..<row * crStride + width),
                  into: UnsafeMutableBufferPointer(rebasing: rgb[3 * row * width..<3 * (row + 1) * width]))
              }
              return
            }
            for row in 0..<height {
              for column in 0..<width {
                let pixel = rounded(
                  luma[row * lumaStride + column], cb[row * cbStride + column], cr[row * crStride + column])
                let at = 3 * (row * width + column)
                (rgb[at], rgb[at + 1], rgb[at + 2]) = (pixel.x, pixel.y, pixel.z)
              }
            }
          }
        }
      }
    }
  }

  private func rounded(_ luma: UInt8, _ cb: UInt8, _ cr: UInt8) -> SIMD3<UInt8> {
    let value = rgb(Double(luma), Double(cb), Double(cr)) * 255
    return SIMD3<UInt8>(clamping: SIMD3<Int32>(value.rounded(.toNearestOrAwayFromZero)))
  }

  /// What each code value adds to red, green and blue, in fixed point.
  private struct Tables {
    private let luma: [SIMD3<Int32>]
    private let cb: [SIMD3<Int32>]
    private let cr: [SIMD3<Int32>]

    init(_ matrix: ColorMatrix) {
      let rows = matrix.toRGB
      func table(_ plane: Int, plus half: Int32) -> [SIMD3<Int32>] {
        let column = SIMD3(rows.0[plane], rows.1[plane], rows.2[plane])
        return (0...255).map { code in
          let part = (Double(code) - matrix.zero[plane]) / matrix.scale[plane]
          let value = column * part * Double(255 << ColorMatrix.fraction)
          return SIMD3<Int32>(value.rounded(.toNearestOrAwayFromZero)) &+ SIMD3(repeating: half)
        }
      }
      luma = table(0, plus: 1 << (Int32(ColorMatrix.fraction) - 1))
      cb = table(1, plus: 0)
      cr = table(2, plus: 0)
    }

    /// One row; the target has three bytes for each sample.
    func convert(
      _ y: Span<UInt8>, _ u: Span<UInt8>, _ v: Span<UInt8>, into rgb: UnsafeMutableBufferPointer<UInt8>
    ) {
      func code(_ sum: Int32) -> UInt8 {
        UInt8(truncatingIfNeeded: max(0, min(255, sum &>> Int32(ColorMatrix.fraction))))
      }
      y.withUnsafeBufferPointer { y in
        u.withUnsafeBufferPointer { u in
          v.withUnsafeBufferPointer { v in
            luma.withUnsafeBufferPointer { luma in
              cb.withUnsafeBufferPointer { cb in
                cr.withUnsafeBufferPointer { cr in
                  for column in y.indices {
                    let sum = luma[Int(y[column])] &+ cb[Int(u[column])] &+ cr[Int(v[column])]
                    rgb[3 * column] = code(sum.x)
                    rgb[3 * column + 1] = code(sum.y)
                    rgb[3 * column + 2] = code(sum.z)
                  }
                }
              }
            }
          }
        }
      }
    }
  }
}
