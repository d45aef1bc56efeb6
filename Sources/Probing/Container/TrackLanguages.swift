import Bitstream
import Foundation

/// The language codes of the tracks of an MP4 or MOV.
///
/// libav writes into MOV only the languages of its Macintosh table, in which German is `ger`; the QuickTime File Format takes the
/// packed codes of ISO 639-2 as well, as MP4 does, and libav reads them from both.
package enum TrackLanguages {
  /// Bytes from the start of `mdhd`'s payload to the language, by the box's version.
  private static let offsets: [UInt8: Int64] = [0: 20, 1: 32]

  /// Writes the languages into the track headers of a finished file.
  /// - Parameter languages: by position among the tracks; three letters of ISO 639-2 each.
  package static func write(_ languages: [Int: String], to path: String) throws {
    guard !languages.isEmpty else { return }
    let places = try places(path)
    let handle = try FileHandle(forUpdating: URL(filePath: path))
    defer { try? handle.close() }
    for (track, language) in languages {
      guard places.indices.contains(track), places[track] > 0, let code = packed(language) else { continue }
      try handle.seek(toOffset: UInt64(places[track]))
      try handle.write(contentsOf: Data([UInt8(code >> 8), UInt8(code & 0xFF)]))
    }
  }

  /// Three letters in five bits each (ISO/IEC 14496-12, 8.4.2); nil for anything else.
  private static func packed(_ language: String) -> UInt16? {
    let letters = Array(language.utf8)
    guard letters.count == 3, letters.allSatisfy({ (0x61...0x7A).contains($0) }) else { return nil }
    return letters.reduce(0) { $0 << 5 | UInt16($1 - 0x60) }
  }

  /// Where each track's language stands, from the start of the file.
  private static func places(_ path: String) throws -> [Int64] {
    let file = try RandomAccessFile(path: path)
    let source = file.source
    func boxes(_ type: String, in outer: Box) -> [Box] {
      Array(BoxWalker(inside: outer, endingBy: file.size, of: source)).filter { $0.type == type }
    }
    guard let movie = Array(BoxWalker(0..<file.size, of: source)).first(where: { $0.type == "moov" }) else { return [] }
    return boxes("trak", in: movie).map { track in
      guard let header = boxes("mdia", in: track).flatMap({ boxes("mdhd", in: $0) }).first else { return -1 }
      let start = header.offset + header.headerSize
      return source(start, 1).first.flatMap { offsets[$0] }.map { start + $0 } ?? -1
    }
  }
}
