import AsyncHTTPClient
import Foundation
import Logging
import NIOHTTP1
import Presets

/// Puts images into a hub repository, each digest once, and knows the address that serves them.
actor AnchorStore {
  /// The folder within the repository.
  static let folder = "anchors"
  /// Rounds of looking for the first upload, which may need a moment to appear.
  static let looks = 4
  static let uploadPatience: Duration = .seconds(300)

  /// What the last part of an upload's path turned out to be.
  private enum Layout {
    case file, folder
  }

  private let client: ServiceClient
  private let address: HubAddress
  private let configuration: OxenConfiguration
  /// Commits to one branch follow each other, and the first upload settles the layout for all.
  private let mutex = AsyncMutex()
  private var addresses: [String: String] = [:]
  private var layout: Layout?

  init(client: ServiceClient, address: HubAddress, configuration: OxenConfiguration) {
    self.client = client
    self.address = address
    self.configuration = configuration
  }

  func publish(_ image: LocalImage) async throws -> String {
    try await mutex.pass { try await self.publishAlone(image) }
  }

  private func publishAlone(_ image: LocalImage) async throws -> String {
    if let known = addresses[image.sha256] { return known }
    let repository = try place()
    let bytes = try image.bytes()
    let name = image.uploadName
    let path = repository + ["file", configuration.branch, Self.folder, name]
    try await upload(bytes, as: name, mediaType: image.mediaType, to: path)
    let served = try await servedPath(path, name: name, bytes: bytes)
    let text = try address.url(served).absoluteString
    addresses[image.sha256] = text
    return text
  }

  private func place() throws -> [String] {
    guard let namespace = configuration.namespace, !namespace.isEmpty else {
      throw GenerationError(
        .unsupported,
        "An image has to be uploaded, and there is no place for it: set OXEN_NAMESPACE to your user or organisation "
          + "on the hub.")
    }
    for (variable, value) in [("OXEN_NAMESPACE", namespace), ("OXEN_REPOSITORY", configuration.repository)] {
      guard value.wholeMatch(of: /[A-Za-z0-9._-]+/) != nil, value != ".", value != ".." else {
        throw GenerationError(
          .unsupported, "\(variable) has to be one name of letters, digits, dots, dashes and underscores.")
      }
    }
    return ["repos", namespace, configuration.repository]
  }

  private func upload(_ bytes: Data, as name: String, mediaType: String, to path: [String]) async throws {
    var form = MultipartForm()
    form.add("file", file: name, mediaType: mediaType, bytes: bytes)
    form.add("message", "Add anchor \(name)")
    form.add("name", configuration.committerName)
    form.add("email", configuration.committerEmail)
    let call = HTTPCall(
      method: .PUT, url: try address.url(path), payload: .init(bytes: form.encoded(), contentType: form.contentType),
      headTimeout: Self.uploadPatience)
    let action = "store an image in \(path[1])/\(path[2])"
    let first = try await client.send(call, doing: action, accepting: [404])
    guard first.status == 404 else { return }
    try await createRepository(path[1], path[2])
    _ = try await client.send(call, doing: action)
  }

  private func createRepository(_ namespace: String, _ name: String) async throws {
    let body: JSONValue = [
      "namespace": .string(namespace), "name": .string(name),
      "user": ["name": .string(configuration.committerName), "email": .string(configuration.committerEmail)],
      "description": "Start and end frames of longtake shots",
    ]
    let call = HTTPCall(
      method: .POST, url: try address("repos"),
      payload: .init(bytes: try JSONText.encode(body), contentType: "application/json"))
    _ = try await client.send(call, doing: "create the repository \(namespace)/\(name)", accepting: [409])
  }

  /// The pages disagree on whether an upload's path names the file or its folder: whichever serves the bytes is it.
  private func servedPath(_ path: [String], name: String, bytes: Data) async throws -> [String] {
    switch layout {
    case .file: return path
    case .folder: return path + [name]
    case nil: break
    }
    for look in 1...Self.looks {
      for (candidate, found) in [(path, Layout.file), (path + [name], .folder)] {
        guard try await serves(candidate, bytes) else { continue }
        layout = found
        return candidate
      }
      if look < Self.looks { try await Task.sleep(for: client.retry.pause(afterFailure: look)) }
    }
    throw GenerationError(
      .malformedAnswer,
      "The hub took the image, but serves it neither at \(client.session.shown(try address.url(path))) nor below it.")
  }

  private func serves(_ path: [String], _ bytes: Data) async throws -> Bool {
    do {
      let call = HTTPCall(method: .GET, url: try address.url(path))
      let response = try await client.session.open(call)
      guard response.status == .ok else { return false }
      let answer = try await client.session.read(response, limit: bytes.count, from: call.url)
      return answer.body == bytes
    } catch let error as GenerationError where error.code == .malformedAnswer {
      return false
    } catch is ExchangeFailure {
      return false
    }
  }
}
