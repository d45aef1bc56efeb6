import Foundation
import Generation
import Probing
import Storyboard
import Synchronization

/// Knows local frame files by their content; each is read once.
final class ImageFiles: Sendable {
  private struct Key: Hashable {
    let path: String
    let bytes: Int64
    let modified: Date?
  }

  private let known = Mutex<[Key: ImageUpload]>([:])

  /// What a frame is, whatever its name: its digest, or its address.
  func identity(of image: ImageSource) throws -> String {
    switch image.location {
    case .address(let address): address
    case .file(let path): try local(path).sha256
    }
  }

  func local(_ path: String) throws -> ImageUpload {
    let attributes = try? FileManager.default.attributesOfItem(atPath: path)
    let key = Key(
      path: path, bytes: FileDigest.size(ofFile: path) ?? 0, modified: attributes?[.modificationDate] as? Date)
    if let image = known.withLock({ $0[key] }) { return image }
    let image = ImageUpload(
      path: path, sha256: try FileDigest.sha256(ofFile: path), mediaType: try StillInfo(path: path).mediaType)
    known.withLock { $0[key] = image }
    return image
  }
}
