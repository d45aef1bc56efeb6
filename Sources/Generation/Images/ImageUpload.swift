import Files
import Foundation

/// An image file to upload. Its bytes are read, never its pixels.
public struct ImageUpload: Sendable, Hashable, Codable {
  public let path: String
  /// SHA-256, lower-case hexadecimal; names the file at the service.
  public let sha256: String
  /// `image/png` or `image/jpeg`.
  public let mediaType: String

  public init(path: String, sha256: String, mediaType: String) {
    self.path = path
    self.sha256 = sha256
    self.mediaType = mediaType
  }

  /// Digest and suffix: a name that reveals nothing about this machine.
  var uploadName: String {
    let suffix =
      switch mediaType.lowercased() {
      case "image/png": "png"
      case "image/jpeg": "jpg"
      case "image/webp": "webp"
      default: "bin"
      }
    return "\(sha256).\(suffix)"
  }

  /// The file's size in bytes.
  /// - Throws: ``GenerationError`` `localFile`.
  public func size() throws -> Int64 {
    let size = try? FileManager.default.attributesOfItem(atPath: path)[.size] as? NSNumber
    guard let size else { throw GenerationError(.localFile, "Cannot read the image \(path.terminalSafe).") }
    return size.int64Value
  }

  /// The file's bytes.
  /// - Throws: ``GenerationError`` `localFile` when it cannot be read, or no longer has its digest.
  func bytes() throws -> Data {
    let bytes: Data
    do {
      bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    } catch {
      throw GenerationError(.localFile, "Cannot read the image \(path.terminalSafe).")
    }
    guard SHA256Text.of(bytes) == sha256 else {
      throw GenerationError(.localFile, "The image \(path.terminalSafe) has changed since it was read.")
    }
    return bytes
  }
}
