/// One supplemental enhancement information message (H.264 and H.265, annex D).
public struct SEIMessage: Sendable, Hashable {
  /// Payload types: H.264 D.1, H.265 D.2.1.
  public enum PayloadType {
    public static let bufferingPeriod = 0
    public static let registeredUserData = 4
    public static let recoveryPoint = 6
    /// HEVC only.
    public static let activeParameterSets = 129
    public static let masteringDisplay = 137
    public static let contentLightLevel = 144
  }

  public let type: Int
  /// Without emulation prevention bytes.
  public let payload: [UInt8]

  public init(type: Int, payload: [UInt8]) {
    self.type = type
    self.payload = payload
  }

  /// Type, size and payload as coded in a unit.
  var bytes: [UInt8] { Self.coded(type) + Self.coded(payload.count) + payload }

  /// As many 255s as fit, and the rest.
  private static func coded(_ number: Int) -> [UInt8] {
    [UInt8](repeating: 0xFF, count: number / 255) + [UInt8(number % 255)]
  }
}

/// The messages of one SEI unit, in order; a message that is cut off ends them.
public struct SEIMessages: Sequence, IteratorProtocol {
  private let bytes: [UInt8]
  private var position: Int
  /// Whether the last message is cut off; final once ``next()`` has returned nil.
  public private(set) var isTruncated = false

  /// The stop bit and the zeros that fill its byte.
  static let trailingBits: UInt8 = 0x80

  /// - Parameter unit: a NAL unit with its header, without start code or length.
  public init(unit: some Sequence<UInt8>, isHEVC: Bool) {
    bytes = EmulationPrevention.removed(from: unit)
    position = NALUnit.headerSize(isHEVC: isHEVC)
  }

  public mutating func next() -> SEIMessage? {
    guard position < bytes.count, !(position == bytes.count - 1 && bytes[position] == Self.trailingBits) else {
      return nil
    }
    guard let type = number(), let size = number(), size <= bytes.count - position else {
      isTruncated = true
      position = bytes.count
      return nil
    }
    defer { position += size }
    return SEIMessage(type: type, payload: Array(bytes[position..<position + size]))
  }

  /// Every message; nil when the last is cut off.
  public static func all(of unit: some Sequence<UInt8>, isHEVC: Bool) -> [SEIMessage]? {
    var messages = SEIMessages(unit: unit, isHEVC: isHEVC)
    var result: [SEIMessage] = []
    while let message = messages.next() { result.append(message) }
    return messages.isTruncated ? nil : result
  }

  private mutating func number() -> Int? {
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

/// An H.264 recovery point message (D.1.8): where decoding can begin without an IDR frame.
public struct RecoveryPoint: Sendable, Hashable {
  /// Frames in decoding order after which the output is right.
  public let frameCount: Int
  /// Whether the output is then exactly that of a full decode.
  public let isExact: Bool
  /// Whether an edit broke the references of frames that follow.
  public let isBrokenLink: Bool

  /// Nil for other messages.
  public init?(_ message: SEIMessage) {
    guard message.type == SEIMessage.PayloadType.recoveryPoint else { return nil }
    var reader = BitReader(message.payload)
    guard let count = reader.expGolomb(), let exact = reader.bits(1), let broken = reader.bits(1) else { return nil }
    frameCount = count
    isExact = exact == 1
    isBrokenLink = broken == 1
  }
}
