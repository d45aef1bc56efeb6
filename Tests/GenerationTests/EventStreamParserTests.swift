import Generation
import Testing

@Suite struct EventStreamParserTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let bytes: [UInt8]
    let events: [ServerSentEvent]
    var testDescription: String { name }

    init(_ name: String, _ text: String, _ events: [ServerSentEvent]) {
      (self.name, self.bytes, self.events) = (name, Array(text.utf8), events)
    }
  }

  static let cases = [
    Case("line feeds", "event: a\ndata: 1\n\n", [.init(type: "a", data: "1")]),
    Case("carriage returns", "event: a\rdata: 1\r\rdata: 2\r\r", [.init(type: "a", data: "1"), .init(data: "2")]),
    Case("both", "event: a\r\ndata: 1\r\n\r\n", [.init(type: "a", data: "1")]),
    Case("mixed", "data: 1\r\ndata: 2\rdata: 3\n\r\n", [.init(data: "1\n2\n3")]),
    Case("comments", ": keep-alive\n\n:\ndata: x\n: between\ndata: y\n\n", [.init(data: "x\ny")]),
    Case("one space only", "data:  two\ndata:none\n\n", [.init(data: " two\nnone")]),
    Case("no colon", "data\n\ndata\ndata\n\n", [.init(data: ""), .init(data: "\n")]),
    Case("colons in values", "data: {\"a\": 1}\n\n", [.init(data: "{\"a\": 1}")]),
    Case("byte order mark", "\u{FEFF}data: x\n\n", [.init(data: "x")]),
    Case("a second byte order mark", "\u{FEFF}\u{FEFF}data: x\n\ndata: y\n\n", [.init(data: "y")]),
    Case("event without data", "event: a\n\ndata: x\n\n", [.init(data: "x")]),
    Case("unknown fields", "colour: red\nDATA: no\ndata: x\n\n", [.init(data: "x")]),
    Case("unfinished", "data: x\n\ndata: y\n", [.init(data: "x")]),
    Case(
      "ids", "id: 7\ndata: x\n\ndata: y\n\nid\ndata: z\n\n",
      [
        .init(data: "x", lastEventID: "7"), .init(data: "y", lastEventID: "7"), .init(data: "z", lastEventID: ""),
      ]),
    Case("an id with a null", "id: 1\nid: 2\u{0}\ndata: x\n\n", [.init(data: "x", lastEventID: "1")]),
    Case("beyond ASCII", "data: Füchse 🦊\r\n\r\n", [.init(data: "Füchse 🦊")]),
    Case("last type wins", "event: a\nevent: b\ndata: x\n\n", [.init(type: "b", data: "x")]),
    Case("empty type", "event:\ndata: x\n\n", [.init(type: "message", data: "x")]),
  ]

  @Test(arguments: cases) func readsWhatTheStandardSays(_ item: Case) throws {
    var parser = EventStreamParser()
    #expect(try parser.feed(item.bytes) == item.events)
  }

  @Test(arguments: cases) func readsTheSameWhereverTheBytesAreCut(_ item: Case) throws {
    for first in 0...item.bytes.count {
      for second in first...item.bytes.count {
        var parser = EventStreamParser()
        var events = try parser.feed(item.bytes[..<first])
        events += try parser.feed(item.bytes[first..<second])
        events += try parser.feed(item.bytes[second...])
        #expect(events == item.events, "cut at \(first) and \(second)")
      }
    }
  }

  @Test func keepsTheReconnectionTime() throws {
    var parser = EventStreamParser()
    _ = try parser.feed(Array("retry: 2500\nretry: 3s\nretry:\n\n".utf8))
    #expect(parser.reconnectionTime == 2500)
  }

  @Test func refusesALineWithoutEnd() throws {
    var parser = EventStreamParser(limit: 100)
    #expect(throws: GenerationError.self) { _ = try parser.feed([UInt8](repeating: 65, count: 101)) }
  }

  @Test func refusesAnEventWithoutEnd() throws {
    var parser = EventStreamParser(limit: 100)
    let line = Array("data: 0123456789\n".utf8)
    #expect(throws: GenerationError.self) { for _ in 0..<20 { _ = try parser.feed(line) } }
  }
}
