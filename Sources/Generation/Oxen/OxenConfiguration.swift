public import Foundation
import Storyboard

/// Where the Oxen hub is, with what key, and where images are kept there.
public struct OxenConfiguration: Sendable {
  public static let defaultBaseURL = "https://hub.oxen.ai/api"
  public static let baseURLVariable = "OXEN_BASE_URL"
  public static let namespaceVariable = "OXEN_NAMESPACE"
  public static let repositoryVariable = "OXEN_REPOSITORY"
  public static let defaultRepository = "longtake-anchors"

  /// The API's address, without a slash at its end.
  public let baseURL: URL
  public let key: APIKey
  /// The hub namespace that images are uploaded to; needed only once there is one to upload.
  public var namespace: String?
  public var repository: String
  public var branch = "main"
  /// The committer that the hub's history names for uploads.
  public var committerName = "longtake"
  public var committerEmail = "longtake@localhost"
  public var settings: ClientSettings

  /// - Parameter baseURL: `https:`, or `http:` on loopback; nil for the hub itself.
  /// - Throws: ``GenerationError`` for what is not an address, or would carry the key unencrypted.
  public init(
    baseURL: String? = nil, key: APIKey, namespace: String? = nil, repository: String = defaultRepository,
    pollInterval: Duration? = nil
  ) throws {
    self.baseURL = try APIAddress(
      checking: baseURL ?? Self.defaultBaseURL, variable: Self.baseURLVariable, key: key,
      example: Self.defaultBaseURL
    ).base
    self.key = key
    self.namespace = namespace
    self.repository = repository
    settings = ClientSettings(
      pollInterval: pollInterval, isLoopback: Origin(self.baseURL)?.isLoopback ?? false)
  }

  /// Reads `OXEN_API_KEY`, `OXEN_BASE_URL`, `OXEN_NAMESPACE`, `OXEN_REPOSITORY`, `LONGTAKE_POLL_SECONDS` and
  /// what ``NetworkSettings`` reads.
  ///
  /// - Parameter baseURL: overrides `OXEN_BASE_URL`.
  /// - Throws: ``GenerationError`` naming the variable that is missing or cannot be used.
  public static func fromEnvironment(
    _ environment: [String: String] = ProcessInfo.processInfo.environment, baseURL: String? = nil
  ) throws -> OxenConfiguration {
    func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
    var configuration = try OxenConfiguration(
      baseURL: baseURL ?? value(baseURLVariable), key: APIKey(of: .oxen, in: environment),
      namespace: value(namespaceVariable), repository: value(repositoryVariable) ?? defaultRepository,
      pollInterval: ClientSettings.pollInterval(in: environment))
    configuration.settings.network = try NetworkSettings(environment: environment)
    return configuration
  }
}
