import Files
import Foundation

/// The bytes behind an image's address, or the reason why there are none.
enum ImageSource: Sendable {
  case bytes(Data)
  /// An address on another host; the sandbox asks nobody, so a scene made from the address stands in.
  case elsewhere(String)

  /// Hosts that mean this machine.
  private static let ownHosts: Set<String> = ["127.0.0.1", "localhost", "::1", "[::1]"]

  /// Looks an address up: `data:` is decoded, what was uploaded to the sandbox is read from its disk whatever the port
  /// was then, and any other address is left alone.
  /// - Throws: ``ModelRefusal`` for an address that can never be an image.
  static func find(_ address: String, in repositories: RepositoryStore) throws(ModelRefusal) -> ImageSource {
    if address.hasPrefix("data:") { return .bytes(try decoded(address)) }
    guard let components = URLComponents(string: address), let scheme = components.scheme?.lowercased(),
      scheme == "http" || scheme == "https", let host = components.host?.lowercased()
    else { throw .value("'\(address.prefix(120))' is not an http, https or data address.") }
    guard ownHosts.contains(host) else { return .elsewhere(address) }
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

  /// What stands for the image in the seed of a clip: its content, not where it lies.
  var identity: String {
    switch self {
    case .bytes(let data): SHA256Text.of(data)
    case .elsewhere(let address): address
    }
  }
}
