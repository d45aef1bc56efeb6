/// Reads the bits of a NAL unit's payload, most significant first; emulation prevention bytes must be removed beforehand.
public struct BitReader: Sendable {
  private let bytes: [UInt8]
  /// Bits read so far.
  public private(set) var position: Int

  /// Exp-Golomb codes with more leading zeros represent no 32-bit value (H.264, H.265 9.1).
  private static let maximumLeadingZeros = 31

  public init(_ bytes: [UInt8], at position: Int = 0) {
    self.bytes = bytes
    self.position = position
  }

  /// An unsigned number of up to 63 bits, `u(n)`.
  /// - Returns: nil at the end.
  public mutating func bits(_ count: Int) -> Int? {
    guard count >= 0, count < Int.bitWidth, count <= bytes.count * 8 - position else { return nil }
    var value = 0
    for index in position..<position + count { value = value << 1 | Int(bytes[index / 8] >> (7 - index % 8) & 1) }
    position += count
    return value
  }

  /// - Returns: false at the end.
  public mutating func skip(_ count: Int) -> Bool {
    guard count >= 0, count <= bytes.count * 8 - position else { return false }
    position += count
    return true
  }

  /// An unsigned Exp-Golomb code, `ue(v)`.
  /// - Returns: nil at the end, or for a code beyond 32 bits.
  public mutating func expGolomb() -> Int? {
    var zeros = 0
    while true {
      guard let bit = bits(1) else { return nil }
      if bit == 1 { break }
      zeros += 1
      guard zeros <= Self.maximumLeadingZeros else { return nil }
    }
    return bits(zeros).map { (1 << zeros | $0) - 1 }
  }
}

/// Puts bits together, most significant first; the last byte is filled up with zeros.
public struct BitWriter: Sendable {
  public private(set) var bytes: [UInt8] = []
  private var bitCount = 0

  public init() {}

  public mutating func append(_ value: Int, bits: Int) {
    for index in stride(from: bits - 1, through: 0, by: -1) {
      if bitCount % 8 == 0 { bytes.append(0) }
      if value >> index & 1 == 1 { bytes[bytes.count - 1] |= 0x80 >> UInt8(bitCount % 8) }
      bitCount += 1
    }
  }

  /// An unsigned Exp-Golomb code, `ue(v)`.
  public mutating func append(expGolomb value: Int) { append(value + 1, bits: Self.expGolombLength(value)) }

  /// A range of bits of another buffer.
  public mutating func append(_ source: [UInt8], from start: Int, to end: Int) {
    for index in start..<end { append(Int(source[index / 8] >> (7 - index % 8) & 1), bits: 1) }
  }

  /// Length in bits of the Exp-Golomb code of a value.
  public static func expGolombLength(_ value: Int) -> Int {
    2 * (Int.bitWidth - (value + 1).leadingZeroBitCount) - 1
  }
}
