import Generation
import Ledger

/// Uploads each image once, so that the model can read it.
struct ImageUploader: Sendable {
  let ledger: Ledger
  let store: any ImageStore
  let failpoint: Failpoint.Hook?

  /// The address under which the service can read an image.
  func address(of image: ImageUpload) async throws -> String {
    if let address = try ledger.uploadedAddress(sha256: image.sha256, store: store.identity) { return address }
    let address = try await store.publish(image)
    failpoint?(.imageUploaded)
    if store.keepsAddresses {
      try ledger.recordUpload(sha256: image.sha256, store: store.identity, address: address)
    }
    return address
  }
}
