/// The last page of an Ogg file (RFC 3533), which must end a stream.
enum OggEnd {
  private static let mark = Array("OggS".utf8) + [0]
  private static let headerSize = 27
  /// Bytes at the end that hold the last page: pages are at most 65,307.
  private static let searched: Int64 = 1 << 17

  static func defect(of file: RandomAccessFile) -> String? {
    let tail = file.bytes(at: max(0, file.size - searched), Int(searched))
    guard let start = tail.indices.reversed().first(where: { tail[$0...].starts(with: mark) }) else { return nil }
    let segments = start + headerSize
    guard segments <= tail.count else { return "it ends inside a page header" }
    let table = tail[segments...].prefix(Int(tail[segments - 1]))
    guard table.count == Int(tail[segments - 1]) else { return "it ends inside a page header" }
    let size = headerSize + table.count + table.reduce(0) { $0 + Int($1) }
    let present = tail.count - start
    if present < size { return "its last page has \(present) of \(size) bytes" }
    let endsStream = tail[start + 5] & 4 != 0
    return endsStream ? nil : "its last page does not end a stream"
  }
}
