/// Emulation prevention: the bytes 3 that keep a NAL unit from containing a start code (H.264 7.4.1, H.265 7.4.2).
public enum EmulationPrevention {
  /// The payload of a unit, without the emulation prevention bytes.
  public static func removed(from bytes: some Sequence<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.underestimatedCount)
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

  /// The beginning of a unit without the emulation prevention bytes, and the rest as it stands.
  ///
  /// The cut comes after a non-zero byte, so that escaping the beginning again does not depend on the rest.
  /// - Parameter count: bytes that the beginning has at least, where the unit is not shorter.
  public static func removed(
    fromFirst count: Int, of unit: ArraySlice<UInt8>
  ) -> (head: [UInt8], rest: ArraySlice<UInt8>) {
    var head: [UInt8] = []
    var zeros = 0
    for (offset, byte) in unit.enumerated() {
      if zeros >= 2, byte == 3 {
        zeros = 0
        continue
      }
      zeros = byte == 0 ? zeros + 1 : 0
      head.append(byte)
      if head.count >= count, byte != 0 { return (head, unit.dropFirst(offset + 1)) }
    }
    return (head, unit[unit.endIndex...])
  }

  /// A payload with emulation prevention bytes where it needs them.
  public static func added(to bytes: [UInt8]) -> [UInt8] {
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
