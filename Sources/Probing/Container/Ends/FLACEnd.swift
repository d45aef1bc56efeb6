import Libav
import Timing

/// The samples that a FLAC file's header promises, and the checksum of its last frame (RFC 9639).
enum FLACEnd {
  /// Bytes from the mark to the sample rate and the number of samples.
  private static let samplesOffset: Int64 = 18
  private static let polynomial: UInt16 = 0x8005

  static func defect(of file: RandomAccessFile, audio: PacketIndex?) -> String? {
    let tags = AudioTags(file)
    guard file.text(at: tags.start, 4) == "fLaC", let audio, let last = audio.entries.last, let end = audio.end,
      let fields = file.number(at: tags.start + samplesOffset, 8)
    else { return nil }
    let total = Int64(fields & 0xF_FFFF_FFFF)
    let rate = Int64(fields >> 44)
    if total > 0, let samples = (end * Rational(rate)).floor, samples < total {
      return "it has \(samples) of \(total) samples"
    }
    // libav takes everything after the last frame's header as a part of it.
    let frame = file.bytes(at: file.size - Int64(last.size), Int(Int64(last.size) - (file.size - tags.end)))
    return frame.isEmpty || checksum(frame) == 0 ? nil : "its last frame is not whole"
  }

  /// 0 for a frame with its own checksum at its end.
  private static func checksum(_ bytes: [UInt8]) -> UInt16 {
    var sum: UInt16 = 0
    for byte in bytes {
      sum ^= UInt16(byte) << 8
      for _ in 0..<8 { sum = sum & 0x8000 != 0 ? sum << 1 ^ polynomial : sum << 1 }
    }
    return sum
  }
}
