import Foundation

/// The top-level boxes of an MP4/MOV file (ISO/IEC 14496-12), read without libav.
public struct ContainerLayout: Sendable, Hashable {
  public struct Box: Sendable, Hashable {
    public let type: String
    /// Bytes from the start of the file.
    public let offset: Int64
    /// Bytes, header included; as claimed, so it may reach past the end.
    public let size: Int64
  }

  public let boxes: [Box]
  /// Bytes of the file.
  public let fileSize: Int64

  /// Boxes read at most; hostile files can hold millions of empty ones.
  private static let maximumBoxes = 10_000

  /// Nil when the file does not begin with a box that MP4/MOV files begin with.
  public init?(path: String) {
    guard let file = FileHandle(forReadingAtPath: path) else { return nil }
    defer { try? file.close() }
    guard let end = try? file.seekToEnd() else { return nil }
    fileSize = Int64(clamping: end)
    var boxes: [Box] = []
    var offset: Int64 = 0
    while offset + 8 <= fileSize, boxes.count < Self.maximumBoxes {
      guard (try? file.seek(toOffset: UInt64(offset))) != nil,
        let header = try? file.read(upToCount: 16), header.count >= 8
      else { break }
      let bytes = [UInt8](header)
      let short = Self.number(bytes[0..<4])
      let type = tagText(bytes[4..<8])
      if boxes.isEmpty, !["ftyp", "moov", "mdat", "wide", "free", "skip", "pnot", "styp"].contains(type) { return nil }
      var size = Int64(short)
      if short == 1, bytes.count >= 16 { size = Int64(clamping: Self.number(bytes[8..<16])) }
      if short == 0 { size = fileSize - offset }
      guard size >= 8 else { break }
      boxes.append(Box(type: type, offset: offset, size: size))
      let (next, overflow) = offset.addingReportingOverflow(size)
      guard !overflow else { break }
      offset = next
    }
    guard !boxes.isEmpty else { return nil }
    self.boxes = boxes
  }

  /// Whether the index comes before the media, so that playback can begin before the whole file is there.
  public var isFastStart: Bool? {
    guard let moov = boxes.first(where: { $0.type == "moov" }) else { return nil }
    guard let mdat = boxes.first(where: { $0.type == "mdat" }) else { return nil }
    return moov.offset < mdat.offset
  }

  public var isFragmented: Bool { boxes.contains { $0.type == "moof" } }

  /// The first box that claims more bytes than the file has.
  public var truncatedBox: Box? { boxes.first { $0.size > fileSize - $0.offset } }

  private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
}

private func tagText(_ bytes: ArraySlice<UInt8>) -> String {
  String(decoding: bytes.map { (0x20...0x7E).contains($0) ? $0 : UInt8(ascii: "?") }, as: UTF8.self)
}
