import Files
import Foundation

/// How other machines are reached: proxies, and certificates besides the system's.
///
/// Loopback is never asked through a proxy.
public struct NetworkSettings: Sendable, Hashable {
  /// The environment variables of each setting; the first that is set applies. An empty one means none.
  public static let httpsProxyVariables = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]
  public static let httpProxyVariables = ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"]
  public static let noProxyVariables = ["no_proxy", "NO_PROXY"]
  public static let certificateVariables = ["LONGTAKE_CA_FILE", "SSL_CERT_FILE"]

  /// For `https:` addresses, e.g. `http://user:password@proxy.example:3128`; nil for none.
  public var httpsProxy: String?
  /// For `http:` addresses; nil for none.
  public var httpProxy: String?
  /// Hosts and domains that are asked directly, separated by commas; `*` for all.
  public var noProxy: String?
  /// PEM file of certificate authorities that are trusted besides those of the system.
  public var certificateFile: String?

  /// Neither proxies nor further certificates.
  public init() {}

  /// Reads the variables above.
  /// - Throws: ``GenerationError`` `unsupported` for a certificate file that cannot be read.
  public init(environment: [String: String]) throws {
    func value(_ names: [String]) -> String? {
      names.lazy.compactMap { environment[$0] }.first.flatMap { $0.isEmpty ? nil : $0 }
    }
    httpsProxy = value(Self.httpsProxyVariables)
    httpProxy = value(Self.httpProxyVariables)
    noProxy = value(Self.noProxyVariables)
    for name in Self.certificateVariables {
      guard let path = environment[name], !path.isEmpty else { continue }
      guard FileManager.default.isReadableFile(atPath: path) else {
        throw GenerationError(
          .unsupported, "The file of certificates \(quoted(path)) cannot be read. Correct \(name) or leave it out.")
      }
      certificateFile = path
      break
    }
  }

  /// The proxy for an address; nil for none.
  func proxy(for url: String) -> String? { url.lowercased().hasPrefix("https:") ? httpsProxy : httpProxy }

  /// In libcurl's form, with this machine added.
  var hostsWithoutProxy: String {
    let own = (noProxy ?? "").trimmingCharacters(in: .whitespaces)
    return own == "*" ? "*" : ([own, "localhost", "127.0.0.1", "::1"]).filter { !$0.isEmpty }.joined(separator: ",")
  }
}
