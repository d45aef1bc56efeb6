/// The last packets of an MPEG transport stream (ISO/IEC 13818-1), plain, with time codes (M2TS) or with parity.
enum TransportStreamEnd {
  private static let sync: UInt8 = 0x47
  private static let packetSizes = [188, 192, 204]
  private static let payloadSize = 188
  /// Packets in a row that show where packets begin.
  private static let compared = 8
  /// Bytes at the end in which the last PES packets are looked for.
  private static let searched: Int64 = 4 << 20

  static func defect(of file: RandomAccessFile) -> String? {
    let head = file.bytes(at: 0, packetSizes.reduce(0, max) * (compared + 1))
    guard let (size, first) = layout(of: head) else { return nil }
    // M2TS has its time code before the sync byte.
    let lead = size == 192 && first >= 4 ? 4 : 0
    let count = (file.size - Int64(first - lead)) / Int64(size)
    let end = Int64(first - lead) + count * Int64(size)
    let rest = file.size - end
    if rest > 0, rest <= lead || file.bytes(at: end + Int64(lead), 1) == [sync] {
      return "its last packet has \(rest) of \(size) bytes"
    }
    let kept = min(count, searched / Int64(size))
    let tail = file.bytes(at: end - kept * Int64(size), Int(kept) * size)
    return unfinished(tail, size: size, lead: lead).map {
      "the last PES packet of its PID \($0.pid) has \($0.present) of \($0.size) bytes"
    }
  }

  private static func layout(of head: [UInt8]) -> (size: Int, first: Int)? {
    for size in packetSizes {
      for first in 0..<min(size, head.count) where head[first] == sync {
        let places = Array(stride(from: first, to: head.count, by: size).prefix(compared))
        if places.count > 1, places.allSatisfy({ head[$0] == sync }) { return (size, first) }
      }
    }
    return nil
  }

  private struct Unit {
    var present: Int
    let size: Int
  }

  /// The first PID whose last PES packet gives a length that it does not have.
  private static func unfinished(_ tail: [UInt8], size: Int, lead: Int) -> (pid: Int, present: Int, size: Int)? {
    var units: [Int: Unit] = [:]
    for start in stride(from: lead, to: tail.count, by: size) where start + payloadSize <= tail.count {
      guard tail[start] == sync else { continue }
      let pid = Int(tail.number(at: start + 1, 2) & 0x1FFF)
      // Scrambled packets show nothing, and those without a payload are no part.
      guard tail[start + 3] & 0xC0 == 0, tail[start + 3] & 0x10 != 0 else { continue }
      let adaptation = tail[start + 3] & 0x20 != 0 ? 1 + Int(tail[start + 4]) : 0
      let payload = start + 4 + adaptation
      let count = start + payloadSize - payload
      guard count > 0 else { continue }
      if tail[start + 1] & 0x40 != 0 {
        let isPES = count >= 6 && tail.number(at: payload, 3) == 1
        let length = isPES ? Int(tail.number(at: payload + 4, 2)) : 0
        units[pid] = length > 0 ? Unit(present: count, size: length + 6) : nil
      } else {
        units[pid]?.present += count
      }
    }
    return units.filter { $0.value.present < $0.value.size }.min { $0.key < $1.key }
      .map { ($0.key, $0.value.present, $0.value.size) }
  }
}
