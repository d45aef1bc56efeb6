/// Extracts the `b64_json` values of a JSON response while it streams in, so that a clip is never whole in memory.
///
/// The rest, ``skeleton``, is the same JSON with each such value replaced by the clip's index.
package struct EmbeddedClips {
  /// Some decoded bytes of the clip with this index.
  package struct Block {
    let clip: Int
    package let bytes: [UInt8]
  }

  /// Bytes of the response without its clips.
  static let skeletonLimit = 16 << 20
  static let field = Array("b64_json".utf8)

  private enum State {
    case outside
    /// In a string that is not a clip.
    case string
    case stringEscape
    /// After the field's name: colon and white space up to its value.
    case beforeValue
    case clip
    case clipEscape
    case clipUnicode(Int, UInt32)
  }

  package private(set) var skeleton: [UInt8] = []
  private(set) var count = 0
  private var state = State.outside
  private var text: [UInt8] = []
  private var decoder = Base64Decoder()

  package init() {}

  /// True once anything but white space has come.
  var hasBegun: Bool { skeleton.contains { $0 > 0x20 } }
  /// True when the response ended outside every string.
  var isComplete: Bool { if case .outside = state { true } else { false } }

  /// Parses the next bytes of the response.
  /// - Throws: ``GenerationError`` `malformedAnswer`.
  package mutating func feed(_ bytes: some Sequence<UInt8>) throws -> [Block] {
    var blocks: [Block] = []
    for byte in bytes {
      switch state {
      case .outside: outside(byte)
      case .string: inString(byte)
      case .stringEscape:
        keep(byte)
        text.append(byte)
        state = .string
      case .beforeValue: beforeValue(byte)
      case .clip:
        if byte == UInt8(ascii: "\"") {
          try decoder.finish()
          blocks.append(Block(clip: count, bytes: decoder.take(atEnd: true)))
          count += 1
          state = .outside
        } else if byte == UInt8(ascii: "\\") {
          state = .clipEscape
        } else {
          try decoder.feed(byte)
        }
      case .clipEscape: try clipEscape(byte)
      case .clipUnicode(let left, let value):
        guard let digit = Character(UnicodeScalar(byte)).hexDigitValue else { throw Base64Decoder.damaged }
        let value = value << 4 | UInt32(digit)
        state = left > 1 ? .clipUnicode(left - 1, value) : .clip
        if left == 1 {
          guard value < 128 else { throw Base64Decoder.damaged }
          try decoder.feed(UInt8(value))
        }
      }
      guard skeleton.count <= Self.skeletonLimit, text.count <= Self.skeletonLimit else {
        throw GenerationError(
          .malformedAnswer, "The response has more than \(Self.skeletonLimit) bytes outside its clips.")
      }
    }
    if case .clip = state {
      let ready = decoder.take()
      if !ready.isEmpty { blocks.append(Block(clip: count, bytes: ready)) }
    }
    return blocks
  }

  private mutating func keep(_ byte: UInt8) { skeleton.append(byte) }

  private mutating func outside(_ byte: UInt8) {
    keep(byte)
    if byte == UInt8(ascii: "\"") {
      text.removeAll(keepingCapacity: true)
      state = .string
    }
  }

  private mutating func inString(_ byte: UInt8) {
    keep(byte)
    switch byte {
    case UInt8(ascii: "\\"): state = .stringEscape
    case UInt8(ascii: "\""): state = text == Self.field ? .beforeValue : .outside
    default: text.append(byte)
    }
  }

  /// A value with the same text as the field's name is followed by a comma or bracket, not by a colon and a string.
  private mutating func beforeValue(_ byte: UInt8) {
    switch byte {
    case UInt8(ascii: ":"), UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"): keep(byte)
    case UInt8(ascii: "\""):
      skeleton += Array(String(count).utf8)
      decoder = Base64Decoder()
      state = .clip
    default:
      state = .outside
      outside(byte)
    }
  }

  private mutating func clipEscape(_ byte: UInt8) throws {
    state = .clip
    switch byte {
    case UInt8(ascii: "/"): try decoder.feed(byte)
    case UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"): break
    case UInt8(ascii: "u"): state = .clipUnicode(4, 0)
    default: throw Base64Decoder.damaged
    }
  }
}
