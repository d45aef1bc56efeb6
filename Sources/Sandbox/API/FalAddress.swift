import Foundation
import HTTPTypes
import Hummingbird

/// Which of fal's hosts a request addresses, and the rest of its path.
///
/// The three hosts are paths here: `/run`, `/queue`, `/rest`. Without one, the host name decides, so that a proxy can
/// serve fal's own names; the default is the queue.
struct FalAddress: Sendable {
  enum Host: String, Sendable, CaseIterable { case run, queue, rest }

  let host: Host
  /// The host's address as the client used it.
  let base: String
  let parts: [String]

  init(_ request: Request, origin: String) {
    var parts = request.uri.path.split(separator: "/").map { $0.removingPercentEncoding ?? String($0) }
    if let host = parts.first.flatMap(Host.init(rawValue:)) {
      parts.removeFirst()
      self.host = host
      base = "\(origin)/\(host.rawValue)"
    } else {
      let name = request.head.authority?.lowercased() ?? ""
      host = name.hasPrefix("queue.") ? .queue : name.hasPrefix("fal.run") || name.hasPrefix("run.") ? .run : .queue
      base = origin
    }
    self.parts = parts
  }

  /// `owner/app`: the part of an endpoint that appears in a request's addresses.
  static func app(of endpoint: String) -> String { endpoint.split(separator: "/").prefix(2).joined(separator: "/") }
}
