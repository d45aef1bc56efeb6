import Foundation

/// How many encoders work at a time, and on how many threads each.
///
/// An encoder holds a lookahead and references of its own, more than a gigabyte at 4K, so that a second one starts only where
/// there are more processors than the first can use.
struct EncoderShare: Sendable, Hashable {
  /// Lines of a frame for which an encoder uses one processor more: 8 processors at 2160, 4 at 1080.
  private static let linesPerProcessor = 270
  /// Bytes that an encoder needs per pixel of a frame.
  private static let bytesPerPixel = 200.0

  let encoders: Int
  /// Nil for one encoder, which chooses for itself.
  let threads: Int?

  /// - Parameters:
  ///   - workers: encoders as asked for; nil for as many as processors and memory are there for.
  ///   - memory: bytes of the machine.
  init(
    workers: Int?, width: Int, height: Int, processors: Int = ProcessInfo.processInfo.activeProcessorCount,
    memory: Double = Double(ProcessInfo.processInfo.physicalMemory)
  ) {
    let used = max(1, min(width, height) / Self.linesPerProcessor)
    let fitting = Int(memory / 2 / (Self.bytesPerPixel * Double(width * height)))
    encoders = workers ?? max(1, min(processors / used, fitting))
    threads = encoders == 1 ? nil : max(1, processors / encoders)
  }
}
