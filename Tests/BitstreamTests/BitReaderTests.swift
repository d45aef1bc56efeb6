import Bitstream
import Testing

@Suite struct BitReaderTests {
  @Test func readsMostSignificantBitsFirstAcrossBytes() {
    var reader = BitReader([0b1010_0111, 0b1100_0000])
    #expect(reader.bits(3) == 0b101)
    #expect(reader.bits(7) == 0b0011111)
    #expect(reader.position == 10)
    #expect(reader.bits(7) == nil)
    #expect(reader.position == 10)
    #expect(reader.bits(6) == 0)
    #expect(reader.bits(0) == 0)
    #expect(reader.bits(1) == nil)
  }

  @Test func neverReadsOrSkipsAfterTheEnd() {
    var reader = BitReader([0xFF], at: 12)
    #expect(reader.bits(1) == nil && !reader.skip(1))
    reader = BitReader([0xFF])
    #expect(!reader.skip(9) && !reader.skip(-1) && reader.bits(-1) == nil && reader.bits(Int.max) == nil)
    #expect(reader.skip(8) && reader.position == 8)
  }

  /// The codes of H.264 table 9-2.
  @Test(arguments: [("1", 0), ("010", 1), ("011", 2), ("00100", 3), ("00111", 6), ("0001000", 7), ("000010010", 17)])
  func exponentialGolombCodes(code: String, value: Int) {
    var writer = BitWriter()
    for bit in code { writer.append(bit == "1" ? 1 : 0, bits: 1) }
    var reader = BitReader(writer.bytes)
    #expect(reader.expGolomb() == value)
    #expect(reader.position == code.count)
    #expect(BitWriter.expGolombLength(value) == code.count)
    var again = BitWriter()
    again.append(expGolomb: value)
    #expect(again.bytes == writer.bytes)
  }

  @Test func exponentialGolombCodesRoundTripUpTo32Bits() {
    for value in [0, 1, 254, 255, 256, 65_534, 65_535, 4_294_967_294] {
      var writer = BitWriter()
      writer.append(expGolomb: value)
      writer.append(1, bits: 1)
      var reader = BitReader(writer.bytes)
      #expect(reader.expGolomb() == value)
      #expect(reader.bits(1) == 1)
    }
  }

  @Test(arguments: [[], [0], [0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], [0x08]] as [[UInt8]])
  func brokenExponentialGolombCodesAreNil(bytes: [UInt8]) {
    var reader = BitReader(bytes)
    #expect(reader.expGolomb() == nil)
  }

  @Test func copiesBitsFromAnyPosition() {
    let source: [UInt8] = [0b1100_1010, 0b0101_0011]
    var writer = BitWriter()
    writer.append(source, from: 3, to: 13)
    #expect(writer.bytes == [0b0101_0010, 0b1000_0000])
  }
}
