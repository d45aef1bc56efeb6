import Files
import Foundation
import Presets
import Probing

/// Puts an XMP packet where readers of a container look for it (ISO 16684-3).
struct XMPEmbedding {
  private static let gifHead = Array("XMP DataXMP".utf8)
  private static let webPFlag: UInt8 = 0x04
  /// From the start of a WebP file: the flags of `VP8X`.
  private static let webPFlagsOffset: UInt64 = 20
  private static let riffSizeOffset: UInt64 = 4
  /// The size of a file over 4 GiB, in the chunk `ds64`.
  private static let longSizeOffset: UInt64 = 20

  let packet: XMPPacket

  func embed(in output: borrowing OutputFile, as container: DeliveryRecipe.Container) throws {
    switch container {
    case .mp4, .mov: try output.append(packet.movieBox)
    case .wav: try addChunk("_PMX", to: output)
    case .webp:
      try addChunk("XMP ", to: output)
      try patch(output, at: Self.webPFlagsOffset) { [($0.first ?? 0) | Self.webPFlag] }
    case .gif: try addToGIF(output)
    }
  }

  private func addChunk(_ type: String, to output: borrowing OutputFile) throws {
    let bytes = Array(packet.text.utf8)
    let size = withUnsafeBytes(of: UInt32(bytes.count).littleEndian) { Array($0) }
    let padding: [UInt8] = bytes.count % 2 == 1 ? [0] : []
    try output.append(Array(type.utf8) + size + bytes + padding)
    let length = try Self.size(output) - 8
    let isLong = try Self.head(output).starts(with: "RF64".utf8)
    try patch(output, at: isLong ? Self.longSizeOffset : Self.riffSizeOffset, count: isLong ? 8 : 4) { _ in
      isLong
        ? withUnsafeBytes(of: length.littleEndian) { Array($0) }
        : withUnsafeBytes(of: UInt32(clamping: length).littleEndian) { Array($0) }
    }
  }

  /// An application block before the trailer; the bytes after the packet lead readers of sub-blocks to its end.
  private func addToGIF(_ output: borrowing OutputFile) throws {
    let length = try Self.size(output)
    let guide: [UInt8] = [1] + (0...255).reversed().map { UInt8($0) } + [0]
    try patch(output, at: length - 1) { last in
      [0x21, 0xFF, UInt8(Self.gifHead.count)] + Self.gifHead + Array(packet.text.utf8) + guide + last
    }
  }

  private static func size(_ output: borrowing OutputFile) throws -> UInt64 {
    let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: output.temporaryPath))
    defer { try? file.close() }
    return try file.seekToEnd()
  }

  private static func head(_ output: borrowing OutputFile) throws -> Data {
    let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: output.temporaryPath))
    defer { try? file.close() }
    return try file.read(upToCount: 4) ?? Data()
  }

  /// Replaces bytes, and writes on after the end of the file.
  private func patch(
    _ output: borrowing OutputFile, at offset: UInt64, count: Int = 1, _ change: ([UInt8]) -> [UInt8]
  ) throws {
    let temporary = output.temporaryPath
    try FileError.rethrowing(output.path) {
      let file = try FileHandle(forUpdating: URL(fileURLWithPath: temporary))
      defer { try? file.close() }
      try file.seek(toOffset: offset)
      let old = [UInt8](try file.read(upToCount: count) ?? Data())
      try file.seek(toOffset: offset)
      try file.write(contentsOf: Data(change(old)))
    }
  }
}
