public import Foundation
import Storyboard

/// Where fal is, and with what key.
public struct FalConfiguration: Sendable {
  /// fal's API is spread over four hosts.
  public enum Host: String, Sendable, CaseIterable {
    /// Blocking requests.
    case run
    case queue
    /// Uploads.
    case rest
    /// The history of requests.
    case api

    /// The environment variable that replaces it.
    public var variable: String {
      switch self {
      case .run: "FAL_RUN_HOST"
      case .queue: "FAL_QUEUE_RUN_HOST"
      case .rest: "FAL_REST_HOST"
      case .api: "FAL_API_HOST"
      }
    }

    public var defaultName: String {
      switch self {
      case .run: "fal.run"
      case .queue: "queue.fal.run"
      case .rest: "rest.fal.ai"
      case .api: "api.fal.ai"
      }
    }
  }

  /// Without a slash at its end, as the others.
  public let runBase: URL
  public let queueBase: URL
  public let restBase: URL
  public let apiBase: URL
  public let key: APIKey
  public var settings: ClientSettings

  /// - Parameter hosts: a bare host, meant as https, or a whole address: `https:`, or `http:` on loopback. fal's own
  ///   where it names none.
  /// - Throws: ``GenerationError`` naming the variable whose value is not an address, or would carry the key
  ///   unencrypted.
  public init(hosts: [Host: String] = [:], key: APIKey, pollInterval: Duration? = nil) throws {
    func base(_ host: Host) throws -> URL {
      let name = hosts[host] ?? host.defaultName
      return try APIAddress(
        checking: name.contains("://") ? name : "https://\(name)", variable: host.variable, key: key,
        example: host.defaultName
      ).base
    }
    runBase = try base(.run)
    queueBase = try base(.queue)
    restBase = try base(.rest)
    apiBase = try base(.api)
    self.key = key
    settings = ClientSettings(pollInterval: pollInterval, isLoopback: Origin(queueBase)?.isLoopback ?? false)
  }

  /// Reads `FAL_KEY`, `FAL_RUN_HOST`, `FAL_QUEUE_RUN_HOST`, `FAL_REST_HOST`, `FAL_API_HOST`, `LONGTAKE_POLL_SECONDS`
  /// and what ``NetworkSettings`` reads.
  ///
  /// - Parameter baseURL: overrides the hosts: `run`, `queue`, `rest` and `api` below it, as the sandbox has them.
  /// - Throws: ``GenerationError`` naming the variable that is missing or cannot be used.
  public static func fromEnvironment(
    _ environment: [String: String] = ProcessInfo.processInfo.environment, baseURL: String? = nil
  ) throws -> FalConfiguration {
    var hosts: [Host: String] = [:]
    for host in Host.allCases {
      if let value = environment[host.variable], !value.isEmpty { hosts[host] = value }
      if var base = baseURL {
        while base.hasSuffix("/") { base.removeLast() }
        hosts[host] = "\(base)/\(host.rawValue)"
      }
    }
    var configuration = try FalConfiguration(
      hosts: hosts, key: APIKey(of: .fal, in: environment),
      pollInterval: ClientSettings.pollInterval(in: environment))
    configuration.settings.network = try NetworkSettings(environment: environment)
    return configuration
  }
}
