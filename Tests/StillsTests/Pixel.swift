import Foundation
import Support

/// Pixels of images as Pillow reads them.
enum Pixel {
  struct Unreadable: Error {}

  static func rgb(_ path: String) throws -> [UInt8] { try ImageReader.rgb(path) }

  /// Red, green and blue in the middle of a flat frame.
  static func center(of path: String) throws -> (Int, Int, Int) {
    let bytes = try rgb(path)
    let middle = bytes.count / 3 / 2 * 3
    return (Int(bytes[middle]), Int(bytes[middle + 1]), Int(bytes[middle + 2]))
  }

  /// Mean absolute difference in code values.
  static func meanDifference(_ a: String, _ b: String) throws -> Double {
    let (first, second) = (try rgb(a), try rgb(b))
    guard first.count == second.count else { throw Unreadable() }
    let sum = zip(first, second).reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }
    return Double(sum) / Double(first.count)
  }
}

enum PNGFile {
  static func chunks(_ bytes: [UInt8]) -> [(type: String, data: [UInt8])] {
    var position = 8
    var result: [(String, [UInt8])] = []
    while position + 12 <= bytes.count {
      let length = bytes[position..<position + 4].reduce(0) { $0 << 8 | Int($1) }
      guard position + 12 + length <= bytes.count else { break }
      let type = String(decoding: bytes[position + 4..<position + 8], as: UTF8.self)
      result.append((type, Array(bytes[position + 8..<position + 8 + length])))
      position += 12 + length
    }
    return result
  }

  static func chunkTypes(_ bytes: [UInt8]) -> [String] { chunks(bytes).map(\.type) }
  static func chunk(_ type: String, of bytes: [UInt8]) -> [UInt8]? { chunks(bytes).first { $0.type == type }?.data }
}
