import Foundation
import Support

/// Images with the spectrum of natural scenes, drawn here so that they were never scaled.
enum NativeTestImage {
  /// Writes discs and boxes of many sizes that hide each other ("dead leaves"), with some grain, as a grey PGM.
  ///
  /// Occlusion gives sharp edges at every scale and a spectrum that falls as that of photographs does
  /// (https://doi.org/10.1023/A:1008157409216).
  static func write(_ folder: ScratchFolder, _ name: String, width: Int, height: Int) throws -> String {
    let image = try images.value(for: "\(width)x\(height)") { draw(width: width, height: height) }.value
    return try folder.write(name, image)
  }

  private static let images = OnceCache<Data>()

  private static func draw(width: Int, height: Int) -> Data {
    var random = Random(state: 1)
    var pixels = [UInt8](repeating: 120, count: width * height)
    let leaves = width * height / 400
    for leaf in 0..<leaves {
      // Large ones lie below, so that some of each size is seen.
      let share = 1 - Double(leaf) / Double(leaves)
      let radius = max(2, Int(2 + 160 * share * share * share * random.unit()))
      let (x, y) = (Int(random.unit() * Double(width)), Int(random.unit() * Double(height)))
      let level = 30 + 190 * random.unit()
      let isDisc = random.unit() < 0.6
      for row in max(0, y - radius)..<min(height, y + radius) {
        let reach =
          isDisc ? Int(Double(radius * radius - (row - y) * (row - y)).squareRoot()) : radius / 2 + 1
        for column in max(0, x - reach)..<max(max(0, x - reach), min(width, x + reach)) {
          pixels[row * width + column] = UInt8(level)
        }
      }
    }
    for index in pixels.indices {
      pixels[index] = UInt8(clamping: Int(pixels[index]) + Int((random.unit() + random.unit() - 1) * 12))
    }
    return Data("P5\n\(width) \(height)\n255\n".utf8) + Data(pixels)
  }

  /// The same numbers on every machine (SplitMix64).
  private struct Random {
    var state: UInt64

    /// From 0 up to 1.
    mutating func unit() -> Double {
      state &+= 0x9E37_79B9_7F4A_7C15
      var z = state
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return Double((z ^ (z >> 31)) >> 11) / Double(1 << 53)
    }
  }
}
