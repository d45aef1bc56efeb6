import Foundation
import Libav
import Probing
import Stills

/// Bytes as a file, for readers that take a path.
enum FuzzFile {
  private static let folder =
    FileManager.default.isWritableFile(atPath: "/dev/shm") ? "/dev/shm" : NSTemporaryDirectory()

  static func with(_ bytes: [UInt8], _ body: (String) throws -> Void) throws {
    let thread = UInt(bitPattern: Thread.current.hash)
    let path = "\(folder)/longtake-fuzz-\(ProcessInfo.processInfo.processIdentifier)-\(thread)"
    try Data(bytes).write(to: URL(filePath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    try body(path)
  }
}

enum MediaTarget {
  /// Frames decoded of one input.
  private static let decoded = 16

  static func run(_ bytes: [UInt8]) throws {
    try FuzzFile.with(bytes) { path in
      guard let report = try? ProbeReport(path: path) else { return }
      _ = try ProbeJSON(report, path: "x").data()
      _ = ProbeTable(report, path: "x").lines
      _ = try? decode(path)
      if let last = try? FrameFinder.frame(.last, of: path), let count = report.video?.counted?.shownPackets {
        try require(last.facts.index >= 0, "index \(last.facts.index) of \(count)")
      }
    }
  }

  private static func decode(_ path: String) throws(LibavError) {
    let demuxer = try Demuxer(path: path)
    let streams = [demuxer.mainVideo, demuxer.mainAudio].compactMap { $0?.index }
    var reader = try StreamReader(demuxer, streams: streams, threading: .count(1))
    let frame = try Frame()
    for _ in 0..<decoded { guard try reader.next(into: frame) != nil else { return } }
  }
}
