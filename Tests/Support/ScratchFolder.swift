public import Foundation

/// A folder of its own for one test, removed when it is let go.
public final class ScratchFolder: Sendable {
  public let url: URL

  public init() throws {
    url = FileManager.default.temporaryDirectory.appending(path: "longtake-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  public func path(_ name: String) -> String { url.appending(path: name).path(percentEncoded: false) }

  /// A file with this content.
  public func write(_ name: String, _ data: Data) throws -> String {
    try data.write(to: url.appending(path: name))
    return path(name)
  }

  /// A file that `ffmpeg` makes with these arguments.
  public func make(_ name: String, _ arguments: String...) throws -> String {
    try MediaTool.ffmpeg(arguments + [name], in: url)
    return path(name)
  }
}
