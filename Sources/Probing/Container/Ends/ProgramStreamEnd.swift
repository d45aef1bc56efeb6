/// The last packets of an MPEG program stream (ISO/IEC 13818-1, ISO/IEC 11172-1).
enum ProgramStreamEnd {
  /// Bytes at the end that are walked: packets are at most 64 kB.
  private static let searched: Int64 = 1 << 18
  private static let packStart: [UInt8] = [0, 0, 1, 0xBA]

  static func defect(of file: RandomAccessFile) -> String? {
    let tail = file.bytes(at: max(0, file.size - searched), Int(searched))
    guard var position = tail.lastPack(packStart) else { return nil }
    while position + 4 <= tail.count, tail.number(at: position, 3) == 1 {
      let size: Int
      switch tail[position + 3] {
      case 0xB9: return nil
      case 0xBA:
        guard position + 14 <= tail.count else { return "it ends inside a pack header" }
        size = tail[position + 4] & 0xC0 == 0x40 ? 14 + Int(tail[position + 13] & 7) : 12
      case 0xBB...:
        guard position + 6 <= tail.count else { return "it ends inside a packet header" }
        size = 6 + Int(tail.number(at: position + 4, 2))
      default: return nil
      }
      if position + size > tail.count { return "its last packet has \(tail.count - position) of \(size) bytes" }
      position += size
    }
    return nil
  }
}

extension [UInt8] {
  fileprivate func lastPack(_ pattern: [UInt8]) -> Int? {
    indices.reversed().first { $0 + pattern.count <= count && self[$0...].starts(with: pattern) }
  }
}
