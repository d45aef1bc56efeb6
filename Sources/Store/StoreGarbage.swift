import Files
public import Foundation

/// Contents of a store that no object of a run names.
public struct StoreGarbage: Sendable, Hashable {
  /// Where objects name contents: any 64 hexadecimal digits in them count.
  public static let roots = ["runs/", "ledger/"]
  /// Bytes of the largest object there.
  private static let largestObject = 64 << 20

  public struct Content: Sendable, Hashable {
    public let blob: Blob
    /// Seconds since 1970, by the store's clock.
    public let modifiedAt: Double
  }

  /// Sorted by digest.
  public let unreferenced: [Content]
  /// Contents that are named.
  public let referenced: Int
  /// Contents that nobody names yet, or whose age the store does not tell.
  public let young: Int

  /// Of the unreferenced contents together.
  public var bytes: Int64 { unreferenced.reduce(0) { $0 + $1.blob.bytes } }

  /// Looks for contents that nobody names, written at least so many seconds ago.
  ///
  /// Contents are listed before the objects that may name them: what is named meanwhile is kept.
  /// - Throws: ``StoreError``, also when an object cannot be read: then nothing is known to be garbage.
  public static func find(
    in store: any ObjectStore, olderThan seconds: Double, now: Date = Date()
  ) async throws -> StoreGarbage {
    let blobs = try await store.list(prefix: BlobStore.prefix)
    let named = try await digests(in: store)
    var (unreferenced, referenced, young): ([Content], Int, Int) = ([], 0, 0)
    for facts in blobs {
      guard let digest = BlobStore.digest(ofKey: facts.key) else { continue }
      if named.contains(digest) {
        referenced += 1
      } else if let time = facts.modifiedAt, now.timeIntervalSince1970 - time >= seconds {
        unreferenced.append(Content(blob: Blob(sha256: digest, bytes: facts.bytes), modifiedAt: time))
      } else {
        young += 1
      }
    }
    return StoreGarbage(unreferenced: unreferenced, referenced: referenced, young: young)
  }

  /// Deletes the unreferenced contents.
  public func delete(from store: any ObjectStore) async throws {
    for content in unreferenced {
      try Task.checkCancellation()
      try await store.delete(try BlobStore.key(content.blob.sha256))
    }
  }

  private static func digests(in store: any ObjectStore) async throws -> Set<String> {
    var found: Set<String> = []
    for root in roots {
      for facts in try await store.list(prefix: root) {
        found.formUnion(digests(in: Array(facts.key.utf8)))
        // An object that is gone meanwhile names nothing.
        guard let object = try await store.get(facts.key, limit: largestObject) else { continue }
        found.formUnion(digests(in: object.bytes))
      }
    }
    return found
  }

  /// All that may be a digest, in lower case: each 64 hexadecimal digits in a row.
  static func digests(in bytes: [UInt8]) -> Set<String> {
    var found: Set<String> = []
    var digits: [UInt8] = []
    for byte in bytes {
      switch byte {
      case 0x30...0x39, 0x61...0x66: digits.append(byte)
      case 0x41...0x46: digits.append(byte + 0x20)
      default: digits.removeAll(keepingCapacity: true)
      }
      if digits.count >= 64 { found.insert(String(decoding: digits.suffix(64), as: UTF8.self)) }
    }
    return found
  }
}
