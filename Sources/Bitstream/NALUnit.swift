/// NAL units of H.264 and HEVC, separated by start codes (Annex B) or each after its length (`avcC`, `hvcC`).
public enum NALUnit {
  /// Types that both codecs have under other numbers (H.264 table 7-1, H.265 table 7-1).
  public enum H264 {
    public static let idr = 5
    public static let sei = 6
    public static let sps = 7
    public static let pps = 8
    public static let accessUnitDelimiter = 9
  }

  public enum HEVC {
    public static let vps = 32
    public static let sps = 33
    public static let pps = 34
    public static let accessUnitDelimiter = 35
    public static let prefixSEI = 39
    public static let suffixSEI = 40
    /// Unspecified by the standard; Dolby Vision's RPU.
    public static let dolbyVisionRPU = 62
  }

  /// The type that a unit's first byte carries.
  public static func type(_ header: UInt8, isHEVC: Bool) -> Int {
    isHEVC ? Int(header >> 1 & 0x3F) : Int(header & 0x1F)
  }

  /// Bytes of a unit's header.
  public static func headerSize(isHEVC: Bool) -> Int { isHEVC ? 2 : 1 }

  /// Whether a unit of a type holds SEI messages.
  public static func isSEI(_ type: Int, isHEVC: Bool) -> Bool {
    isHEVC ? type == HEVC.prefixSEI || type == HEVC.suffixSEI : type == H264.sei
  }

  /// Calls `body` with the range of each unit of a packet, header included, until it returns false.
  ///
  /// Zero bytes after a unit of Annex B are not part of it. A unit that claims to be longer than the packet ends the walk.
  /// - Parameters:
  ///   - size: bytes of the whole packet where `bytes` is only its beginning: the last range may go beyond them.
  ///   - lengthSize: bytes of the length before each unit; 0 for start codes.
  public static func forEach(
    in bytes: Span<UInt8>, of size: Int? = nil, lengthSize: Int, _ body: (Range<Int>) -> Bool
  ) {
    guard lengthSize > 0 else { return forEachAnnexB(in: bytes, body) }
    let size = size ?? bytes.count
    var position = 0
    while position + lengthSize <= bytes.count {
      var length = 0
      for offset in 0..<lengthSize { length = length << 8 | Int(bytes[position + offset]) }
      let start = position + lengthSize
      guard length <= size - start, body(start..<start + length) else { return }
      position = start + length
    }
  }

  private static func forEachAnnexB(in bytes: Span<UInt8>, _ body: (Range<Int>) -> Bool) {
    func unit(_ start: Int, _ end: Int) -> Range<Int> {
      var end = end
      while end > start, bytes[end - 1] == 0 { end -= 1 }
      return start..<end
    }
    var start: Int?
    var position = 0
    while position + 2 < bytes.count {
      if bytes[position] == 0, bytes[position + 1] == 0, bytes[position + 2] == 1 {
        if let start, !body(unit(start, position)) { return }
        start = position + 3
        position += 3
      } else {
        position += 1
      }
    }
    if let start, start < bytes.count { _ = body(unit(start, bytes.count)) }
  }

  /// Bytes of the length before each unit that this program writes into MP4 and MOV files.
  public static let writtenLengthSize = 4

  /// A unit's length in ``writtenLengthSize`` bytes, as it stands before the unit.
  public static func lengthPrefix(_ length: Int) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: length >> $0) }
  }
}
