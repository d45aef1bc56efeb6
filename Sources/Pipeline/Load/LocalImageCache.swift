import Files
import Foundation
import Generation
import Probing
import Storyboard
import Synchronization

/// Digests and formats of local image files; each file is read once.
final class LocalImageCache: Sendable {
  private struct Key: Hashable {
    let path: String
    let bytes: Int64
    let modified: Date?
  }

  private let images = Mutex<[Key: ImageUpload]>([:])

  /// What identifies an image whatever its name: its digest, or its address.
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
    if let image = images.withLock({ $0[key] }) { return image }
    let image = ImageUpload(
      path: path, sha256: try FileDigest.sha256(ofFile: path), mediaType: try StillInfo(path: path).mediaType)
    images.withLock { $0[key] = image }
    return image
  }
}
