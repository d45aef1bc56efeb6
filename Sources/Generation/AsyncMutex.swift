/// Lets one piece of work through at a time, in the order of coming.
actor AsyncMutex {
  private var isBusy = false
  private var queue: [CheckedContinuation<Void, Never>] = []

  func pass<Value: Sendable>(_ work: @Sendable () async throws -> Value) async throws -> Value {
    if isBusy { await withCheckedContinuation { queue.append($0) } }
    isBusy = true
    defer {
      if queue.isEmpty { isBusy = false } else { queue.removeFirst().resume() }
    }
    try Task.checkCancellation()
    return try await work()
  }
}
