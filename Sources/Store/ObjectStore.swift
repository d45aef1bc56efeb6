import Files
import Generation

/// A place for whole objects under string keys, shared by many machines.
///
/// An object appears whole or not at all, and a reader gets one version of it. Keys are names separated by `/`; see
/// ``ObjectKey``. All calls throw ``StoreError`` and `CancellationError`.
public protocol ObjectStore: Sendable {
  /// `file:///…` or `s3://bucket/prefix`, for messages.
  var address: String { get }

  /// Writes an object, if the condition holds when it is written.
  ///
  /// When the answer to a conditional write is lost, the object is read back: equal bytes count as written by this call, so
  /// that they have to name their owner where that matters.
  /// - Returns: nil when the condition does not hold.
  /// - Throws: ``StoreError`` `answerLost` when nothing tells whether it was written: read the object again.
  func put(_ key: String, _ body: ObjectBody, if condition: PutCondition) async throws -> EntityTag?

  /// A small object with its entity tag; nil when there is none.
  /// - Parameter limit: bytes; a larger object throws ``StoreError`` `malformedAnswer`.
  func get(_ key: String, limit: Int) async throws -> StoredObject?

  /// Streams an object into a file, which appears whole or not at all and replaces one of that name.
  /// - Returns: false when there is no such object.
  func download(_ key: String, to path: String) async throws -> Bool

  /// Size and entity tag of an object; nil when there is none.
  func facts(_ key: String) async throws -> ObjectFacts?

  /// All objects whose key starts with `prefix`, sorted by the bytes of their keys.
  func list(prefix: String) async throws -> [ObjectFacts]

  /// Removes an object; does nothing when there is none.
  func delete(_ key: String) async throws

  /// Ends all connections; a second call does nothing.
  func close()
}

/// What is written.
public enum ObjectBody: Sendable {
  case bytes([UInt8])
  /// A file of this machine, which must not change meanwhile.
  case file(path: String)
}

/// What must hold when an object is written (RFC 9110 §13.1).
public enum PutCondition: Sendable, Hashable {
  case none
  /// There is no such object (`If-None-Match: *`).
  case absent
  /// The object still has this entity tag (`If-Match`).
  case matches(EntityTag)
}

/// Names one content of an object; only the store that gave it can compare it.
public struct EntityTag: Sendable, Hashable {
  /// As the store gave it, with its quotes.
  public let text: String

  public init(_ text: String) { self.text = text }
}

/// An object with its content.
public struct StoredObject: Sendable {
  public let bytes: [UInt8]
  public let tag: EntityTag

  public init(bytes: [UInt8], tag: EntityTag) { (self.bytes, self.tag) = (bytes, tag) }
}

/// What a store tells about an object without sending it.
public struct ObjectFacts: Sendable, Hashable {
  public let key: String
  public let bytes: Int64
  /// Nil where it would have to be computed from a large content.
  public let tag: EntityTag?
  /// Seconds since 1970, by the store's clock; nil when it does not say.
  public let modifiedAt: Double?

  public init(key: String, bytes: Int64, tag: EntityTag?, modifiedAt: Double?) {
    self.key = key
    self.bytes = bytes
    self.tag = tag
    self.modifiedAt = modifiedAt
  }
}

/// Opens stores by their address.
public enum ObjectStores {
  /// - Parameters:
  ///   - url: `file:///folder`, the absolute path of a folder, or `s3://bucket/prefix`.
  ///   - environment: for S3: credentials, region and endpoint as AWS's own programs read them, `LONGTAKE_S3_ADDRESSING`,
  ///     `LONGTAKE_S3_INSECURE`, and what ``NetworkSettings`` reads.
  /// - Throws: ``StoreError`` `unsupported` for another address, `notFound` for a missing folder, `notAuthorised` without
  ///   credentials.
  public static func open(_ url: String, environment: [String: String]) throws -> any ObjectStore {
    if url.hasPrefix("/") || url.lowercased().hasPrefix("file:") { return try FileStore(url) }
    if url.lowercased().hasPrefix("s3:") { return try S3Store(url, environment: environment) }
    throw StoreError(
      .unsupported,
      "\(quoted(Redactor.address(url))) is no address of a store. Give file:///folder or s3://bucket/prefix.")
  }
}
