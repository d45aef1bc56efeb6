import Foundation

/// Changes the boxes of MP4 files byte by byte, into what other writers and attackers make. Boxes are added to files with the
/// index at the end, so that no offset moves.
public struct BoxEditor {
  public private(set) var bytes: [UInt8]

  public init(_ path: String) throws { bytes = [UInt8](try Data(contentsOf: URL(filePath: path))) }

  public func write(_ path: String) throws { try Data(bytes).write(to: URL(filePath: path)) }

  public static func box(_ type: String, _ body: [UInt8]) -> [UInt8] {
    number(body.count + 8, 4) + Array(type.utf8) + body
  }

  public static func number(_ value: Int, _ length: Int) -> [UInt8] {
    (0..<length).map { UInt8(truncatingIfNeeded: value >> (8 * (length - 1 - $0))) }
  }

  /// At the end of the file.
  public mutating func append(_ box: [UInt8]) { bytes += box }

  /// Cuts the file off.
  public mutating func truncate(to count: Int) { bytes.removeLast(max(0, bytes.count - count)) }

  /// Where the body of a box begins; nil when there is none.
  /// - Parameter track: of several `trak` boxes, the one of this number, from 0.
  public func body(of path: [String], track: Int = 0) -> Range<Int>? {
    var range = 0..<bytes.count
    for type in path {
      var position = range.lowerBound
      var left = type == "trak" ? track : 0
      var found: Range<Int>?
      while found == nil, position + 8 <= range.upperBound {
        let size = bytes[position..<position + 4].reduce(0) { $0 << 8 | Int($1) }
        if bytes[position + 4..<position + 8].elementsEqual(type.utf8) {
          if left == 0 { found = position + 8..<position + size }
          left -= 1
        }
        position += max(8, size)
      }
      guard let found else { return nil }
      range = found.lowerBound + Self.header(of: type)..<found.upperBound
    }
    guard let type = path.last else { return range }
    return range.lowerBound - Self.header(of: type)..<range.upperBound
  }

  /// Overwrites a number in a box's body.
  public mutating func set(_ value: Int, bytes count: Int, at offset: Int, of path: [String], track: Int = 0) {
    guard let body = body(of: path, track: track), body.count >= offset + count else { return }
    let start = body.lowerBound + offset
    bytes.replaceSubrange(start..<start + count, with: Self.number(value, count))
  }

  /// Makes a box one of unused space.
  public mutating func hide(_ path: [String], track: Int = 0) {
    guard let body = body(of: path, track: track) else { return }
    bytes.replaceSubrange(body.lowerBound - 4..<body.lowerBound, with: Array("free".utf8))
  }

  /// A number in a box's body; 0 after its end.
  public func number(bytes count: Int, at offset: Int, of path: [String], track: Int = 0) -> Int {
    guard let body = body(of: path, track: track), body.count >= offset + count else { return 0 }
    let start = body.lowerBound + offset
    return bytes[start..<start + count].reduce(0) { $0 << 8 | Int($1) }
  }

  /// The path to a table of a track's samples.
  public static func table(_ type: String) -> [String] { ["moov", "trak", "mdia", "minf", "stbl", type] }

  /// At the end of the box that the path leads to, all boxes round it growing.
  public mutating func add(_ box: [UInt8], in path: [String]) {
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

  /// A Dolby Vision configuration record (`dvvC`) of profile 5, whose base layer is in no common colour space.
  public static let dolbyVisionProfile5 = box(
    "dvvC", [1, 0, 5 << 1, 1 << 3 | 0b101] + [UInt8](repeating: 0, count: 20))

  /// Bytes before the boxes inside a box.
  private static func header(of type: String) -> Int {
    switch type {
    case "stsd": 8
    case "avc1", "hvc1": 78
    default: 0
    }
  }

  public static func sampleEntry(_ type: String) -> [String] { ["moov", "trak", "mdia", "minf", "stbl", "stsd", type] }
}
