import Foundation

/// One thing that was tried at a store.
public struct StoreCheck: Sendable, Hashable, Encodable {
  public enum State: String, Sendable, Encodable {
    case ok, failed
  }

  /// Such as `put if absent`.
  public let name: String
  public let state: State
  public let message: String

  public init(_ name: String, _ state: State, _ message: String) {
    self.name = name
    self.state = state
    self.message = message
  }
}

/// Whether a store does what paying exactly once needs: above all, refuse a write whose condition does not hold.
///
/// Works on objects of its own under `selftest/`, which it deletes.
public enum StoreSelfTest {
  /// Where its objects are; what a killed test leaves can be deleted at any time.
  public static let prefix = "selftest/"
  /// Writers at once.
  private static let writers = 8

  /// - Throws: ``StoreError`` when the store cannot be used at all, `CancellationError`; all else is in the checks.
  public static func run(_ store: any ObjectStore) async throws -> [StoreCheck] {
    let name = "\(prefix)\(UUID().uuidString.lowercased())"
    do {
      let checks = try await conditions(store, "\(name)-one") + [try await race(store, "\(name)-race")]
      try await removeAll(store, name)
      return checks
    } catch {
      try? await removeAll(store, name)
      throw error
    }
  }

  /// - Throws: ``StoreError`` `unsupported` naming the checks that failed; others as ``run(_:)``.
  public static func require(_ store: any ObjectStore) async throws {
    let failed = try await run(store).filter { $0.state == .failed }
    guard failed.isEmpty else {
      throw StoreError(
        .unsupported,
        "\(store.address) cannot be used, because it could let a shot be paid twice: "
          + failed.map { "\($0.name): \($0.message)" }.joined(separator: "; ")
          + ". Use a store with conditional writes, such as AWS S3, Cloudflare R2, SeaweedFS, or a folder.")
    }
  }

  // MARK: - Checks

  private static func conditions(_ store: any ObjectStore, _ key: String) async throws -> [StoreCheck] {
    let (first, second, third) = (content(1), content(2), content(3))
    // A store that cannot be reached or written to is not tested further.
    let started = try await store.put(key, .bytes(first), if: .none)
    try await store.delete(key)
    guard started != nil else { throw StoreError(.malformedAnswer, "\(store.address) sent no entity tag.") }
    var tag: EntityTag?
    var checks: [StoreCheck] = []
    func check(_ name: String, _ work: () async throws -> String?) async throws {
      do {
        let problem = try await work()
        checks.append(StoreCheck(name, problem == nil ? .ok : .failed, problem ?? "as expected"))
      } catch let error as StoreError {
        checks.append(StoreCheck(name, .failed, error.message))
      }
    }
    try await check("put if absent") {
      tag = try await store.put(key, .bytes(first), if: .absent)
      return tag == nil ? "an object that is not there was called present" : nil
    }
    try await check("refuse a put if absent") {
      guard try await store.put(key, .bytes(second), if: .absent) == nil else {
        return "the store ignores the condition (If-None-Match) and replaced an object that was there"
      }
      return try await store.get(key, limit: 1 << 16)?.bytes == first
        ? nil : "it refused the write and made it nevertheless"
    }
    try await check("put if it matches") {
      guard let old = tag else { return "there is no entity tag to match" }
      tag = try await store.put(key, .bytes(second), if: .matches(old))
      guard let tag else { return "the store refused the entity tag (If-Match) that it had given" }
      return tag == old ? "another content got the same entity tag" : nil
    }
    try await check("refuse a put if it matches") {
      guard try await store.put(key, .bytes(third), if: .matches(EntityTag(stale(tag)))) == nil else {
        return "the store ignores the condition (If-Match) and replaced an object that had changed"
      }
      return try await store.get(key, limit: 1 << 16)?.bytes == second
        ? nil : "it refused the write and made it nevertheless"
    }
    try await check("get") {
      guard let object = try await store.get(key, limit: 1 << 16) else { return "the object is not found" }
      guard object.bytes == second else { return "it has another content" }
      return object.tag == tag ? nil : "it has another entity tag than the one that its write gave"
    }
    try await check("look at") {
      guard let facts = try await store.facts(key) else { return "the object is not found" }
      guard facts.bytes == second.count else { return "it has \(facts.bytes) bytes instead of \(second.count)" }
      return facts.tag == tag ? nil : "it has another entity tag than the one that its write gave"
    }
    try await check("list") {
      let keys = try await store.list(prefix: key).map(\.key)
      return keys == [key] ? nil : "of one object, it lists \(keys.count)"
    }
    if let store = store as? any RangedObjectStore {
      try await check("read a part") {
        try await store.bytes(key, from: 5) == Array(second[5...]) ? nil : "another part was sent than was asked for"
      }
    }
    try await check("delete") {
      try await store.delete(key)
      return try await store.get(key, limit: 1 << 16) == nil ? nil : "the object is still there"
    }
    return checks
  }

  /// A store may look first and write then: only writers at the same time show it.
  private static func race(_ store: any ObjectStore, _ key: String) async throws -> StoreCheck {
    let name = "put if absent by \(writers) writers at once"
    do {
      let winners = try await withThrowingTaskGroup(of: Bool.self) { group in
        for _ in 0..<writers {
          group.addTask {
            do {
              return try await store.put(key, .bytes(content(0)), if: .absent) != nil
            } catch let error as StoreError where error.code == .conflict {
              return false
            }
          }
        }
        return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
      }
      return StoreCheck(
        name, winners == 1 ? .ok : .failed,
        winners == 1 ? "as expected" : "\(winners) of \(writers) were told that they won")
    } catch let error as StoreError {
      return StoreCheck(name, .failed, error.message)
    }
  }

  private static func removeAll(_ store: any ObjectStore, _ name: String) async throws {
    for part in ["one", "race"] { try await store.delete("\(name)-\(part)") }
  }

  /// Different each time: equal contents count as written by the same writer.
  private static func content(_ number: Int) -> [UInt8] {
    Array("longtake self-test \(number) \(UUID().uuidString)\n".utf8)
  }

  /// An entity tag of the same form that no content has.
  private static func stale(_ tag: EntityTag?) -> String {
    let text = tag?.text ?? "\"0\""
    return String(text.map { $0.isHexDigit ? ($0 == "0" ? "1" : "0") : $0 })
  }
}

/// A store that sends a part of an object.
protocol RangedObjectStore: ObjectStore {
  /// A small object from a byte on.
  func bytes(_ key: String, from start: Int) async throws -> [UInt8]
}
