import Foundation

/// The structure of an animated WebP, which libav writes and cannot read (RFC 9649).
struct AnimatedWebP: Sendable, Hashable {
  let width: Int
  let height: Int
  let frames: Int
  /// Milliseconds of all frames together.
  let milliseconds: Int

  /// Nil unless every chunk lies within the file, and there is a canvas with at least one frame.
  init?(_ data: Data) {
    let bytes = [UInt8](data)
    func number(_ at: Int, _ count: Int) -> Int { (0..<count).reduce(0) { $0 | Int(bytes[at + $1]) << (8 * $1) } }
    func tag(_ at: Int) -> String { String(decoding: bytes[at..<at + 4], as: UTF8.self) }
    guard bytes.count >= 30, tag(0) == "RIFF", tag(8) == "WEBP", number(4, 4) + 8 == bytes.count else { return nil }
    var (width, height, frames, milliseconds) = (0, 0, 0, 0)
    var place = 12
    while place + 8 <= bytes.count {
      let size = number(place + 4, 4)
      let body = place + 8
      guard body + size <= bytes.count else { return nil }
      switch tag(place) {
      case "VP8X" where size >= 10: (width, height) = (number(body + 4, 3) + 1, number(body + 7, 3) + 1)
      case "ANMF" where size >= 16:
        frames += 1
        milliseconds += number(body + 12, 3)
      default: break
      }
      place = body + size + size % 2
    }
    guard place == bytes.count, width > 0, frames > 0 else { return nil }
    (self.width, self.height, self.frames, self.milliseconds) = (width, height, frames, milliseconds)
  }
}
