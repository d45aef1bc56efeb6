import Libav

/// A chunk of a PNG file (W3C PNG, third edition).
struct PNGChunk {
  let type: String
  let data: [UInt8]

  /// Colours are sRGB, rendered perceptually.
  static let standardRGB = PNGChunk(type: "sRGB", data: [0])

  /// Colour by the code points of ITU-T H.273: RGB, full range.
  static func codingIndependentCodePoints(_ tags: ColorTags) -> PNGChunk {
    let primaries = UInt8(clamping: tags.primariesCode ?? 1)
    let transfer = UInt8(clamping: tags.transferCode ?? 1)
    return PNGChunk(type: "cICP", data: [primaries, transfer, 0, 1])
  }

  private static let signatureLength = 8
  private static let colorChunks: Set<String> = ["sRGB", "gAMA", "cHRM", "iCCP", "cICP"]

  /// Removes every chunk about colour and inserts one before the image data.
  static func replaceColorChunks(of png: [UInt8], with chunk: PNGChunk) -> [UInt8] {
    var result = Array(png.prefix(signatureLength))
    result.reserveCapacity(png.count + 32)
    var position = signatureLength
    var isPlaced = false
    while position + 12 <= png.count {
      let length = png[position..<position + 4].reduce(0) { $0 << 8 | Int($1) }
      let end = position + 12 + length
      guard end <= png.count else { return png }
      let type = String(decoding: png[position + 4..<position + 8], as: UTF8.self)
      if !isPlaced, type == "IDAT" || type == "PLTE" {
        result += chunk.bytes
        isPlaced = true
      }
      if !colorChunks.contains(type) { result += png[position..<end] }
      position = end
    }
    return result
  }

  private var bytes: [UInt8] {
    let body = Array(type.utf8) + data
    return Self.bigEndian(UInt32(data.count)) + body + Self.bigEndian(Self.checksum(body))
  }

  private static func bigEndian(_ value: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
  }

  /// CRC-32 as ISO 3309 defines it.
  private static func checksum(_ bytes: [UInt8]) -> UInt32 {
    var crc = ~UInt32(0)
    for byte in bytes {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = crc & 1 == 1 ? (crc >> 1) ^ 0xEDB8_8320 : crc >> 1 }
    }
    return ~crc
  }
}
