import Foundation
import HTTPTypes
import Logging
import Presets

/// Uploads images to a hub repository, each digest once, and finds the address that serves them to everybody, so that a
/// model can read it.
actor OxenUploader {
  /// The folder within the repository.
  static let folder = "anchors"
  /// Rounds of looking for the first upload, which may need a moment to appear.
  static let lookLimit = 4

  /// What the last part of an upload's path names.
  private enum Layout {
    case file, folder
  }

  private let client: ServiceClient
  private let address: APIAddress
  private let configuration: OxenConfiguration
  /// Commits to one branch follow each other, and the first upload settles the layout for all.
  private let mutex = AsyncMutex()
  private var addresses: [String: String] = [:]
  private var layout: Layout?

  init(client: ServiceClient, address: APIAddress, configuration: OxenConfiguration) {
    self.client = client
    self.address = address
    self.configuration = configuration
  }

  func publish(_ image: ImageUpload) async throws -> String {
    try await mutex.withLock { try await self.publishAlone(image) }
  }

  func forget(_ image: ImageUpload) { addresses[image.sha256] = nil }

  private func publishAlone(_ image: ImageUpload) async throws -> String {
    if let address = addresses[image.sha256] { return address }
    let repository = try repositoryPath()
    let bytes = try image.bytes()
    let name = image.uploadName
    let path = repository + ["file", configuration.branch, Self.folder, name]
    try await upload(bytes, as: name, mediaType: image.mediaType, to: path)
    let served = try await servedPath(path, name: name, bytes: bytes)
    let text = try address.url(served).absoluteString
    addresses[image.sha256] = text
    return text
  }

  private func repositoryPath() throws -> [String] {
    guard let namespace = configuration.namespace, !namespace.isEmpty else {
      throw GenerationError(
        .unsupported,
        "There is nowhere to upload images to. Set \(OxenConfiguration.namespaceVariable) to your user or organisation "
          + "on the hub.")
    }
    for (variable, value) in [
      (OxenConfiguration.namespaceVariable, namespace),
      (OxenConfiguration.repositoryVariable, configuration.repository),
    ] {
      guard value.wholeMatch(of: /[A-Za-z0-9._-]+/) != nil, value != ".", value != ".." else {
        throw GenerationError(
          .unsupported, "\(variable) must be one name of letters, digits, dots, dashes and underscores.")
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
      method: .put, url: try address.url(path), payload: .init(bytes: form.encoded(), contentType: form.contentType),
      headTimeout: ServiceClient.uploadTimeout)
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
      method: .post, url: try address("repos"),
      payload: .init(bytes: try JSONText.encode(body), contentType: "application/json"))
    _ = try await client.send(call, doing: "create the repository \(namespace)/\(name)", accepting: [409])
  }

  /// The hub's documentation disagrees on whether an upload's path names the file or its folder: the one that serves
  /// the bytes is used.
  private func servedPath(_ path: [String], name: String, bytes: Data) async throws -> [String] {
    switch layout {
    case .file: return path
    case .folder: return path + [name]
    case nil: break
    }
    for look in 1...Self.lookLimit {
      for (candidate, found) in [(path, Layout.file), (path + [name], .folder)] {
        guard try await serves(candidate, bytes, key: .never) else { continue }
        layout = found
        return candidate
      }
      if look < Self.lookLimit { try await client.session.clock.sleep(for: client.retry.pause(afterFailure: look)) }
    }
    for candidate in [path, path + [name]] where try await serves(candidate, bytes, key: .always) {
      throw GenerationError(
        .refused,
        "The hub serves the image at \(client.session.shown(try address.url(candidate))) only with your key, so the model "
          + "may not be able to read it. Make the repository \(path[1])/\(path[2]) public, or choose another "
          + "--anchor-store. Nothing was paid.")
    }
    throw GenerationError(
      .malformedAnswer,
      "The hub accepted the image but serves it neither at \(client.session.shown(try address.url(path))) nor below it."
    )
  }

  private func serves(_ path: [String], _ bytes: Data, key: HTTPCall.KeyUse) async throws -> Bool {
    do {
      var call = HTTPCall(method: .get, url: try address.url(path))
      call.key = key
      let response = try await client.session.open(call)
      guard response.status == 200 else { return false }
      let answer = try await client.session.read(response, limit: bytes.count, from: call.url)
      return answer.body == bytes
    } catch let error as GenerationError where error.code == .malformedAnswer {
      return false
    } catch is ExchangeFailure {
      return false
    }
  }
}

/// Lets one piece of work run at a time, in order of arrival.
private actor AsyncMutex {
  private var isLocked = false
  private var queue: [CheckedContinuation<Void, Never>] = []

  func withLock<Value: Sendable>(_ work: @Sendable () async throws -> Value) async throws -> Value {
    if isLocked { await withCheckedContinuation { queue.append($0) } }
    isLocked = true
    defer {
      if queue.isEmpty { isLocked = false } else { queue.removeFirst().resume() }
    }
    try Task.checkCancellation()
    return try await work()
  }
}
