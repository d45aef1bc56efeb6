import Foundation

/// Sends events to the current listeners. Without a listener an event is lost, as the hub documents.
actor EventHub {
  /// Events buffered for a slow listener before the oldest are dropped.
  private static let backlog = 4_096

  private var listeners: [UUID: AsyncStream<String>.Continuation] = [:]
  private var isClosed = false

  /// Starts listening; every later event arrives.
  func subscribe() -> (id: UUID, events: AsyncStream<String>) {
    let id = UUID()
    let (stream, continuation) = AsyncStream.makeStream(
      of: String.self, bufferingPolicy: .bufferingNewest(Self.backlog))
    if isClosed { continuation.finish() } else { listeners[id] = continuation }
    return (id, stream)
  }

  func unsubscribe(_ id: UUID) { listeners.removeValue(forKey: id)?.finish() }

  /// Sends text already in the stream's format.
  func publish(_ text: String) {
    for listener in listeners.values { listener.yield(text) }
  }

  /// Ends all streams, also those opened later.
  func close() {
    isClosed = true
    for listener in listeners.values { listener.finish() }
    listeners = [:]
  }
}
