import Foundation
import Generation
import Ledger
import Probing
import Storyboard
import Synchronization

/// Knows local pictures by their content, and makes each readable for the model once.
final class ImagePublisher: Sendable {
  private struct Key: Hashable {
    let path: String
    let bytes: Int64
    let modified: Date?
  }

  private let ledger: Ledger
  private let host: ProviderHost
  private let known = Mutex<[Key: LocalImage]>([:])

  init(ledger: Ledger, host: ProviderHost) {
    self.ledger = ledger
    self.host = host
  }

  /// What a picture is, whatever its name: its digest, or its address.
  func identity(of image: ImageSource) throws -> String {
    switch image.location {
    case .address(let address): address
    case .file(let path): try local(path).sha256
    }
  }

  /// A picture file, read once.
  func local(_ path: String) throws -> LocalImage {
    let attributes = try? FileManager.default.attributesOfItem(atPath: path)
    let key = Key(
      path: path, bytes: FileDigest.size(ofFile: path) ?? 0, modified: attributes?[.modificationDate] as? Date)
    if let image = known.withLock({ $0[key] }) { return image }
    let image = LocalImage(
      path: path, sha256: try FileDigest.sha256(ofFile: path), mediaType: try StillInfo(path: path).mediaType)
    known.withLock { $0[key] = image }
    return image
  }

  /// The address under which the service can read a picture.
  func address(of image: LocalImage) async throws -> String {
    let store = host.images
    if let address = try ledger.uploadedAddress(sha256: image.sha256, store: store.identity) { return address }
    let address = try await store.publish(image)
    if store.keepsAddresses {
      try ledger.recordUpload(sha256: image.sha256, store: store.identity, address: address)
    }
    return address
  }
}
