/// An item of CBOR (RFC 8949), as far as provenance records use it.
public indirect enum CBORValue: Sendable, Hashable {
  case integer(Int64)
  case number(Double)
  case bytes([UInt8])
  case text(String)
  case array([CBORValue])
  /// Entries with text keys; the others are left out.
  case map([String: CBORValue])
  case bool(Bool)
  /// Null, undefined and other simple values.
  case null

  /// Reads the first item; nil when it is cut off, malformed, nested deeper than 32 items or of more than 100,000.
  public init?(_ bytes: some Sequence<UInt8>) {
    var reader = CBORReader(Array(bytes))
    guard let value = reader.item(depth: 0) else { return nil }
    self = value
  }

  public var textValue: String? { if case .text(let text) = self { text } else { nil } }
  public var arrayValue: [CBORValue]? { if case .array(let items) = self { items } else { nil } }
  public subscript(key: String) -> CBORValue? { if case .map(let entries) = self { entries[key] } else { nil } }
}

private struct CBORReader {
  private static let greatestDepth = 32
  private static let mostItems = 100_000
  /// The break that ends an item of unknown length.
  private static let end: UInt8 = 0xFF

  private let bytes: [UInt8]
  private var position = 0
  private var items = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  mutating func item(depth: Int) -> CBORValue? {
    items += 1
    guard depth <= Self.greatestDepth, items <= Self.mostItems, position < bytes.count else { return nil }
    let (major, short) = (bytes[position] >> 5, bytes[position] & 0x1F)
    position += 1
    guard major != 7 else { return simple(short) }
    let isOpen = short == 31 && (2...5).contains(major)
    guard isOpen || short < 28 else { return nil }
    let argument = isOpen ? nil : argument(short)
    guard isOpen || argument != nil else { return nil }
    switch major {
    case 0: return argument.flatMap { Int64(exactly: $0) }.map { .integer($0) }
    case 1: return argument.flatMap { Int64(exactly: $0) }.map { .integer(-1 - $0) }
    case 2: return string(argument, major: 2).map { .bytes($0) }
    case 3: return string(argument, major: 3).map { .text(String(decoding: $0, as: UTF8.self)) }
    case 4: return array(argument, depth: depth)
    case 5: return map(argument, depth: depth)
    // A tag says how to understand the item after it.
    default: return item(depth: depth + 1)
    }
  }

  private mutating func argument(_ short: UInt8) -> UInt64? {
    guard short >= 24 else { return UInt64(short) }
    let count = 1 << Int(short - 24)
    guard bytes.count - position >= count else { return nil }
    defer { position += count }
    return bytes[position..<position + count].reduce(0) { $0 << 8 | UInt64($1) }
  }

  private mutating func simple(_ short: UInt8) -> CBORValue? {
    switch short {
    case 20: return .bool(false)
    case 21: return .bool(true)
    case 25: return argument(25).map { _ in .null }
    case 26: return argument(26).map { .number(Double(Float(bitPattern: UInt32($0)))) }
    case 27: return argument(27).map { .number(Double(bitPattern: $0)) }
    case 24: return argument(24).map { _ in .null }
    case 28...31: return nil
    default: return .null
    }
  }

  /// Nil count: pieces up to the break.
  private mutating func string(_ count: UInt64?, major: UInt8) -> [UInt8]? {
    if let count {
      guard count <= UInt64(bytes.count - position) else { return nil }
      defer { position += Int(count) }
      return Array(bytes[position..<position + Int(count)])
    }
    var whole: [UInt8] = []
    while position < bytes.count, bytes[position] != Self.end {
      guard bytes[position] >> 5 == major, bytes[position] & 0x1F != 31 else { return nil }
      let short = bytes[position] & 0x1F
      position += 1
      guard short < 28, let count = argument(short), let piece = string(count, major: major) else { return nil }
      whole += piece
    }
    return takeEnd() ? whole : nil
  }

  private mutating func array(_ count: UInt64?, depth: Int) -> CBORValue? {
    var values: [CBORValue] = []
    while isInside(count, read: values.count) {
      guard let value = item(depth: depth + 1) else { return nil }
      values.append(value)
    }
    return count != nil || takeEnd() ? .array(values) : nil
  }

  private mutating func map(_ count: UInt64?, depth: Int) -> CBORValue? {
    var entries: [String: CBORValue] = [:]
    var read = 0
    while isInside(count, read: read) {
      guard let key = item(depth: depth + 1), let value = item(depth: depth + 1) else { return nil }
      if let name = key.textValue { entries[name] = value }
      read += 1
    }
    return count != nil || takeEnd() ? .map(entries) : nil
  }

  private func isInside(_ count: UInt64?, read: Int) -> Bool {
    if let count { return UInt64(read) < count }
    return position < bytes.count && bytes[position] != Self.end
  }

  private mutating func takeEnd() -> Bool {
    guard position < bytes.count, bytes[position] == Self.end else { return false }
    position += 1
    return true
  }
}
