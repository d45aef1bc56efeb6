import Foundation
import Synchronization

/// Values made once per key; callers that ask for the same key at the same time wait for one of them.
public final class OnceCache<Value: Sendable>: Sendable {
  private final class Entry: Sendable {
    let value = Mutex<Value?>(nil)
  }

  private let entries = Mutex<[String: Entry]>([:])

  public init() {}

  /// The value of a key and whether another call made it; `make` runs again after it has thrown.
  public func value(for key: String, make: () throws -> Value) throws -> (value: Value, isHit: Bool) {
    let entry = entries.withLock { entries in
      let entry = entries[key] ?? Entry()
      entries[key] = entry
      return entry
    }
    return try entry.value.withLock { known in
      if let known { return (known, true) }
      let made = try make()
      known = made
      return (made, false)
    }
  }
}
