import Generation
import Ledger

/// Makes each frame readable for the model once.
final class ImagePublisher: Sendable {
  private let ledger: Ledger
  private let host: ProviderHost

  init(ledger: Ledger, host: ProviderHost) {
    self.ledger = ledger
    self.host = host
  }

  /// The address under which the service can read a frame.
  func address(of image: ImageUpload) async throws -> String {
    let store = host.images
    if let address = try ledger.uploadedAddress(sha256: image.sha256, store: store.identity) { return address }
    let address = try await store.publish(image)
    if store.keepsAddresses {
      try ledger.recordUpload(sha256: image.sha256, store: store.identity, address: address)
    }
    return address
  }
}
