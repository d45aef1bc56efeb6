import Files
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
  /// A digest that differs between places: an image uploaded to one need not be uploaded to it again. It tells nothing
  /// about the place, which may name secrets.
  var identity: String { get }
  /// Whether an address is worth remembering.
  var keepsAddresses: Bool { get }

  /// Makes an image readable.
  /// - Returns: its address.
  func publish(_ image: ImageUpload) async throws -> String
  /// Forgets an image whose address died, so that it is uploaded again.
  func forget(_ image: ImageUpload) async
  /// Ends connections.
  func close() async throws
}

extension ImageStore {
  public var keepsAddresses: Bool { true }
  public func forget(_ image: ImageUpload) async {}
  public func close() async throws {}

  /// The identity of a place.
  public static func digest(of place: String) -> String { SHA256Text.of(place) }
}

/// A provider's own storage.
public struct ProviderImageStore: ImageStore {
  public let identity: String
  private let provider: any Provider
  private let isOwner: Bool

  /// - Parameters:
  ///   - place: names service and account.
  ///   - isOwner: whether closing the store closes the provider, because it was opened for the store alone.
  public init(_ provider: any Provider, place: String, isOwner: Bool) {
    self.provider = provider
    identity = Self.digest(of: place)
    self.isOwner = isOwner
  }

  public func publish(_ image: ImageUpload) async throws -> String { try await provider.publish(image) }
  public func forget(_ image: ImageUpload) async { await provider.forgetUpload(image) }
  public func close() async throws { if isOwner { try await provider.close() } }
}

/// The image itself as a `data:` address (RFC 2397), for models that accept one.
public struct DataImageStore: ImageStore {
  public let identity: String = Self.digest(of: "data")
  /// The address is the image: it is built again each time.
  public let keepsAddresses = false

  public init() {}

  public func publish(_ image: ImageUpload) async throws -> String {
    "data:\(image.mediaType);base64,\(try image.bytes().base64EncodedString())"
  }
}
