import Files
import Foundation
import NIOHTTP1
import Presets

/// Puts images into fal's storage, each digest once.
actor FalStorage {
  private let client: ServiceClient
  private let base: URL
  private var addresses: [String: String] = [:]

  init(client: ServiceClient, base: URL) {
    self.client = client
    self.base = base
  }

  /// - Returns: the public address.
  func publish(_ image: LocalImage) async throws -> String {
    if let known = addresses[image.sha256] { return known }
    let bytes = try image.bytes()
    let initiate = HTTPCall(
      method: .POST,
      url: try HubAddress(base: base)("storage", "upload", "initiate", query: [("storage_type", "gcs")]),
      payload: .init(
        bytes: try JSONText.encode([
          "file_name": .string(image.uploadName), "content_type": .string(image.mediaType),
        ]), contentType: "application/json"))
    let answer = try await client.send(initiate, doing: "take an image")
    guard let json = JSONText.decode(answer.body), let target = json["upload_url"]?.stringValue.flatMap(URL.init),
      let address = json["file_url"]?.stringValue, URL(string: address) != nil
    else {
      throw GenerationError(.malformedAnswer, "\(client.failure.service) named no address to upload an image to.")
    }
    var upload = HTTPCall(
      method: .PUT, url: target, payload: .init(bytes: bytes, contentType: image.mediaType),
      headTimeout: AnchorStore.uploadPatience)
    upload.carriesKey = false
    _ = try await client.send(upload, doing: "store an image")
    addresses[image.sha256] = address
    return address
  }
}

extension LocalImage {
  /// Digest and suffix: a name that says nothing of where the image lies here.
  var uploadName: String {
    let suffix =
      switch mediaType.lowercased() {
      case "image/png": "png"
      case "image/jpeg": "jpg"
      case "image/webp": "webp"
      default: "bin"
      }
    return "\(sha256).\(suffix)"
  }

  /// The file's bytes.
  /// - Throws: ``GenerationError`` `localFile` when it cannot be read, or is no longer what its digest says.
  func bytes() throws -> Data {
    let bytes: Data
    do {
      bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    } catch {
      throw GenerationError(.localFile, "Cannot read the image \(Redactor.escape(path)).")
    }
    guard SHA256Text.of(bytes) == sha256 else {
      throw GenerationError(.localFile, "The image \(Redactor.escape(path)) has changed since it was read.")
    }
    return bytes
  }
}
