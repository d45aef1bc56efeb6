public import Libav

/// What a coded frame is to the frames around it.
public enum FrameKind: String, Sendable, Hashable, Codable {
  /// Nothing after it, in decoding order, refers to anything before it.
  case idr
  /// HEVC clean random access: frames shown before it may refer to frames before it.
  case cra
  /// HEVC broken link access.
  case bla
  /// HEVC frames that follow a CRA in decoding order and are shown before it; these need frames before the CRA.
  case rasl
  /// The same, but decodable from the CRA or IDR alone.
  case radl
  /// H.264 recovery point that promises exact frames from itself on: those shown before it may refer to frames before it.
  case recovery
  case other
  case unknown

  /// Whether decoding can start here with every later-shown frame right.
  public var isRandomAccess: Bool { self == .idr || self == .cra || self == .bla }
}

/// Reads NAL unit headers of H.264 and HEVC packets (ITU-T H.264 table 7-1, H.265 table 7-1).
public struct FrameClassifier: Sendable {
  let isHEVC: Bool
  /// Bytes of the length in front of each NAL unit; 0 for start codes (Annex B).
  let lengthSize: Int

  /// Nil for other codecs.
  public init?(_ parameters: borrowing CodecParameters) {
    let name = parameters.codecName
    guard name == "h264" || name == "hevc" else { return nil }
    isHEVC = name == "hevc"
    lengthSize = NALUnits.lengthSize(extradata: parameters.extradata, isHEVC: isHEVC)
  }

  public func kind(of bytes: Span<UInt8>) -> FrameKind { kind(ofHead: bytes, size: bytes.count) ?? .unknown }

  /// - Parameter size: bytes of the whole packet that `bytes` is the beginning of.
  /// - Returns: nil when the beginning does not tell.
  public func kind(ofHead bytes: Span<UInt8>, size: Int) -> FrameKind? {
    let isWhole = bytes.count >= size
    guard isWhole || lengthSize > 0 else { return nil }
    var result = FrameKind.unknown
    var isRecoveryPoint = false
    NALUnits.forEach(in: bytes, of: size, lengthSize: lengthSize) { range in
      guard !range.isEmpty else { return true }
      guard range.lowerBound < bytes.count else { return false }
      let header = bytes[range.lowerBound]
      if !isHEVC, header & 0x1F == Self.supplementalInformation {
        guard range.upperBound <= bytes.count else { return false }
        isRecoveryPoint = isRecoveryPoint || Self.isExactRecoveryPoint(bytes.extracting(range))
      }
      guard let found = kind(header: header) else { return true }
      result = found == .other && isRecoveryPoint ? .recovery : found
      return false
    }
    return result == .unknown && !isWhole ? nil : result
  }

  private static let supplementalInformation: UInt8 = 6
  private static let recoveryPointPayload = 6
  private static let largestMessage = 1 << 16

  /// Whether an SEI unit holds a recovery point message (H.264 D.1.8) of zero frames, exact match and no broken link.
  private static func isExactRecoveryPoint(_ unit: Span<UInt8>) -> Bool {
    var position = 1
    func number() -> Int? {
      var value = 0
      while position < unit.count, value < largestMessage {
        let byte = unit[position]
        position += 1
        value += Int(byte)
        if byte != 0xFF { return value }
      }
      return nil
    }
    while position + 2 < unit.count {
      guard let type = number(), let size = number(), position + size <= unit.count else { return false }
      if type == recoveryPointPayload, size > 0 {
        // ue(v) 0 is the single bit 1; exact_match_flag 1 and broken_link_flag 0 follow.
        return unit[position] >> 5 == 0b110
      }
      position += size
    }
    return false
  }

  /// Nil for NAL units that are no slice of a frame.
  private func kind(header: UInt8) -> FrameKind? {
    guard isHEVC else {
      switch header & 0x1F {
      case 5: return .idr
      case 1, 2: return .other
      default: return nil
      }
    }
    switch header >> 1 & 0x3F {
    case 19, 20: return .idr
    case 21: return .cra
    case 16, 17, 18: return .bla
    case 8, 9: return .rasl
    case 6, 7: return .radl
    case 0...5: return .other
    default: return nil
    }
  }
}

/// Walks the NAL units of a packet.
public enum NALUnits {
  /// Bytes of the length field that `avcC`/`hvcC` announces; 0 when the extradata is Annex B or absent.
  public static func lengthSize(extradata: [UInt8], isHEVC: Bool) -> Int {
    guard extradata.first == 1 else { return 0 }
    let position = isHEVC ? 21 : 4
    return extradata.count > position ? Int(extradata[position] & 3) + 1 : 4
  }

  /// Calls `body` with the range of each NAL unit, header included, until it answers false. A unit that claims to be longer
  /// than the packet ends the walk.
  /// - Parameter size: bytes of the whole packet where `bytes` is only its beginning: the last range may go beyond them.
  public static func forEach(
    in bytes: Span<UInt8>, of size: Int? = nil, lengthSize: Int, _ body: (Range<Int>) -> Bool
  ) {
    let size = size ?? bytes.count
    if lengthSize == 0 {
      forEachAnnexB(in: bytes, body)
      return
    }
    var position = 0
    while position + lengthSize <= bytes.count {
      var length = 0
      for offset in 0..<lengthSize { length = length << 8 | Int(bytes[position + offset]) }
      let start = position + lengthSize
      guard length >= 0, start + length <= size else { return }
      guard body(start..<start + length) else { return }
      position = start + length
    }
  }

  private static func forEachAnnexB(in bytes: Span<UInt8>, _ body: (Range<Int>) -> Bool) {
    var start: Int?
    var position = 0
    while position + 2 < bytes.count {
      if bytes[position] == 0, bytes[position + 1] == 0, bytes[position + 2] == 1 {
        if let begin = start {
          guard body(begin..<position) else { return }
        }
        start = position + 3
        position += 3
      } else {
        position += 1
      }
    }
    if let begin = start, begin < bytes.count { _ = body(begin..<bytes.count) }
  }
}
