import Foundation
import Synchronization

/// PNG, JPEG and WebP as Pillow reads them, without libav: see `image_reader.py` beside this file.
///
/// One Python process reads all images; it ends with this process, whose end closes its standard input.
public final class ImageReader: Sendable {
  public struct Failure: Error, CustomStringConvertible {
    public let description: String
  }

  private static let shared = Result { try ImageReader() }

  private let input = Pipe()
  private let output = Pipe()
  private let process: Mutex<Process>

  private init() throws {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    let program = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "image_reader.py")
    process.arguments = ["python3", "-B", program.path(percentEncoded: false)]
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    self.process = Mutex(process)
  }

  /// Red, green and blue of all pixels in 8 bits, row by row.
  /// - Throws: ``Failure`` when Pillow cannot read the image.
  public static func rgb(_ path: String) throws -> [UInt8] { try shared.get().read(path) }

  private func read(_ path: String) throws -> [UInt8] {
    // One image at a time, so that each answer belongs to its request.
    try process.withLock { _ in
      try input.fileHandleForWriting.write(contentsOf: Data((path + "\n").utf8))
      var answer = Data()
      while !answer.contains(UInt8(ascii: "\n")) { answer += try more() }
      let line = answer.prefix { $0 != UInt8(ascii: "\n") }
      let text = String(decoding: line, as: UTF8.self)
      let sizes = text.split(separator: " ").compactMap { Int($0) }
      guard sizes.count == 2, text.first?.isNumber == true else { throw Failure(description: "\(path): \(text)") }
      var pixels = answer.dropFirst(line.count + 1)
      while pixels.count < 3 * sizes[0] * sizes[1] { pixels += try more() }
      return [UInt8](pixels)
    }
  }

  private func more() throws -> Data {
    let data = output.fileHandleForReading.availableData
    if data.isEmpty { throw Failure(description: "image_reader.py has ended") }
    return data
  }
}
