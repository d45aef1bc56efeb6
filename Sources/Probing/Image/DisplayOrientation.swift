/// The EXIF orientation of an image (Exif 2.32, tag 0x0112 of the first directory).
public enum DisplayOrientation: Int, Sendable, Hashable {
  case normal = 1
  case mirrored, upsideDown, flipped, transposed, quarterClockwise, transversed, quarterCounterclockwise

  /// Whether width and height change places.
  public var swapsSides: Bool { rawValue >= Self.transposed.rawValue }

  /// libavfilter's filters that apply the orientation; empty when there is nothing to do.
  public var filters: [String] {
    switch self {
    case .normal: []
    case .mirrored: ["hflip"]
    case .upsideDown: ["hflip", "vflip"]
    case .flipped: ["vflip"]
    case .transposed: ["transpose=cclock_flip"]
    case .quarterClockwise: ["transpose=clock"]
    case .transversed: ["transpose=clock_flip"]
    case .quarterCounterclockwise: ["transpose=cclock"]
    }
  }

  /// The orientation of a JPEG, PNG or WebP file; normal without a readable tag.
  public init(path: String) {
    self = .normal
    guard let file = try? ChunkedFile(path: path) else { return }
    let exif: [UInt8] =
      switch file.bytes(at: 0, 12) {
      case let head where head.starts(with: [0xFF, 0xD8]): file.exifOfJPEG
      case let head where head.starts(with: [0x89, 0x50, 0x4E, 0x47]): file.exifOfPNG
      case let head where head.starts(with: Array("RIFF".utf8)) && head.dropFirst(8).elementsEqual("WEBP".utf8):
        file.exifOfWebP
      default: []
      }
    self = Self.read(exif) ?? .normal
  }

  /// Reads EXIF data, which are a TIFF structure.
  private static func read(_ exif: [UInt8]) -> DisplayOrientation? {
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
      if tag == 0x0112 { return number(at + 8, 2).flatMap(DisplayOrientation.init(rawValue:)) }
    }
    return nil
  }
}

/// An image file's segments or chunks, as far as EXIF data and the end of the image need them.
struct ChunkedFile: ~Copyable {
  /// Chunks read of one file, and bytes of EXIF data: a JPEG segment holds no more.
  private static let maximumChunks = 1 << 16
  private static let maximumEXIFBytes = 1 << 16
  private static let blockSize = 1 << 18

  private let file: RandomAccessFile

  init(path: String) throws { file = try RandomAccessFile(path: path) }

  /// Whether an image file has its end; true for one that cannot be read.
  static func isWhole(path: String) -> Bool {
    guard let file = try? ChunkedFile(path: path) else { return true }
    return file.isWhole
  }

  /// Whether the image has its end; true for formats where that cannot be seen.
  ///
  /// Decoders fill in the missing part of a JPEG without an error.
  var isWhole: Bool {
    let head = bytes(at: 0, 12)
    if head.starts(with: [0xFF, 0xD8]) { return endsAsJPEG }
    if head.starts(with: [0x89, 0x50, 0x4E, 0x47]) { return chunks.contains { $0.name == "IEND" } }
    return true
  }

  /// Whether the end marker, which cannot be part of coded samples, follows the start of the first scan.
  private var endsAsJPEG: Bool {
    guard let scan = segments.last, scan.marker == 0xDA else { return false }
    var at = scan.offset
    var last: UInt8 = 0
    while true {
      let block = bytes(at: at, Self.blockSize)
      if block.isEmpty { return false }
      for byte in block {
        if last == 0xFF, byte == 0xD9 { return true }
        last = byte
      }
      at += UInt64(block.count)
    }
  }

  func bytes(at offset: UInt64, _ count: Int) -> [UInt8] { file.bytes(at: Int64(clamping: offset), count) }

  private func number(at offset: UInt64, _ count: Int, isLittle: Bool = false) -> UInt64? {
    let digits = bytes(at: offset, count)
    guard digits.count == count else { return nil }
    return (isLittle ? digits.reversed() : digits).reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// A JPEG's segments up to the first scan, each at its marker.
  private var segments: [(marker: UInt8, offset: UInt64, length: Int)] {
    var list: [(marker: UInt8, offset: UInt64, length: Int)] = []
    var at: UInt64 = 2
    while list.count < Self.maximumChunks {
      let head = bytes(at: at, 4)
      guard head.count == 4, head[0] == 0xFF else { break }
      // A marker may be preceded by any number of fill bytes.
      if head[1] == 0xFF {
        at += 1
        continue
      }
      let length = Int(head[2]) << 8 | Int(head[3])
      guard length >= 2 else { break }
      list.append((head[1], at, length))
      if head[1] == 0xDA { break }
      at += 2 + UInt64(length)
    }
    return list
  }

  /// A PNG's chunks.
  private var chunks: [(name: String, offset: UInt64, length: Int)] {
    var list: [(name: String, offset: UInt64, length: Int)] = []
    var at: UInt64 = 8
    while list.count < Self.maximumChunks, let length = number(at: at, 4) {
      let name = bytes(at: at + 4, 4)
      guard name.count == 4 else { break }
      list.append((String(decoding: name, as: UTF8.self), at + 8, Int(length)))
      if name == Array("IEND".utf8) { break }
      at += 12 + length
    }
    return list
  }

  var exifOfJPEG: [UInt8] {
    for segment in segments where segment.marker == 0xE1 {
      let content = bytes(at: segment.offset + 4, segment.length - 2)
      if content.starts(with: Array("Exif\0\0".utf8)) { return content }
    }
    return []
  }

  var exifOfPNG: [UInt8] {
    chunks.first { $0.name == "eXIf" }.map { bytes(at: $0.offset, min($0.length, Self.maximumEXIFBytes)) } ?? []
  }

  var exifOfWebP: [UInt8] {
    var at: UInt64 = 12
    for _ in 0..<Self.maximumChunks {
      guard let length = number(at: at + 4, 4, isLittle: true) else { return [] }
      if bytes(at: at, 4) == Array("EXIF".utf8) { return bytes(at: at + 8, min(Int(length), Self.maximumEXIFBytes)) }
      at += 8 + length + length % 2
    }
    return []
  }
}
