import Files
import Foundation
import Presets
import Store

/// What the runs of a project may spend together: reserved in the store before anything is sent.
struct StoredBudget: Sendable {
  private struct Ledger: Codable {
    var schema = "longtake.budget/1"
    /// Millionths of a dollar by `<run>/<shot>.take<N>`.
    var reserved: [String: Int64] = [:]

    private enum CodingKeys: String, CodingKey {
      case schema
      case reserved = "reserved_micro_usd"
    }
  }

  private static let largestObject = 16 << 20
  /// Writers that come before this one, at most.
  private static let attempts = 200
  private static let longestPause = 0.25

  let store: any ObjectStore
  let project: String
  /// Of the whole project; nil for none.
  let limit: USD?

  /// Counts a take's price, once however often it is called.
  /// - Parameter isPaidAlready: whether it counts although it exceeds the limit.
  /// - Throws: ``PipelineError`` `overBudget`.
  func reserve(_ micro: Int64, for take: String, isPaidAlready: Bool) async throws {
    try await change { ledger in
      guard ledger.reserved[take] == nil else { return false }
      let sum = ledger.reserved.values.reduce(0, +)
      if let limit, !isPaidAlready, sum + micro > limit.micro {
        throw PipelineError(
          .overBudget,
          "\(take) costs \(USD(micro: micro)) and the project \(project) has paid or may have paid \(USD(micro: sum)): "
            + "together more than \(limit). Nothing was sent for it.")
      }
      ledger.reserved[take] = micro
      return true
    }
  }

  /// Gives back what certainly was not paid.
  func release(_ takes: [String]) async throws {
    try await change { ledger in
      takes.reduce(into: false) { isChanged, take in
        if ledger.reserved.removeValue(forKey: take) != nil { isChanged = true }
      }
    }
  }

  /// - Parameter work: whether it changed anything.
  private func change(_ work: (inout Ledger) throws -> Bool) async throws {
    let key = StoreKey.budget(project)
    for _ in 0..<Self.attempts {
      let object = try await store.get(key, limit: Self.largestObject)
      var ledger = Ledger()
      if let object {
        guard let known = try? JSONDecoder().decode(Ledger.self, from: Data(object.bytes)),
          known.schema == ledger.schema
        else {
          throw PipelineError(
            .invalidPlan, "\(store.address)/\(key) is not a budget that this version can read. Nothing was sent.")
        }
        ledger = known
      }
      guard try work(&ledger) else { return }
      let bytes = Array(try JSONValue(encoding: ledger).canonicalJSON.utf8)
      if try await store.put(key, .bytes(bytes), if: object.map { .matches($0.tag) } ?? .absent) != nil { return }
      try await Task.sleep(for: .seconds(Double.random(in: 0...Self.longestPause)))
    }
    throw NotYet("the budget of \(project) is in use by many stages", retryAfter: .seconds(1))
  }
}
