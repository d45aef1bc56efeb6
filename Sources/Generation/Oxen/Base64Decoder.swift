/// Decodes Base64 (RFC 4648, both alphabets, white space ignored, padding optional) a byte at a time; a leading `data:`
/// up to its comma is skipped.
struct Base64Decoder {
  static let damaged = GenerationError(.malformedAnswer, "The clip inside the response is not valid Base64.")
  /// Characters before the comma of a `data:` address.
  static let prefixLimit = 200

  private static let values: [UInt8] = {
    var table = [UInt8](repeating: 255, count: 256)
    for (index, byte) in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8.enumerated() {
      table[Int(byte)] = UInt8(index)
    }
    table[Int(UInt8(ascii: "-"))] = 62
    table[Int(UInt8(ascii: "_"))] = 63
    return table
  }()

  private var out: [UInt8] = []
  private var bits: UInt32 = 0
  private var digits = 0
  private var padding = 0
  private var fed = 0
  private var prefixLength = 0
  private var inPrefix = false

  mutating func feed(_ byte: UInt8) throws {
    fed += 1
    if inPrefix { return try skipPrefix(byte) }
    if byte == UInt8(ascii: ":"), fed == 5 {
      inPrefix = true
      return
    }
    switch byte {
    case 0x20, 0x09, 0x0A, 0x0D: return
    case UInt8(ascii: "="):
      padding += 1
      guard padding <= 2 else { throw Self.damaged }
    default:
      let value = Self.values[Int(byte)]
      guard value < 64, padding == 0 else { throw Self.damaged }
      bits = bits << 6 | UInt32(value)
      digits += 1
      if digits == 4 {
        out.append(UInt8(truncatingIfNeeded: bits >> 16))
        out.append(UInt8(truncatingIfNeeded: bits >> 8))
        out.append(UInt8(truncatingIfNeeded: bits))
        digits = 0
        bits = 0
      }
    }
  }

  private mutating func skipPrefix(_ byte: UInt8) throws {
    prefixLength += 1
    guard prefixLength <= Self.prefixLimit else { throw Self.damaged }
    guard byte == UInt8(ascii: ",") else { return }
    inPrefix = false
    out.removeAll()
    bits = 0
    digits = 0
  }

  /// Ends the value: decodes an incomplete group of four.
  mutating func finish() throws {
    guard !inPrefix else { throw Self.damaged }
    switch digits {
    case 0: break
    case 2: out.append(UInt8(truncatingIfNeeded: bits >> 4))
    case 3:
      out.append(UInt8(truncatingIfNeeded: bits >> 10))
      out.append(UInt8(truncatingIfNeeded: bits >> 2))
    default: throw Self.damaged
    }
    digits = 0
  }

  /// The bytes decoded since the last call; none while the value's first five characters may still turn out to be
  /// `data:`, unless the value has ended.
  mutating func take(atEnd: Bool = false) -> [UInt8] {
    guard atEnd || (fed >= 5 && !inPrefix) else { return [] }
    defer { out.removeAll(keepingCapacity: true) }
    return out
  }
}
