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

/// Reads `text/event-stream` bytes, cut anywhere, into events.
///
/// Follows the HTML standard (https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream):
/// lines end in CR, LF or CRLF, one leading byte order mark is dropped, an event that the stream's end cuts off is
/// never dispatched.
public struct EventStreamParser: Sendable {
  /// Bytes of one line, or of one event's data, beyond which a stream counts as broken.
  public static let defaultLimit = 1 << 20

  /// What `retry:` asked for last, in milliseconds.
  public private(set) var reconnectionTime: Int?
  public private(set) var lastEventID = ""

  private let limit: Int
  private var line: [UInt8] = []
  private var data: [UInt8] = []
  private var type: [UInt8] = []
  private var idBuffer = ""
  private var isFirstLine = true
  private var endedInCarriageReturn = false

  public init(limit: Int = defaultLimit) { self.limit = limit }

  /// The events that these bytes complete, in order.
  /// - Throws: ``GenerationError`` `malformedAnswer` when a line or an event's data is longer than the limit.
  public mutating func feed(_ bytes: some Sequence<UInt8>) throws -> [ServerSentEvent] {
    var events: [ServerSentEvent] = []
    for byte in bytes {
      let continuesLineEnd = endedInCarriageReturn && byte == UInt8(ascii: "\n")
      endedInCarriageReturn = byte == UInt8(ascii: "\r")
      if continuesLineEnd { continue }
      if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") {
        if let event = endLine() { events.append(event) }
      } else {
        line.append(byte)
      }
      guard line.count <= limit, data.count <= limit else {
        throw GenerationError(.malformedAnswer, "The event stream sent a line or an event of more than \(limit) bytes.")
      }
    }
    return events
  }

  private mutating func endLine() -> ServerSentEvent? {
    defer { line.removeAll(keepingCapacity: true) }
    if isFirstLine {
      isFirstLine = false
      if line.starts(with: [0xEF, 0xBB, 0xBF]) { line.removeFirst(3) }
    }
    if line.isEmpty { return dispatch() }
    let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? line.endIndex
    var value = line[min(colon + 1, line.endIndex)...]
    if value.first == UInt8(ascii: " ") { value.removeFirst() }
    take(field: String(decoding: line[..<colon], as: UTF8.self), value: value)
    return nil
  }

  /// A comment has an empty field name, so it falls through with the unknown ones.
  private mutating func take(field: String, value: ArraySlice<UInt8>) {
    switch field {
    case "event": type = Array(value)
    case "data":
      data += value
      data.append(UInt8(ascii: "\n"))
    case "id": if !value.contains(0) { idBuffer = String(decoding: value, as: UTF8.self) }
    case "retry":
      if !value.isEmpty, value.allSatisfy({ (0x30...0x39).contains($0) }) {
        reconnectionTime = Int(String(decoding: value, as: UTF8.self)) ?? reconnectionTime
      }
    default: break
    }
  }

  private mutating func dispatch() -> ServerSentEvent? {
    lastEventID = idBuffer
    defer {
      data.removeAll(keepingCapacity: true)
      type.removeAll(keepingCapacity: true)
    }
    guard !data.isEmpty else { return nil }
    return ServerSentEvent(
      type: type.isEmpty ? "message" : String(decoding: type, as: UTF8.self),
      data: String(decoding: data.dropLast(), as: UTF8.self), lastEventID: lastEventID)
  }
}
