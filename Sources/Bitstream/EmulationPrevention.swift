/// The bytes 3 that keep a NAL unit's payload from looking like a start code (H.264 7.4.1, H.265 7.4.2).
public enum EmulationPrevention {
  /// The payload without them.
  public static func removed(from bytes: some Sequence<UInt8>) -> [UInt8] {
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

/// What supplemental messages are made of (H.264 7.3.2.3.1, H.265 7.3.5).
public enum SupplementalMessage {
  /// A payload's type or size: as many 255s as fit, and the rest.
  /// - Parameters:
  ///   - bytes: of a unit's payload, without emulation prevention.
  ///   - position: where the number begins; behind it afterwards.
  /// - Returns: nil when the bytes end before it does.
  public static func number(_ bytes: [UInt8], _ position: inout Int) -> Int? {
    var value = 0
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      value += Int(byte)
      if byte != 0xFF { return value }
    }
    return nil
  }
}
