/// Runs work, then closes what it used, also when the work fails.
func closing<Value>(_ close: () async -> Void, after work: () async throws -> Value) async rethrows -> Value {
  do {
    let value = try await work()
    await close()
    return value
  } catch {
    await close()
    throw error
  }
}
