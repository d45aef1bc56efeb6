/// SSIM of two planes (Wang et al. 2004).
package enum StructuralSimilarity {
  /// Samples of a block's side, and from one block to the next.
  private static let block = 8
  private static let step = 4
  /// (0.01 · 255)² and (0.03 · 255)².
  private static let (c1, c2) = (6.5025, 58.5225)

  /// The mean over all blocks: 1 for the same planes, and for planes without a sample.
  /// - Parameters: 8-bit samples, row by row without gaps, of the same size.
  package static func mean(_ a: [UInt8], _ b: [UInt8], width: Int, height: Int) -> Double {
    let size = min(block, width, height)
    guard size > 0, a.count == width * height, b.count == a.count else { return 1 }
    var (sum, count) = (0.0, 0.0)
    a.withUnsafeBufferPointer { a in
      b.withUnsafeBufferPointer { b in
        for top in stride(from: 0, through: height - size, by: step) {
          for left in stride(from: 0, through: width - size, by: step) {
            sum += similarity(a, b, from: top * width + left, stride: width, size: size)
            count += 1
          }
        }
      }
    }
    return sum / count
  }

  private static func similarity(
    _ a: UnsafeBufferPointer<UInt8>, _ b: UnsafeBufferPointer<UInt8>, from start: Int, stride: Int, size: Int
  ) -> Double {
    var (sumA, sumB, squaresA, squaresB, products) = (Int32(0), Int32(0), Int32(0), Int32(0), Int32(0))
    for row in 0..<size {
      for index in (start + row * stride)..<(start + row * stride + size) {
        let (p, q) = (Int32(a[index]), Int32(b[index]))
        sumA &+= p
        sumB &+= q
        squaresA &+= p &* p
        squaresB &+= q &* q
        products &+= p &* q
      }
    }
    let n = Double(size * size)
    let (meanA, meanB) = (Double(sumA) / n, Double(sumB) / n)
    let (varianceA, varianceB) = (Double(squaresA) / n - meanA * meanA, Double(squaresB) / n - meanB * meanB)
    let covariance = Double(products) / n - meanA * meanB
    return (2 * meanA * meanB + c1) * (2 * covariance + c2)
      / ((meanA * meanA + meanB * meanB + c1) * (varianceA + varianceB + c2))
  }
}
