import Foundation

/// One scripted fault: its kind, the requests that it hits, and how often.
struct Fault: Sendable, Hashable {
  /// The form of a `Retry-After` header.
  enum RetryAfter: Sendable, Hashable {
    case seconds(Int)
    /// Seconds after the response, written as an HTTP date.
    case date(Int)

    func header(now: Date) -> String {
      switch self {
      case .seconds(let seconds): return String(seconds)
      case .date(let seconds):
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(identifier: "GMT")
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        return formatter.string(from: now.addingTimeInterval(Double(seconds)))
      }
    }
  }

  enum Kind: Sendable, Hashable {
    /// The request is processed and the connection closed without a response.
    case lostAnswer
    /// The connection is closed and nothing processed.
    case droppedRequest
    /// Nothing is processed; this is the response.
    case status(Int, retryAfter: RetryAfter?, body: String?)
    /// The connection is closed this many seconds after the response began.
    case droppedStream(after: Double)
    /// The response begins, but no byte of its body follows.
    case muteStream
    /// The response to an expired link.
    case expiredLink
    /// The body ends after this many bytes, whatever its `Content-Length`.
    case truncatedBody(bytes: Int)
    /// Bytes from this offset on are changed; the length stays.
    case corruptedBody(from: Int, bytes: Int)
    /// The generation is accepted and fails.
    case failedGeneration(message: String)
    /// The response is late or throttled.
    case slow(seconds: Double, bytesPerSecond: Int?)
  }

  let kind: Kind
  /// Nil for every method.
  let method: String?
  /// Path patterns, `*` for any text; one has to match.
  let paths: [String]
  /// Matching requests passed unharmed first.
  let skip: Int
  /// Maximum requests hit; nil for all.
  let times: Int?

  /// Compares with and without the prefix `/api`, as the hub's routes are served.
  func matches(method other: String, path: String) -> Bool {
    if let method, method != other { return false }
    let forms = path.hasPrefix("/api/") ? [path, String(path.dropFirst(4))] : [path, "/api" + path]
    return paths.contains { pattern in forms.contains { Self.fits(Array($0.utf8), Array(pattern.utf8)) } }
  }

  /// Whether a text matches a pattern, in time proportional to the product of both lengths.
  private static func fits(_ text: [UInt8], _ pattern: [UInt8]) -> Bool {
    var (t, p) = (0, 0)
    var star: (pattern: Int, text: Int)?
    while t < text.count {
      if p < pattern.count, pattern[p] == UInt8(ascii: "*") {
        star = (p, t)
        p += 1
      } else if p < pattern.count, pattern[p] == text[t] {
        (t, p) = (t + 1, p + 1)
      } else if let last = star {
        star = (last.pattern, last.text + 1)
        (p, t) = (last.pattern + 1, last.text + 1)
      } else {
        return false
      }
    }
    return pattern[p...].allSatisfy { $0 == UInt8(ascii: "*") }
  }
}
