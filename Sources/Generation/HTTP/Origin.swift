package import Foundation

/// Scheme, host and port of an address; a key belongs to one.
package struct Origin: Hashable, Sendable {
  package let scheme: String
  package let host: String
  package let port: Int

  /// Nil unless the address is `http:` or `https:` with a host.
  package init?(_ url: URL) {
    guard let scheme = url.scheme?.lowercased(), scheme == "http" || scheme == "https",
      let host = url.host?.lowercased(), !host.isEmpty
    else { return nil }
    self.scheme = scheme
    self.host = host
    self.port = url.port ?? (scheme == "https" ? 443 : 80)
  }

  /// This machine by its literal addresses or the name `localhost`; a name that merely resolves to it does not count.
  package var isLoopback: Bool {
    let bare = host.trimmingCharacters(in: CharacterSet(charactersIn: "[]"))
    if bare == "localhost" || bare == "::1" { return true }
    let parts = bare.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
  }
}
