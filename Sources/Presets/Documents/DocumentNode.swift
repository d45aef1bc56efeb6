/// A value parsed from YAML or JSON, with its line.
public struct DocumentNode: Sendable, Hashable {
  /// A node's value by YAML 1.2's core schema: `off` and `16:9` are text, `true` and `3` are not.
  public indirect enum Value: Sendable, Hashable {
    case null
    case bool(Bool)
    case integer(Int64)
    case number(Double)
    case text(String)
    case list([DocumentNode])
    case mapping([Member])
  }

  /// One `key: value` of a mapping.
  public struct Member: Sendable, Hashable {
    public let key: String
    /// The line of the key, counted from 1.
    public let line: Int
    public let value: DocumentNode

    public init(key: String, line: Int, value: DocumentNode) {
      self.key = key
      self.line = line
      self.value = value
    }
  }

  public let value: Value
  /// Counted from 1.
  public let line: Int
  /// A scalar exactly as it was written, without its quotes; nil for lists and mappings.
  public let written: String?

  public init(value: Value, line: Int, written: String? = nil) {
    self.value = value
    self.line = line
    self.written = written
  }

  /// The kind of node for a message: `text`, `a list`.
  public var kind: String {
    switch value {
    case .null: "nothing"
    case .bool: "true or false"
    case .integer, .number: "a number"
    case .text: "text"
    case .list: "a list"
    case .mapping: "a mapping of fields"
    }
  }

  /// The same value without its lines.
  public var jsonValue: JSONValue {
    switch value {
    case .null: .null
    case .bool(let value): .bool(value)
    case .integer(let value): .integer(value)
    case .number(let value): .number(value)
    case .text(let value): .string(value)
    case .list(let nodes): .array(nodes.map(\.jsonValue))
    case .mapping(let members):
      .object(Dictionary(members.map { ($0.key, $0.value.jsonValue) }, uniquingKeysWith: { _, last in last }))
    }
  }

  public subscript(key: String) -> DocumentNode? {
    guard case .mapping(let members) = value else { return nil }
    return members.last { $0.key == key }?.value
  }
}
