/// Reads a NAL unit's bits, the most significant first; emulation prevention is taken out before.
struct BitReader {
  private let bytes: [UInt8]
  /// Bits read so far.
  private(set) var position: Int

  /// Exp-Golomb codes of more leading zeros than this stand for no value of 32 bits (H.264, H.265 9.1).
  private static let mostLeadingZeros = 31

  init(_ bytes: [UInt8], at position: Int = 0) {
    self.bytes = bytes
    self.position = position
  }

  /// - Returns: nil at the end.
  mutating func bits(_ count: Int) -> Int? {
    guard count >= 0, position + count <= bytes.count * 8 else { return nil }
    var value = 0
    for index in position..<position + count { value = value << 1 | Int(bytes[index / 8] >> (7 - index % 8) & 1) }
    position += count
    return value
  }

  /// - Returns: false at the end.
  mutating func skip(_ count: Int) -> Bool {
    guard count >= 0, position + count <= bytes.count * 8 else { return false }
    position += count
    return true
  }

  /// An unsigned Exp-Golomb code, `ue(v)`.
  mutating func expGolomb() -> Int? {
    var zeros = 0
    while let bit = bits(1), bit == 0 {
      zeros += 1
      guard zeros <= Self.mostLeadingZeros else { return nil }
    }
    return bits(zeros).map { (1 << zeros | $0) - 1 }
  }
}

/// Puts bits together, the most significant first.
struct BitWriter {
  private(set) var bytes: [UInt8] = []
  private var bitCount = 0

  mutating func append(_ value: Int, bits: Int) {
    for index in stride(from: bits - 1, through: 0, by: -1) {
      if bitCount % 8 == 0 { bytes.append(0) }
      if value >> index & 1 == 1 { bytes[bytes.count - 1] |= 0x80 >> UInt8(bitCount % 8) }
      bitCount += 1
    }
  }

  /// An unsigned Exp-Golomb code, `ue(v)`.
  mutating func append(expGolomb value: Int) { append(value + 1, bits: Self.expGolombLength(value)) }

  /// Bits of `source` from one position to before another.
  mutating func append(_ source: [UInt8], from start: Int, to end: Int) {
    for index in start..<end { append(Int(source[index / 8] >> (7 - index % 8) & 1), bits: 1) }
  }

  /// Bits of the code of a value.
  static func expGolombLength(_ value: Int) -> Int { 2 * (Int.bitWidth - (value + 1).leadingZeroBitCount) - 1 }
}

/// The bytes 3 that keep a NAL unit's payload from looking like a start code (H.264 7.4.1, H.265 7.4.2).
enum EmulationPrevention {
  /// The payload without them.
  static func removed(from bytes: some Sequence<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    var zeros = 0
    for byte in bytes {
      if zeros >= 2, byte == 3 {
        zeros = 0
        continue
      }
      zeros = byte == 0 ? zeros + 1 : 0
      result.append(byte)
    }
    return result
  }

  /// The payload with them.
  static func added(to bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count + 4)
    var zeros = 0
    for byte in bytes {
      if zeros >= 2, byte <= 3 {
        result.append(3)
        zeros = 0
      }
      zeros = byte == 0 ? zeros + 1 : 0
      result.append(byte)
    }
    return result
  }
}
