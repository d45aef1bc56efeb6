import Foundation

/// Hands events to whoever listens at that moment; what fires with nobody there is gone, as published.
actor EventHub {
  /// Events that a listener may lag behind before the oldest are dropped.
  private static let backlog = 4_096

  private var listeners: [UUID: AsyncStream<String>.Continuation] = [:]
  private var isClosed = false

  /// Starts listening; every event from now on arrives.
  func subscribe() -> (id: UUID, events: AsyncStream<String>) {
    let id = UUID()
    let (stream, continuation) = AsyncStream.makeStream(
      of: String.self, bufferingPolicy: .bufferingNewest(Self.backlog))
    if isClosed { continuation.finish() } else { listeners[id] = continuation }
    return (id, stream)
  }

  func unsubscribe(_ id: UUID) { listeners.removeValue(forKey: id)?.finish() }

  /// Sends text that is already in the form of the stream.
  func publish(_ text: String) {
    for listener in listeners.values { listener.yield(text) }
  }

  var listenerCount: Int { listeners.count }

  /// Ends all streams, and those still to come.
  func close() {
    isClosed = true
    for listener in listeners.values { listener.finish() }
    listeners = [:]
  }
}
