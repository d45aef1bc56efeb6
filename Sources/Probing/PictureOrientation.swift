import Foundation

/// How a still picture's EXIF data say that it is to be turned for viewing (Exif 2.32, tag 0x0112 of the first directory).
public enum PictureOrientation: Int, Sendable, Hashable {
  case upright = 1
  case mirrored, upsideDown, flipped, transposed, quarterClockwise, transversed, quarterCounterclockwise

  /// Whether width and height change places.
  public var swapsSides: Bool { rawValue >= Self.transposed.rawValue }

  /// libavfilter's filters that turn the picture upright; empty when it is.
  public var filters: [String] {
    switch self {
    case .upright: []
    case .mirrored: ["hflip"]
    case .upsideDown: ["hflip", "vflip"]
    case .flipped: ["vflip"]
    case .transposed: ["transpose=cclock_flip"]
    case .quarterClockwise: ["transpose=clock"]
    case .transversed: ["transpose=clock_flip"]
    case .quarterCounterclockwise: ["transpose=cclock"]
    }
  }

  /// What the file says, be it JPEG, PNG or WebP; upright where it says nothing that can be read.
  public init(path: String) {
    self = .upright
    guard let file = try? ChunkedFile(path: path) else { return }
    let exif: [UInt8] =
      switch file.bytes(at: 0, 12) {
      case let head where head.starts(with: [0xFF, 0xD8]): file.exifOfJPEG
      case let head where head.starts(with: [0x89, 0x50, 0x4E, 0x47]): file.exifOfPNG
      case let head where head.starts(with: Array("RIFF".utf8)) && head.dropFirst(8).elementsEqual("WEBP".utf8):
        file.exifOfWebP
      default: []
      }
    self = Self.read(exif) ?? .upright
  }

  /// Reads a TIFF structure, which is what EXIF data are.
  private static func read(_ exif: [UInt8]) -> PictureOrientation? {
    let tiff = Array(exif.starts(with: Array("Exif\0\0".utf8)) ? exif.dropFirst(6) : exif[...])
    let isLittle = tiff.starts(with: [0x49, 0x49, 0x2A, 0])
    guard isLittle || tiff.starts(with: [0x4D, 0x4D, 0, 0x2A]) else { return nil }
    func number(_ at: Int, _ count: Int) -> Int? {
      guard at >= 0, at + count <= tiff.count else { return nil }
      let digits = tiff[at..<(at + count)]
      return (isLittle ? Array(digits.reversed()) : Array(digits)).reduce(0) { $0 << 8 | Int($1) }
    }
    guard let directory = number(4, 4), let count = number(directory, 2) else { return nil }
    for entry in 0..<count {
      let at = directory + 2 + 12 * entry
      guard let tag = number(at, 2) else { return nil }
      if tag == 0x0112 { return number(at + 8, 2).flatMap(PictureOrientation.init(rawValue:)) }
    }
    return nil
  }
}

/// The containers of still pictures, only as far as EXIF data are found in them.
private struct ChunkedFile: ~Copyable {
  /// Chunks of one file that are looked at, and bytes of EXIF data that are read: a JPEG's segment holds no more.
  private static let mostChunks = 4096
  private static let mostBytes = 1 << 16

  private let handle: FileHandle

  init(path: String) throws { handle = try FileHandle(forReadingFrom: URL(filePath: path)) }

  deinit { try? handle.close() }

  /// Fewer at the end of the file, none behind it.
  func bytes(at offset: UInt64, _ count: Int) -> [UInt8] {
    guard (try? handle.seek(toOffset: offset)) != nil, let data = try? handle.read(upToCount: count) else { return [] }
    return [UInt8](data)
  }

  private func number(at offset: UInt64, _ count: Int, isLittle: Bool = false) -> UInt64? {
    let digits = bytes(at: offset, count)
    guard digits.count == count else { return nil }
    return (isLittle ? digits.reversed() : digits).reduce(0) { $0 << 8 | UInt64($1) }
  }

  var exifOfJPEG: [UInt8] {
    var at: UInt64 = 2
    for _ in 0..<Self.mostChunks {
      let head = bytes(at: at, 2)
      // From the start of scan on there are no more segments.
      guard head.count == 2, head[0] == 0xFF, head[1] != 0xDA, let length = number(at: at + 2, 2), length >= 2 else {
        return []
      }
      if head[1] == 0xE1, bytes(at: at + 4, 6) == Array("Exif\0\0".utf8) { return bytes(at: at + 4, Int(length) - 2) }
      at += 2 + length
    }
    return []
  }

  var exifOfPNG: [UInt8] {
    var at: UInt64 = 8
    for _ in 0..<Self.mostChunks {
      guard let length = number(at: at, 4) else { return [] }
      if bytes(at: at + 4, 4) == Array("eXIf".utf8) { return bytes(at: at + 8, min(Int(length), Self.mostBytes)) }
      at += 12 + length
    }
    return []
  }

  var exifOfWebP: [UInt8] {
    var at: UInt64 = 12
    for _ in 0..<Self.mostChunks {
      guard let length = number(at: at + 4, 4, isLittle: true) else { return [] }
      if bytes(at: at, 4) == Array("EXIF".utf8) { return bytes(at: at + 8, min(Int(length), Self.mostBytes)) }
      at += 8 + length + length % 2
    }
    return []
  }
}
