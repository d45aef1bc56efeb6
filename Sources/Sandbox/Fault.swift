import Foundation

/// One scripted fault: what goes wrong, in which requests, and how often.
struct Fault: Sendable, Hashable {
  /// How a pause is asked for.
  enum RetryAfter: Sendable, Hashable {
    case seconds(Int)
    /// Seconds from the answer, written as an HTTP date.
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
    /// The request is done, and the connection cut before an answer.
    case lostAnswer
    /// Nothing is done, and the connection cut.
    case droppedRequest
    /// Nothing is done, and this is answered.
    case status(Int, retryAfter: RetryAfter?, body: String?)
    /// The connection is cut this many seconds after the answer began.
    case droppedStream(after: Double)
    /// The answer begins, and nothing of its body ever comes.
    case muteStream
    /// As a link that is no longer good.
    case expiredLink
    /// The body is cut after this many bytes, whatever length its head names.
    case truncatedBody(bytes: Int)
    /// This many bytes from this one on are changed; the length stays.
    case corruptedBody(from: Int, bytes: Int)
    /// What the request asks for is taken, and fails.
    case failedGeneration(message: String)
    /// The answer comes late, or trickles.
    case slow(seconds: Double, bytesPerSecond: Int?)
  }

  let kind: Kind
  /// Nil for every method.
  let method: String?
  /// Paths in which `*` stands for anything; one has to match.
  let paths: [String]
  /// Requests that match and are let through first.
  let skip: Int
  /// Requests that are hit; nil for all.
  let times: Int?

  /// The hub's addresses are served with and without `/api`.
  func matches(method other: String, path: String) -> Bool {
    if let method, method != other { return false }
    let forms = path.hasPrefix("/api/") ? [path, String(path.dropFirst(4))] : [path, "/api" + path]
    return paths.contains { pattern in forms.contains { Self.fits(Array($0.utf8), Array(pattern.utf8)) } }
  }

  /// Whether a text fits a pattern, in time proportional to both lengths.
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
