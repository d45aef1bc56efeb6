import Foundation
import Generation
import Ledger

/// Uploads each image once, and hands out only addresses that a model can read.
struct ImageUploader: Sendable {
  /// Seconds after which an address is tested again.
  private static let freshness = 3600.0
  /// Seconds before a signature's end from which on an address is not used: the request may have to wait.
  private static let margin = 60.0

  let ledger: Ledger
  let store: any ImageStore
  let reader: PublicAddressReader
  let failpoint: Failpoint.Hook?
  let emit: @Sendable (PipelineEvent) -> Void

  /// The address under which the service can read an image.
  /// - Throws: ``GenerationError`` `refused` for an address that nobody can read without a key.
  func address(of image: ImageUpload) async throws -> String {
    guard store.keepsAddresses else { return try await store.publish(image) }
    if let known = try ledger.upload(sha256: image.sha256, store: store.identity) {
      if try await isAlive(known, image) { return known.address }
      await store.forget(image)
    }
    let address = try await store.publish(image)
    failpoint?(.imageUploaded)
    try await requireReadable(address, image)
    try ledger.recordUpload(sha256: image.sha256, store: store.identity, address: address)
    return address
  }

  private func isAlive(_ known: UploadEntry, _ image: ImageUpload) async throws -> Bool {
    let now = Ledger.systemTime()
    if let expiry = SignedAddress.expiry(of: known.address), (expiry - Self.margin...expiry).contains(now) {
      uploadsAgain(image, because: "expires in \(Int(expiry - now)) s")
      return false
    }
    let isExpired = SignedAddress.expiry(of: known.address).map { $0 <= now } ?? false
    guard isExpired || !(known.checkedAt...known.checkedAt + Self.freshness).contains(now) else { return true }
    switch try await reader.read(known.address, bytes: try image.size()) {
    case .readable:
      try ledger.recordUpload(sha256: image.sha256, store: store.identity, address: known.address)
      return true
    case .dead(let reason), .unknown(let reason):
      uploadsAgain(image, because: reason)
      return false
    }
  }

  private func uploadsAgain(_ image: ImageUpload, because reason: String) {
    emit(.notice("the image \(URL(filePath: image.path).lastPathComponent) is uploaded again: its address \(reason)"))
  }

  private func requireReadable(_ address: String, _ image: ImageUpload) async throws {
    let shown = Redactor().clean(Redactor.address(address), limit: 300)
    switch try await reader.readNew(address, bytes: try image.size()) {
    case .readable: break
    case .unknown(let reason):
      emit(.notice("whether a model can read the image at \(shown) is not known: the address \(reason)"))
    case .dead(let reason):
      throw GenerationError(
        .refused,
        "The image was uploaded to \(shown), but the address \(reason), so the model could not read it. Choose another "
          + "--anchor-store, or correct the upload. Nothing was paid.")
    }
  }
}
