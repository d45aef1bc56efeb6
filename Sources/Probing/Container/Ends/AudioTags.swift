/// The tags around the audio of a raw file: ID3 before it, ID3v1 and APE after it.
struct AudioTags {
  /// Bytes from the start of the file to the audio.
  let start: Int64
  /// Bytes from the start of the file to the end of the audio.
  let end: Int64

  private static let mostTags = 16
  private static let oldTagSize: Int64 = 128
  private static let footerSize: Int64 = 32

  init(_ file: RandomAccessFile) {
    var start: Int64 = 0
    for _ in 0..<Self.mostTags where file.text(at: start, 3) == "ID3" {
      let head = file.bytes(at: start, 10)
      guard head.count == 10 else { break }
      let size = head[6...].reduce(Int64(0)) { $0 << 7 | Int64($1 & 0x7F) }
      start += 10 + size + (head[5] & 0x10 != 0 ? 10 : 0)
    }
    var end = file.size
    if file.text(at: end - Self.oldTagSize, 3) == "TAG" { end -= Self.oldTagSize }
    if file.text(at: end - Self.footerSize, 8) == "APETAGEX",
      let size = file.number(at: end - Self.footerSize + 12, 4, isLittleEndian: true),
      let flags = file.number(at: end - Self.footerSize + 20, 4, isLittleEndian: true)
    {
      end -= Int64(size) + (flags & 0x8000_0000 != 0 ? Self.footerSize : 0)
    }
    self.start = start
    self.end = max(start, end)
  }
}
