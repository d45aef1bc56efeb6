import Bitstream
import Probing

enum BoxTarget {
  static func run(_ bytes: [UInt8]) throws {
    let source: ByteSource = { offset, count in
      guard offset >= 0, offset < Int64(bytes.count) else { return [] }
      return bytes[Int(offset)..<min(bytes.count, Int(offset) + count)]
    }
    var last: Int64 = -1
    for box in BoxWalker(0..<Int64(bytes.count), of: source) {
      try require(box.offset > last && box.size >= box.headerSize, "box at \(box.offset) after one at \(last)")
      last = box.offset
      var inner: Int64 = -1
      for child in BoxWalker(inside: box, endingBy: Int64(bytes.count), of: source) {
        try require(child.offset > inner && child.offset >= box.offset, "box at \(child.offset) inside \(box.offset)")
        inner = child.offset
      }
    }
    try FuzzFile.with(bytes) { path in
      guard let layout = ContainerLayout(path: path) else { return }
      try require(layout.trailingBytes >= 0 && layout.fileSize == Int64(bytes.count), "sizes of \(layout)")
      for track in MovieBoxes(path: path, layout: layout).tracks { _ = track.unusualEdits }
    }
  }
}
