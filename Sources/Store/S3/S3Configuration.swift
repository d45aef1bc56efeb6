import Files
import Foundation
import Generation

/// Where a bucket is and how it is asked: of the store's address and the environment.
struct S3Configuration: Sendable {
  static let endpointVariables = ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"]
  static let regionVariables = ["AWS_REGION", "AWS_DEFAULT_REGION"]
  /// `path` or `virtual`: whether the bucket is the first part of the path or of the host.
  static let addressingVariable = "LONGTAKE_S3_ADDRESSING"
  /// `1` allows http with another machine.
  static let insecureVariable = "LONGTAKE_S3_INSECURE"
  private static let defaultRegion = "us-east-1"

  let bucket: String
  /// Before all keys; empty, or it ends with `/`.
  let prefix: String
  let region: String
  let credentials: S3Credentials
  let network: NetworkSettings
  /// `https` or `http`.
  let scheme: String
  /// With the port, unless it is the scheme's own; as in the header `Host`.
  let host: String
  /// Before the path of a key; without a slash at its end.
  let basePath: String

  /// The store's address for messages.
  var address: String { prefix.isEmpty ? "s3://\(bucket)" : "s3://\(bucket)/\(prefix.dropLast())" }
  /// Scheme and host.
  var origin: String { "\(scheme)://\(host)" }

  /// - Throws: ``StoreError``: `unsupported` for an address or a setting that cannot be used, `notAuthorised` without
  ///   credentials.
  init(_ url: String, environment: [String: String]) throws {
    (bucket, prefix) = try Self.parts(of: url)
    let profile = try AWSProfile(environment: environment)
    func setting(_ variables: [String], _ name: String) -> String? {
      variables.lazy.compactMap { environment[$0] }.first { !$0.isEmpty } ?? profile[name]
    }
    region = setting(Self.regionVariables, "region") ?? Self.defaultRegion
    guard region.wholeMatch(of: /[A-Za-z0-9-]{1,64}/) != nil else {
      throw StoreError(.unsupported, "\(quoted(region)) is no region. Correct AWS_REGION.")
    }
    credentials = try S3Credentials(environment: environment, profile: profile)
    do {
      network = try NetworkSettings(environment: environment)
    } catch let error as GenerationError {
      throw StoreError(.unsupported, error.message)
    }
    let endpoint = setting(Self.endpointVariables, "endpoint_url")
    let isVirtual = try Self.isVirtual(environment[Self.addressingVariable], hasEndpoint: endpoint != nil, bucket)
    if let endpoint {
      let server = try Self.server(endpoint, environment)
      scheme = server.scheme
      host = isVirtual ? "\(bucket).\(server.host)" : server.host
      basePath = server.path + (isVirtual ? "" : "/\(S3Signature.encoded(bucket))")
    } else {
      let domain = region.hasPrefix("cn-") ? "amazonaws.com.cn" : "amazonaws.com"
      scheme = "https"
      host = (isVirtual ? "\(bucket)." : "") + "s3.\(region).\(domain)"
      basePath = isVirtual ? "" : "/\(bucket)"
    }
  }

  private static func parts(of url: String) throws -> (bucket: String, prefix: String) {
    let rest = url.dropFirst("s3://".count)
    guard url.lowercased().hasPrefix("s3://"), !rest.contains(where: { "?#@\\".contains($0) }) else {
      throw StoreError(
        .unsupported,
        "\(quoted(Redactor.address(url))) is no address of a bucket. Give s3://bucket/prefix; endpoint, region and "
          + "credentials come from the environment.")
    }
    let bucket = String(rest.prefix { $0 != "/" })
    guard bucket.wholeMatch(of: /[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9]/) != nil, !bucket.contains("..") else {
      throw StoreError(
        .unsupported, "\(quoted(bucket)) is no name of a bucket: it has 3 to 63 letters, digits, '-' and '.'.")
    }
    var prefix = rest.dropFirst(bucket.count).drop { $0 == "/" }
    while prefix.hasSuffix("/") { prefix.removeLast() }
    guard !prefix.isEmpty else { return (bucket, "") }
    try ObjectKey.check(String(prefix))
    return (bucket, prefix + "/")
  }

  private static func isVirtual(_ style: String?, hasEndpoint: Bool, _ bucket: String) throws -> Bool {
    switch style ?? "" {
    // A certificate for *.s3.amazonaws.com does not cover a name with a dot.
    case "": !hasEndpoint && !bucket.contains(".") && bucket == bucket.lowercased() && !bucket.contains("_")
    case "path": false
    case "virtual": true
    default: throw StoreError(.unsupported, "\(addressingVariable) must be 'path' or 'virtual'.")
    }
  }

  private static func server(
    _ endpoint: String, _ environment: [String: String]
  ) throws -> (scheme: String, host: String, path: String) {
    guard let url = URL(string: endpoint), let origin = Origin(url), url.user == nil, url.query == nil,
      url.fragment == nil
    else {
      throw StoreError(
        .unsupported,
        "\(quoted(Redactor.address(endpoint))) is no address of a server. Correct AWS_ENDPOINT_URL_S3, e.g. "
          + "https://s3.example.com.")
    }
    guard origin.scheme == "https" || origin.isLoopback || environment[insecureVariable] == "1" else {
      throw StoreError(
        .unsupported,
        "\(quoted(Redactor.address(endpoint))) is not encrypted: a signature hides no content, and whoever reads along gets "
          + "every file. Use https, or set \(insecureVariable)=1 in a network that you trust.")
    }
    let name = origin.host.contains(":") && !origin.host.hasPrefix("[") ? "[\(origin.host)]" : origin.host
    let isOwnPort = origin.port == (origin.scheme == "https" ? 443 : 80)
    var path = url.path(percentEncoded: true)
    while path.hasSuffix("/") { path.removeLast() }
    return (origin.scheme, isOwnPort ? name : "\(name):\(origin.port)", path)
  }
}
