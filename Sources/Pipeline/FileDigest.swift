import Files
import Foundation

/// SHA-256 of files and texts, lower-case hexadecimal.
enum FileDigest {
  /// - Throws: ``PipelineError`` naming the file.
  static func sha256(ofFile path: String) throws -> String {
    do {
      return try SHA256Text.ofFile(path).sha256
    } catch let error as CancellationError {
      throw error
    } catch {
      throw PipelineError(.inputOutput, "\(path) cannot be read: \(error.localizedDescription)")
    }
  }

  static func sha256(of text: String) -> String { SHA256Text.of(text) }

  static func sha256(of bytes: [UInt8]) -> String { SHA256Text.of(bytes) }

  /// Bytes of a file; nil when there is none.
  static func size(ofFile path: String) -> Int64? {
    (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? NSNumber)?.int64Value
  }
}
