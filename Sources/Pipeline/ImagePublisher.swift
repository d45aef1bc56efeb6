import Generation
import Ledger

/// Makes each picture readable for the model once.
final class ImagePublisher: Sendable {
  private let ledger: Ledger
  private let host: ProviderHost

  init(ledger: Ledger, host: ProviderHost) {
    self.ledger = ledger
    self.host = host
  }

  /// The address under which the service can read a picture.
  func address(of image: LocalImage) async throws -> String {
    if let address = try ledger.uploadedAddress(sha256: image.sha256, store: host.store) { return address }
    let address = try await host.provider.publish(image)
    try ledger.recordUpload(sha256: image.sha256, store: host.store, address: address)
    return address
  }
}
