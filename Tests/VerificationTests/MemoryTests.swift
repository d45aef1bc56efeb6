import Foundation
import Libav
import Presets
import Probing
import Stills
import Support
import Testing
import Verification

/// Memory over many files in one process.
@Suite(.media) struct MemoryTests {
  /// Bytes by which memory may differ after all cycles: less than one leaked frame or index in each.
  static let tolerance = 8 << 20

  /// Bytes of this process in memory.
  static func resident() -> Int {
    let pages = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(separator: " ").dropFirst()
      .first
    return (pages.flatMap { Int($0) } ?? 0) * 4096
  }

  static func cycle(_ path: String) throws {
    _ = try ProbeJSON(ProbeReport(path: path), path: path).data()
    _ = try FrameFinder.frame(.last, of: path)
    _ = try TestClip.report(path)
  }

  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/proc/self/statm")))
  func fiveHundredCyclesOfProbeFrameAndVerifyLeaveTheMemoryAsItWas() async throws {
    let folder = try ScratchFolder()
    let path = try TestClip.make(folder, size: "96x64", seconds: 0.25, audio: 0.25)
    // In a process of its own: other tests allocate too.
    await #expect(processExitsWith: .success) { [path = path as String] in
      for _ in 0..<150 { try MemoryTests.cycle(path) }
      let before = MemoryTests.resident()
      for _ in 0..<500 { try MemoryTests.cycle(path) }
      let grown = MemoryTests.resident() - before
      #expect(before > 0 && grown < MemoryTests.tolerance, "grew by \(grown) bytes")
    }
  }
}
