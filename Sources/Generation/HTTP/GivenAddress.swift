package import Foundation

/// An address as a service gave it, sent byte for byte: signed addresses do not survive anything else.
///
/// Only bytes that HTTP cannot carry in a request's first line, white space, control characters and those beyond ASCII,
/// are escaped (RFC 9112 §3.2).
package struct GivenAddress: Sendable, Hashable {
  /// For origins and messages, with every byte escaped that a URL parser calls illegal.
  package let url: URL
  /// As it is sent.
  package let text: String

  /// - Parameter base: what a relative address is relative to.
  package init?(_ given: String, relativeTo base: URL? = nil) {
    guard let url = URL(verbatim: given, relativeTo: base) else { return nil }
    self.url = url
    let bytes = Array(given.utf8)
    if let parts = AddressParts(bytes) {
      // A host that parsers could read differently is taken as the one that was checked.
      let isPlain = bytes[parts.authority].allSatisfy(Self.authority.contains)
      text = isPlain ? Self.carried(bytes[..<parts.rest]) + Self.carried(bytes[parts.rest...]) : url.absoluteString
    } else if given.hasPrefix("/"), !given.hasPrefix("//"), let root = url.root {
      text = root + Self.carried(bytes[...])
    } else {
      text = url.absoluteString
    }
  }

  private static let authority = Set(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:[]".utf8)

  private static func carried(_ bytes: ArraySlice<UInt8>) -> String {
    String(decoding: bytes.flatMap { (0x21...0x7E).contains($0) ? [$0] : URL.escaped($0) }, as: UTF8.self)
  }
}

/// Where the parts of an absolute address lie.
private struct AddressParts {
  let authority: Range<Int>
  /// Of path, query and fragment.
  let rest: Int

  /// Nil for a relative address.
  init?(_ bytes: [UInt8]) {
    guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")), bytes[colon...].starts(with: "://".utf8),
      !bytes[..<colon].contains(where: "/?#".utf8.contains)
    else { return nil }
    rest = bytes[(colon + 3)...].firstIndex { "/?#".utf8.contains($0) } ?? bytes.count
    authority = colon + 3..<rest
  }
}

extension URL {
  /// The characters of RFC 3986 except `[`, `]` and `%`, which are legal in some places only.
  private static let legal = Set(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:/?#@!$&'()*+,;=".utf8)

  /// An address as a service gave it: what it has escaped stays so, and only bytes that are legal nowhere in an address
  /// are escaped.
  ///
  /// `URL(string:)` escapes the percent signs of legal escapes, too, as soon as one character is illegal.
  /// - Parameter base: what a relative address is relative to.
  package init?(verbatim text: String, relativeTo base: URL? = nil) {
    let bytes = Array(text.utf8)
    guard text.wholeMatch(of: /[A-Za-z][A-Za-z0-9+.\-]*:.*/.dotMatchesNewlines()) == nil else {
      // Brackets belong around an IPv6 host and nowhere else.
      let authority = text.firstRange(of: "://").map { text[..<$0.upperBound].utf8.count } ?? bytes.count
      let path = bytes[authority...].firstIndex { "/?#".utf8.contains($0) } ?? bytes.count
      self.init(string: Self.escape(bytes[..<path], brackets: true) + Self.escape(bytes[path...], brackets: false))
      return
    }
    guard let base else { return nil }
    let relative = Self.escape(bytes[...], brackets: false)
    // Resolution would also drop dot segments.
    let isAbsolutePath = relative.hasPrefix("/") && !relative.hasPrefix("//")
    if isAbsolutePath, let root = base.root {
      self.init(string: root + relative)
    } else {
      guard let url = URL(string: relative, relativeTo: base) else { return nil }
      self = url.absoluteURL
    }
  }

  /// Scheme, host and port, without a slash at the end.
  fileprivate var root: String? {
    guard let scheme, let host = host(percentEncoded: true) else { return nil }
    let bare = host.contains(":") && !host.hasPrefix("[") ? "[\(host)]" : host
    return "\(scheme)://\(bare)\(port.map { ":\($0)" } ?? "")"
  }

  /// A byte as `%XX`.
  fileprivate static func escaped(_ byte: UInt8) -> [UInt8] {
    Array("%\(byte < 16 ? "0" : "")\(String(byte, radix: 16, uppercase: true))".utf8)
  }

  private static func escape(_ bytes: ArraySlice<UInt8>, brackets: Bool) -> String {
    var result: [UInt8] = []
    func isDigit(_ index: Int) -> Bool {
      index < bytes.endIndex && Character(UnicodeScalar(bytes[index])).isHexDigit
    }
    for index in bytes.indices {
      let byte = bytes[index]
      let isLegal =
        switch byte {
        case UInt8(ascii: "%"): isDigit(index + 1) && isDigit(index + 2)
        case UInt8(ascii: "["), UInt8(ascii: "]"): brackets
        default: legal.contains(byte)
        }
      if isLegal {
        result.append(byte)
      } else {
        result += escaped(byte)
      }
    }
    return String(decoding: result, as: UTF8.self)
  }
}
