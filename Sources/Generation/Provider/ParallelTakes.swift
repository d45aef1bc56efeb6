import Logging

/// Sends the same request once per take, in parallel.
enum ParallelTakes {
  /// When some fail, the results of the others are returned (they are paid) and the failures are logged; the first
  /// failure is thrown only when all fail.
  static func gather<Value: Sendable>(
    _ takes: Int, log: Logger, _ work: @escaping @Sendable () async throws -> [Value]
  ) async throws -> [Value] {
    typealias Outcome = Result<[Value], any Error>
    let outcomes = await withTaskGroup(of: (Int, Outcome).self) { group in
      for take in 0..<max(1, takes) {
        group.addTask {
          do {
            return (take, .success(try await work()))
          } catch {
            return (take, .failure(error))
          }
        }
      }
      var outcomes: [(Int, Outcome)] = []
      for await outcome in group { outcomes.append(outcome) }
      return outcomes.sorted { $0.0 < $1.0 }.map(\.1)
    }
    var values: [Value] = []
    var failures: [any Error] = []
    for outcome in outcomes {
      switch outcome {
      case .success(let results): values += results
      case .failure(let error): failures.append(error)
      }
    }
    if values.isEmpty, let failure = failures.first { throw failure }
    for failure in failures { log.error("a take failed", metadata: ["reason": "\(failure)"]) }
    return values
  }
}
