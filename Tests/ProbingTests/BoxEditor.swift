import Foundation

/// Puts boxes into MP4 files byte by byte, as other writers do; files with the index at the end, so that no offset moves.
struct BoxEditor {
  private(set) var bytes: [UInt8]

  init(_ path: String) throws { bytes = [UInt8](try Data(contentsOf: URL(filePath: path))) }

  func write(_ path: String) throws { try Data(bytes).write(to: URL(filePath: path)) }

  static func box(_ type: String, _ body: [UInt8]) -> [UInt8] {
    number(body.count + 8, 4) + Array(type.utf8) + body
  }

  static func number(_ value: Int, _ length: Int) -> [UInt8] {
    (0..<length).map { UInt8(truncatingIfNeeded: value >> (8 * (length - 1 - $0))) }
  }

  /// At the end of the file.
  mutating func append(_ box: [UInt8]) { bytes += box }

  /// At the end of the box that the path leads to, all boxes round it growing.
  mutating func add(_ box: [UInt8], in path: [String]) {
    var range = 0..<bytes.count
    var starts: [Int] = []
    for type in path {
      var position = range.lowerBound
      while position + 8 <= range.upperBound {
        let size = bytes[position..<position + 4].reduce(0) { $0 << 8 | Int($1) }
        if bytes[position + 4..<position + 8].elementsEqual(type.utf8) {
          starts.append(position)
          range = position + 8 + Self.header(of: type)..<position + size
          break
        }
        position += max(8, size)
      }
    }
    guard starts.count == path.count else { return }
    bytes.insert(contentsOf: box, at: range.upperBound)
    for start in starts {
      let size = bytes[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
      bytes.replaceSubrange(start..<start + 4, with: Self.number(size + box.count, 4))
    }
  }

  /// Bytes before the boxes inside a box.
  private static func header(of type: String) -> Int {
    switch type {
    case "stsd": 8
    case "avc1", "hvc1": 78
    default: 0
    }
  }

  static func sampleEntry(_ type: String) -> [String] { ["moov", "trak", "mdia", "minf", "stbl", "stsd", type] }
}
