import Files

/// 256 bits that seed everything random in a clip: the same parts give the same clip.
struct Seed: Sendable, Hashable {
  private let words: [UInt64]

  /// SHA-256 over the parts, each prefixed by its length, so that different lists never collide.
  init(_ parts: [String]) {
    let digest = MessageDigest()
    for part in parts {
      let bytes = Array(part.utf8)
      withUnsafeBytes(of: UInt64(bytes.count).littleEndian) { digest.update($0) }
      digest.update(bytes)
    }
    let sum = digest.bytes
    words = stride(from: 0, to: 32, by: 8).map { start in
      sum[start..<start + 8].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    }
  }

  /// A seed for one purpose, independent of those for others.
  func derived(_ purpose: String) -> Seed { Seed(words.map(String.init) + [purpose]) }

  /// 64 of the bits.
  var word: UInt64 { words[0] }

  /// A generator of random numbers.
  var numbers: SeededNumbers { SeededNumbers(state: words[1] ^ words[2]) }
}

/// SplitMix64 (Steele, Lea, Flood 2014): small, fast, the same on every machine.
struct SeededNumbers: RandomNumberGenerator, Sendable {
  private var state: UInt64

  init(state: UInt64) { self.state = state }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    return mixed(state)
  }

  /// Uniform over a range.
  mutating func value(_ range: ClosedRange<Float>) -> Float {
    range.lowerBound + (range.upperBound - range.lowerBound) * Float(next() >> 40) / Float(1 << 24)
  }

  /// About normal, mean 0 and standard deviation 1: the sum of four uniform values.
  mutating func normal() -> Float {
    let bits = next()
    let sum = Float(bits & 0xFFFF) + Float(bits >> 16 & 0xFFFF) + Float(bits >> 32 & 0xFFFF) + Float(bits >> 48)
    return (sum / 65_536 - 2) * 1.732_05
  }
}

/// The finaliser of SplitMix64: spreads every input bit over all output bits.
@inline(__always)
func mixed(_ value: UInt64) -> UInt64 {
  var z = value
  z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
  z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
  return z ^ (z >> 31)
}
