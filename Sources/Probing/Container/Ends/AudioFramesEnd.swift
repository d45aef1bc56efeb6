/// The last frame of MPEG audio and ADTS, whose headers give its size, and the numbers of a Xing header.
enum AudioFramesEnd {
  /// Bytes at the end that are walked.
  private static let searched: Int64 = 1 << 16
  /// Frames in a row that show where frames begin.
  private static let compared = 3
  /// Frames of a Xing header that may be missing: some programs count the header's own.
  private static let uncounted = 1

  /// - Parameter frames: packets that libav read; nil or 0 when it read none.
  static func defect(of file: RandomAccessFile, frames: Int?) -> String? {
    let tags = AudioTags(file)
    if let header = XingHeader(file, at: tags.start) {
      let present = tags.end - tags.start
      if let bytes = header.bytes, bytes > present + header.frameSize {
        return "\(bytes - present) of \(bytes) bytes are missing at its end"
      }
      if let total = header.frames, let frames, frames > 0, frames + uncounted < total {
        return "it has \(frames) of \(total) frames"
      }
    }
    let from = max(tags.start, tags.end - searched)
    let tail = file.bytes(at: from, Int(tags.end - from))
    return lastFrame(tail).map { "its last frame has \($0.present) of \($0.size) bytes" }
  }

  /// The frame that the bytes end in; nil when they end after one, or with something else.
  private static func lastFrame(_ tail: [UInt8]) -> (present: Int, size: Int)? {
    for start in tail.indices {
      guard let first = AudioFrameHeader(tail[start...]) else { continue }
      var (position, count) = (start, 0)
      while let header = AudioFrameHeader(tail[position...]), header.isLike(first) {
        if position + header.size > tail.count {
          return count >= compared ? (tail.count - position, header.size) : nil
        }
        position += header.size
        count += 1
      }
      if count >= compared { return nil }
    }
    return nil
  }
}

/// The header of a frame of MPEG audio (ISO/IEC 11172-3, 13818-3) or ADTS (ISO/IEC 14496-3).
private struct AudioFrameHeader {
  /// Bytes, header included.
  let size: Int
  /// What all frames of a file have in common.
  private let common: [UInt8]

  /// kb/s by index, of MPEG-1 layers 1 to 3 and of MPEG-2 layer 1, and 2 and 3.
  private static let rates: [[Int]] = [
    [32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
    [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
    [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
    [32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
    [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
  ]
  private static let sampleRates = [44_100, 48_000, 32_000]

  init?(_ bytes: ArraySlice<UInt8>) {
    let head = Array(bytes.prefix(6))
    guard head.count >= 4, head[0] == 0xFF, head[1] & 0xE0 == 0xE0 else { return nil }
    let layer = 4 - Int(head[1] >> 1 & 3)
    if layer == 4 {
      guard head[1] & 0xF6 == 0xF0, head.count == 6 else { return nil }
      size = Int(head[3] & 3) << 11 | Int(head[4]) << 3 | Int(head[5] >> 5)
      common = [head[1] & 0xFE, head[2] & 0xFC]
      if size < 7 { return nil }
      return
    }
    let version = Int(head[1] >> 3 & 3)
    let (rateIndex, sampleIndex) = (Int(head[2] >> 4), Int(head[2] >> 2 & 3))
    guard version != 1, sampleIndex < 3, (1...14).contains(rateIndex) else { return nil }
    let isFirstVersion = version == 3
    let table = isFirstVersion ? layer - 1 : layer == 1 ? 3 : 4
    let sampleRate = Self.sampleRates[sampleIndex] >> (isFirstVersion ? 0 : version == 2 ? 1 : 2)
    let rate = Self.rates[table][rateIndex - 1] * 1000
    let padding = Int(head[2] >> 1 & 1)
    size =
      layer == 1
      ? (12 * rate / sampleRate + padding) * 4
      : (layer == 3 && !isFirstVersion ? 72 : 144) * rate / sampleRate + padding
    common = [head[1] & 0xFE, head[2] & 0x0C]
  }

  func isLike(_ other: AudioFrameHeader) -> Bool { common == other.common }
}

/// The numbers that the first frame of an MP3 file holds instead of audio.
private struct XingHeader {
  let frames: Int?
  /// From this frame to the end of the audio.
  let bytes: Int64?
  /// Bytes.
  let frameSize: Int64

  init?(_ file: RandomAccessFile, at start: Int64) {
    let head = file.bytes(at: start, 6)
    guard let frame = AudioFrameHeader(head[...]) else { return nil }
    let isFirstVersion = head[1] & 8 != 0
    let isMono = head[3] >> 6 == 3
    let sideInfo: Int64 = isFirstVersion ? (isMono ? 17 : 32) : (isMono ? 9 : 17)
    let place = start + 4 + sideInfo
    guard ["Xing", "Info"].contains(file.text(at: place, 4)), let flags = file.number(at: place + 4, 4) else {
      return nil
    }
    let frames = flags & 1 != 0 ? file.number(at: place + 8, 4) : nil
    self.frames = frames.map { Int($0) }
    bytes = flags & 2 != 0 ? file.number(at: place + (flags & 1 != 0 ? 12 : 8), 4).map { Int64($0) } : nil
    frameSize = Int64(frame.size)
  }
}
