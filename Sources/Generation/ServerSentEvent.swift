/// One event of an event stream, as dispatched by the rules of the HTML standard.
public struct ServerSentEvent: Sendable, Hashable {
  /// `message` unless the stream named another.
  public let type: String
  /// The data lines, joined by line feeds.
  public let data: String
  /// The last id the stream has given, this event's or an earlier one's.
  public let lastEventID: String

  public init(type: String = "message", data: String, lastEventID: String = "") {
    self.type = type
    self.data = data
    self.lastEventID = lastEventID
  }
}
