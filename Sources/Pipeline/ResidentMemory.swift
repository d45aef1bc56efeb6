import Foundation

/// What a process holds in memory without using it.
enum ResidentMemory {
  private static let maps = "/proc/self/maps"

  /// Gives back the pages of program code that starting up and decoding have touched: a run waits for hours beside other
  /// work. What is needed again comes back from the page cache. Does nothing where there is no `/proc`.
  static func trim() {
    #if os(Linux)
      let text = mappings()
      // Only code that was mapped from a file and can never have been written (`madvise(2)`, `MADV_DONTNEED`).
      for match in text.matches(of: /(?m)^([0-9a-f]+)-([0-9a-f]+) r-xp [^\/\n]*\//) {
        guard let start = UInt(match.output.1, radix: 16), let end = UInt(match.output.2, radix: 16), end > start,
          let address = UnsafeMutableRawPointer(bitPattern: start)
        else { continue }
        madvise(address, Int(end - start), MADV_DONTNEED)
      }
    #endif
  }

  /// The kernel gives a page at a time, so that a single read would not be the whole.
  private static func mappings() -> String {
    guard let handle = FileHandle(forReadingAtPath: maps) else { return "" }
    defer { try? handle.close() }
    var data = Data()
    while let block = try? handle.read(upToCount: 1 << 16), !block.isEmpty { data += block }
    return String(decoding: data, as: UTF8.self)
  }
}
