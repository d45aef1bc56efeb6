import Files
import Foundation

/// Digest and size of a file.
enum FileDigest {
  /// SHA-256, lower-case hexadecimal.
  /// - Throws: ``PipelineError`` naming the file, `CancellationError`.
  static func sha256(ofFile path: String) throws -> String {
    do {
      return try SHA256Text.ofFile(path).sha256
    } catch let error as CancellationError {
      throw error
    } catch {
      throw PipelineError(.inputOutput, "\(path) cannot be read: \(error.localizedDescription)")
    }
  }

  /// Bytes of a file; nil when there is none.
  static func size(ofFile path: String) -> Int64? {
    (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? NSNumber)?.int64Value
  }
}
