/// Supplemental enhancement information that names parameter sets, under their new ids.
enum SupplementalInformation {
  /// Payload types: H.264 D.1, H.265 D.2.1.
  private static let bufferingPeriod = 0
  private static let activeParameterSets = 129
  /// Mastering display colour volume, content light level: H.265 D.2.28, D.2.35.
  private static let declared: Set<Int> = [137, 144]
  private static let prefixType: UInt8 = 39
  private static let endOfPayload: UInt8 = 0x80

  /// Whether a NAL unit type holds such information.
  static func isHeld(byType type: Int, isHEVC: Bool) -> Bool { isHEVC ? type == 39 || type == 40 : type == 6 }

  /// Whether an HEVC NAL unit holds only messages that are true of a whole stream, and so may stand in its `hvcC`.
  static func isDeclaration(_ unit: [UInt8]) -> Bool {
    guard let header = unit.first, header >> 1 & 0x3F == prefixType else { return false }
    let payload = EmulationPrevention.removed(from: unit[...])
    var position = 2
    while position < payload.count, !(position == payload.count - 1 && payload[position] == endOfPayload) {
      guard let type = number(payload, &position), let size = number(payload, &position),
        position + size <= payload.count, declared.contains(type)
      else { return false }
      position += size
    }
    return position > 2
  }

  /// Messages that name no set stay as they are. HEVC's list of active sets is left out, since decoders find them by
  /// themselves, as is a buffering period whose SPS id cannot be changed in place.
  /// - Parameter unit: a NAL unit with its header, without start code or length.
  /// - Returns: nil when nothing changes; empty when nothing is left.
  static func renumbered(_ unit: ArraySlice<UInt8>, sequenceIDs: [Int: Int], isHEVC: Bool) -> [UInt8]? {
    let payload = EmulationPrevention.removed(from: unit)
    let headerSize = isHEVC ? 2 : 1
    guard payload.count > headerSize else { return nil }
    var result = Array(payload[..<headerSize])
    var position = headerSize
    var isChanged = false
    while position < payload.count, !(position == payload.count - 1 && payload[position] == endOfPayload) {
      let start = position
      guard let type = number(payload, &position), let size = number(payload, &position),
        position + size <= payload.count
      else { return nil }
      let message = Array(payload[position..<position + size])
      position += size
      if isHEVC, type == activeParameterSets {
        isChanged = true
      } else if type == bufferingPeriod, let new = period(message, sequenceIDs) {
        isChanged = isChanged || new != message
        if !new.isEmpty { result += bytes(type) + bytes(new.count) + new }
      } else {
        result += payload[start..<position]
      }
    }
    guard isChanged else { return nil }
    return result.count == headerSize ? [] : EmulationPrevention.added(to: result + [endOfPayload])
  }

  /// A buffering period begins with the id of its SPS; nil when it cannot be read, empty when it has to go.
  private static func period(_ message: [UInt8], _ ids: [Int: Int]) -> [UInt8]? {
    var reader = BitReader(message)
    guard let old = reader.expGolomb() else { return nil }
    guard let new = ids[old], ParameterSetRenumbering.keepsAlignment(old, new) else { return [] }
    var writer = BitWriter()
    writer.append(expGolomb: new)
    writer.append(message, from: reader.position, to: message.count * 8)
    return writer.bytes
  }

  /// Payload types and sizes: as many 255s as fit, and the rest.
  private static func number(_ bytes: [UInt8], _ position: inout Int) -> Int? {
    var value = 0
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      value += Int(byte)
      if byte != 0xFF { return value }
    }
    return nil
  }

  private static func bytes(_ number: Int) -> [UInt8] {
    [UInt8](repeating: 0xFF, count: number / 255) + [UInt8(number % 255)]
  }
}
