import Foundation

/// Where images are uploaded to, as `--anchor-store` names it.
public enum ImageStoreKind: String, Sendable, Hashable, CaseIterable {
  /// A repository of the Oxen hub.
  case hub
  /// fal's storage.
  case fal
  /// The request itself.
  case data
  /// The user's command.
  case command

  public static var names: [String] { allCases.map(\.rawValue) }
}

/// A place where images become readable for a model.
public protocol ImageStore: Sendable {
  /// Differs between places: an image uploaded to one need not be uploaded to it again.
  var identity: String { get }
  /// Whether an address is worth remembering.
  var keepsAddresses: Bool { get }

  /// Makes an image readable.
  /// - Returns: its address.
  func publish(_ image: ImageUpload) async throws -> String
  /// Ends connections.
  func close() async throws
}

extension ImageStore {
  public var keepsAddresses: Bool { true }
  public func close() async throws {}
}

/// A provider's own storage.
public struct ProviderImageStore: ImageStore {
  public let identity: String
  private let provider: any Provider
  private let isOwner: Bool

  /// - Parameter isOwner: whether closing the store closes the provider, because it was opened for the store alone.
  public init(_ provider: any Provider, identity: String, isOwner: Bool) {
    self.provider = provider
    self.identity = identity
    self.isOwner = isOwner
  }

  public func publish(_ image: ImageUpload) async throws -> String { try await provider.publish(image) }
  public func close() async throws { if isOwner { try await provider.close() } }
}

/// The image itself as a `data:` address (RFC 2397), for models that accept one.
public struct DataImageStore: ImageStore {
  public let identity = "data"
  /// The address is the image: it is built again each time.
  public let keepsAddresses = false

  public init() {}

  public func publish(_ image: ImageUpload) async throws -> String {
    "data:\(image.mediaType);base64,\(try image.bytes().base64EncodedString())"
  }
}
