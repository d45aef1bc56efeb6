import Foundation
import HTTPTypes
import Presets

/// Uploads images to fal's storage, each digest once.
actor FalUploader {
  private let client: ServiceClient
  private let base: URL
  private var addresses: [String: String] = [:]

  init(client: ServiceClient, base: URL) {
    self.client = client
    self.base = base
  }

  func forget(_ image: ImageUpload) { addresses[image.sha256] = nil }

  /// - Returns: the public address.
  func publish(_ image: ImageUpload) async throws -> String {
    if let address = addresses[image.sha256] { return address }
    let bytes = try image.bytes()
    let initiate = HTTPCall(
      method: .post,
      url: try APIAddress(base: base)("storage", "upload", "initiate", query: [("storage_type", "gcs")]),
      payload: .init(
        bytes: try JSONText.encode([
          "file_name": .string(image.uploadName), "content_type": .string(image.mediaType),
        ]), contentType: "application/json"))
    let answer = try await client.send(initiate, doing: "accept an image")
    guard let json = JSONText.decode(answer.body),
      let target = json["upload_url"]?.stringValue.flatMap({ GivenAddress($0) }),
      let address = json["file_url"]?.stringValue, GivenAddress(address) != nil
    else {
      throw GenerationError(.malformedAnswer, "\(client.failure.service) gave no address to upload an image to.")
    }
    var upload = HTTPCall(
      method: .put, url: target.url, verbatim: target.text, payload: .init(bytes: bytes, contentType: image.mediaType),
      headTimeout: ServiceClient.uploadTimeout)
    upload.key = .never
    _ = try await client.send(upload, doing: "store an image")
    addresses[image.sha256] = address
    return address
  }
}
