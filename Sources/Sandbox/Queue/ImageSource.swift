import Files
import Foundation

/// The bytes at an image's address, or its address on another host.
enum ImageSource: Sendable {
  case bytes(Data)
  /// An address on another host. The sandbox sends no requests: a scene made from the address replaces the image.
  case remote(String)

  /// Names of this machine.
  private static let ownHosts: Set<String> = ["127.0.0.1", "localhost", "::1", "[::1]"]

  /// Resolves an address: `data:` is decoded, an upload to the sandbox is read from disk whatever its port was, and any
  /// other address is ``remote(_:)``.
  /// - Throws: ``ModelRefusal`` for an address that cannot be an image.
  static func find(_ address: String, in repositories: RepositoryStore) throws(ModelRefusal) -> ImageSource {
    if address.hasPrefix("data:") { return .bytes(try decoded(address)) }
    guard let components = URLComponents(string: address), let scheme = components.scheme?.lowercased(),
      scheme == "http" || scheme == "https", let host = components.host?.lowercased()
    else { throw .value("'\(address.prefix(120))' is not an http, https or data address.") }
    guard ownHosts.contains(host) else { return .remote(address) }
    var parts = components.path.split(separator: "/").map(String.init)
    if parts.first == "api" { parts.removeFirst() }
    guard parts.count >= 6, parts[0] == "repos", parts[3] == "file",
      let data = repositories.contents(
        namespace: parts[1], name: parts[2], branch: parts[4], path: Array(parts[5...]))
    else { throw ModelRefusal(description: "Getting model response error: 404 - cannot download the image \(address)") }
    return .bytes(data)
  }

  private static func decoded(_ address: String) throws(ModelRefusal) -> Data {
    guard let comma = address.firstIndex(of: ",") else { throw .value("the data address holds no data.") }
    let kind = address[..<comma].dropFirst(5).lowercased()
    guard kind.hasPrefix("image/png") || kind.hasPrefix("image/jpeg") || kind.hasPrefix("image/jpg"),
      kind.hasSuffix(";base64"), let data = Data(base64Encoded: String(address[address.index(after: comma)...]))
    else { throw .value("a data address should be a base64 PNG or JPEG.") }
    return data
  }

  /// The image's part of a clip's seed: its content, not its address.
  var identity: String {
    switch self {
    case .bytes(let data): SHA256Text.of(data)
    case .remote(let address): address
    }
  }
}
