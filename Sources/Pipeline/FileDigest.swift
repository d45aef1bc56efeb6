import Crypto
import Foundation

/// SHA-256 of files and texts, lower-case hexadecimal.
enum FileDigest {
  /// Bytes read at a time.
  private static let block = 1 << 20

  /// - Throws: ``PipelineError`` naming the file.
  static func sha256(ofFile path: String) throws -> String {
    do {
      let handle = try FileHandle(forReadingFrom: URL(filePath: path))
      defer { try? handle.close() }
      var hash = SHA256()
      while let bytes = try handle.read(upToCount: block), !bytes.isEmpty {
        try Task.checkCancellation()
        hash.update(data: bytes)
      }
      return hexadecimal(hash.finalize())
    } catch let error as CancellationError {
      throw error
    } catch {
      throw PipelineError(.inputOutput, "\(path) cannot be read: \(error.localizedDescription)")
    }
  }

  static func sha256(of text: String) -> String { hexadecimal(SHA256.hash(data: Data(text.utf8))) }

  static func sha256(of bytes: [UInt8]) -> String { hexadecimal(SHA256.hash(data: bytes)) }

  /// Bytes of a file; nil when there is none.
  static func size(ofFile path: String) -> Int64? {
    (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? NSNumber)?.int64Value
  }

  private static func hexadecimal(_ digest: SHA256Digest) -> String {
    digest.map { byte in
      let digits = String(byte, radix: 16)
      return digits.count == 1 ? "0" + digits : digits
    }.joined()
  }
}
