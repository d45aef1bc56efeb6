public import Libav
import Probing

/// Small pictures of several files on one page: one row per file, columns evenly spread over its pictures.
public struct ContactSheet {
  public let still: EncodedStill

  /// Pixels between cells.
  private static let gap = 8
  private static let background: UInt8 = 24
  private static let quantiser = 3

  /// - Parameters:
  ///   - paths: one file per row, from the top.
  ///   - columns: cells of each row, ≥ 1: the first is the file's first picture, the last its last.
  ///   - cellWidth: pixels; the height follows from each picture's own shape.
  /// - Throws: ``LibavError`` naming the file that cannot be decoded.
  public init(paths: [String], columns: Int, cellWidth: Int) throws(LibavError) {
    var rows: [[Cell]] = []
    for path in paths { rows.append(try Self.row(path, columns: columns, cellWidth: cellWidth)) }
    let heights = rows.map { row in row.map(\.height).max() ?? 0 }
    let width = columns * cellWidth + (columns + 1) * Self.gap
    let height = heights.reduce(0, +) + (rows.count + 1) * Self.gap
    let page = try Frame(width: width, height: height, format: .rgb24, color: ColorTags(range: "pc", matrix: "gbr"))
    page.withMutablePlane(0) { bytes, stride in
      for index in bytes.indices { bytes[index] = Self.background }
      var top = Self.gap
      for (row, rowHeight) in zip(rows, heights) {
        for (column, cell) in row.enumerated() {
          let left = Self.gap + column * (cellWidth + Self.gap)
          for y in 0..<cell.height {
            let start = (top + y) * stride + left * 3
            for x in 0..<cell.width * 3 { bytes[start + x] = cell.rgb[y * cell.width * 3 + x] }
          }
        }
        top += rowHeight + Self.gap
      }
    }
    still = try StillEncoder(rgb: page).jpeg(quantiser: Self.quantiser)
  }

  private struct Cell {
    let width: Int
    let height: Int
    let rgb: [UInt8]
  }

  private static func row(_ path: String, columns: Int, cellWidth: Int) throws(LibavError) -> [Cell] {
    let index = try MediaIndex(path: path, videoOnly: true)
    guard let video = index.video, let info = video.stream.video else {
      throw LibavError(.noSuchStream, "holds no video, so there is nothing to show", file: path)
    }
    let count = video.presentationOrder.count
    let wanted = (0..<columns).map { columns == 1 ? 0 : $0 * max(count - 1, 0) / (columns - 1) }
    var reader = try StreamReader(try Demuxer(path: path), streams: [video.stream.index])
    let frame = try Frame()
    var cells: [Cell] = []
    var position = 0
    while cells.count < columns, try reader.next(into: frame) != nil {
      while cells.count < columns, wanted[cells.count] == position {
        cells.append(try cell(frame, info: info, stream: video.stream, width: cellWidth))
      }
      position += 1
    }
    return cells
  }

  private static func cell(
    _ frame: borrowing Frame, info: StreamInfo.Video, stream: StreamInfo, width: Int
  ) throws(LibavError) -> Cell {
    let isTurned = info.rotation % 180 != 0
    let ratio = isTurned ? Double(frame.width) / Double(frame.height) : Double(frame.height) / Double(frame.width)
    let height = max(2, Int((Double(width) * ratio).rounded()))
    let scaled = isTurned ? (height, width) : (width, height)
    let color = stream.color ?? ColorUnderstanding(frame.color, format: frame.pixelFormat, height: frame.height)
    let scaler = try Scaler(
      from: (frame.width, frame.height, frame.pixelFormat), color: color.tags, to: (scaled.0, scaled.1, .rgb24),
      targetColor: ColorTags(range: "pc", matrix: "gbr"), quality: .area)
    let small = try ColorConverter.upright(
      try scaler.scale(frame), rotation: info.rotation, isMirrored: info.isMirrored)
    var rgb = [UInt8]()
    rgb.reserveCapacity(small.width * small.height * 3)
    small.withPlane(0) { bytes, stride in
      for y in 0..<small.height {
        for x in 0..<small.width * 3 { rgb.append(bytes[y * stride + x]) }
      }
    }
    return Cell(width: small.width, height: small.height, rgb: rgb)
  }
}
