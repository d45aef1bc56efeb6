import Foundation
import Libav
import Support
import Synchronization

/// Every frame of a file as `ffmpeg` decodes it: the stream it would choose, edit lists honoured, nothing dropped.
struct FullDecode: Sendable {
  /// MD5 of each frame's bytes, tightly packed.
  let digests: [String]

  struct NoFrames: Error {}

  private static let seen = Mutex<[String: FullDecode]>([:])

  /// The same of a file that stays as it is, decoded once for all tests.
  static func cached(_ path: String) throws -> FullDecode {
    if let known = seen.withLock({ $0[path] }) { return known }
    let decoded = try FullDecode(path)
    seen.withLock { $0[path] = decoded }
    return decoded
  }

  init(_ path: String) throws {
    let result = try MediaTool.run(
      "ffmpeg",
      [
        "-hide_banner", "-nostdin", "-v", "quiet", "-noautorotate", "-i", path, "-an", "-sn", "-dn", "-fps_mode",
        "passthrough", "-f", "framemd5", "-",
      ])
    digests = String(decoding: result.output, as: UTF8.self).split(separator: "\n").filter { !$0.hasPrefix("#") }.map {
      $0.split(separator: ",").last.map { $0.trimmingCharacters(in: .whitespaces) } ?? ""
    }
    guard !digests.isEmpty else { throw NoFrames() }
  }
}

enum Digest {
  /// MD5 of a frame's planes, packed as `framemd5` packs them: by `md5sum`, so that no digest of ours judges itself.
  static func of(_ frame: borrowing Frame) -> String {
    var bytes = Data()
    let samples = frame.pixelFormat.bitDepth > 8 ? 2 : 1
    for plane in 0..<frame.pixelFormat.planeCount {
      let size = frame.planeSize(plane)
      frame.withPlane(plane) { span, stride in
        for row in 0..<size.height {
          let start = row * stride
          span.extracting(start..<start + size.width * samples).withUnsafeBufferPointer { bytes.append($0) }
        }
      }
    }
    guard let folder = try? ScratchFolder(), let path = try? folder.write("frame.raw", bytes),
      let result = try? MediaTool.run("md5sum", [path])
    else { return "no digest" }
    return String(String(decoding: result.output, as: UTF8.self).prefix(32))
  }
}
