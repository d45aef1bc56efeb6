import Files
import Foundation
import Libav
import Support

/// Every frame of a file as `ffmpeg` decodes it: the stream it would choose, edit lists honoured, nothing dropped.
struct FullDecode: Sendable {
  /// MD5 of each frame's bytes, tightly packed.
  let digests: [String]

  struct NoFrames: Error {}

  init(_ path: String) throws {
    digests = try MediaTool.frameDigests(of: path, .chosenStream)
    guard !digests.isEmpty else { throw NoFrames() }
  }
}

enum FrameDigest {
  /// MD5 of a frame's planes, packed as `framemd5` packs them.
  static func of(_ frame: borrowing Frame) -> String {
    let digest = MessageDigest(.md5)
    let samples = frame.pixelFormat.bitDepth > 8 ? 2 : 1
    for plane in 0..<frame.pixelFormat.planeCount {
      let size = frame.planeSize(plane)
      frame.withPlane(plane) { span, stride in
        for row in 0..<size.height {
          let start = row * stride
          span.extracting(start..<start + size.width * samples).withUnsafeBytes { digest.update($0) }
        }
      }
    }
    return digest.hexadecimal
  }
}
