public import Foundation

/// Where fal is, with what key, and how patiently it is asked.
public struct FalConfiguration: Sendable {
  public static let usualRunHost = "fal.run"
  public static let usualQueueHost = "queue.fal.run"
  public static let usualRestHost = "rest.fal.ai"

  /// Blocking requests; without a slash at its end, as the others.
  public let runBase: URL
  /// The queue.
  public let queueBase: URL
  /// Uploads.
  public let restBase: URL
  public let key: APIKey

  /// The middle of the distance between two questions about a request; each is 50–150 % of it.
  public var pollInterval: Duration
  /// The same beside a status stream, where asking is only the safety net.
  public var safetyNetInterval: Duration
  /// Silence after which a status stream is taken for dead; the service sends a comment every 15 s.
  public var streamSilence: Duration = .seconds(45)
  /// How long a blocking request may take; 4K takes 5–15 minutes.
  public var syncPatience: Duration = .seconds(45 * 60)
  /// Silence after which a transfer is given up and tried again.
  public var transferStall: Duration = .seconds(60)
  /// Bytes of the largest clip that is accepted.
  public var largestClip: Int64 = 8 << 30
  public var retry = RetryPolicy()

  /// - Parameters:
  ///   - runHost: a bare host, meant as https, or a whole address: `https:`, or `http:` on loopback. As the others; nil
  ///     for fal itself.
  /// - Throws: ``GenerationError`` naming the variable whose address is none, or would carry the key unencrypted.
  public init(
    runHost: String? = nil, queueHost: String? = nil, restHost: String? = nil, key: APIKey,
    pollInterval: Duration? = nil
  ) throws {
    runBase = try Self.address(runHost ?? Self.usualRunHost, "FAL_RUN_HOST", key)
    queueBase = try Self.address(queueHost ?? Self.usualQueueHost, "FAL_QUEUE_RUN_HOST", key)
    restBase = try Self.address(restHost ?? Self.usualRestHost, "FAL_REST_HOST", key)
    self.key = key
    let isLocal = Origin(queueBase)?.isLoopback ?? false
    self.pollInterval = pollInterval ?? (isLocal ? .milliseconds(500) : .seconds(20))
    safetyNetInterval = pollInterval.map { $0 * 4 } ?? max(self.pollInterval * 4, OxenConfiguration.usualSafetyNet)
  }

  /// Reads `FAL_KEY`, `FAL_RUN_HOST`, `FAL_QUEUE_RUN_HOST`, `FAL_REST_HOST` and `LONGTAKE_POLL_SECONDS`.
  ///
  /// - Parameter baseURL: goes before the hosts: `run`, `queue` and `rest` below it, as the sandbox has them.
  /// - Throws: ``GenerationError`` naming the variable that is missing or cannot be used.
  public static func fromEnvironment(
    _ environment: [String: String] = ProcessInfo.processInfo.environment, baseURL: String? = nil
  ) throws -> FalConfiguration {
    let key = try APIKey(environment["FAL_KEY"] ?? "", variable: "FAL_KEY")
    let interval = try PollSeconds.read(environment)
    if var base = baseURL {
      while base.hasSuffix("/") { base.removeLast() }
      return try FalConfiguration(
        runHost: "\(base)/run", queueHost: "\(base)/queue", restHost: "\(base)/rest", key: key, pollInterval: interval)
    }
    func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
    return try FalConfiguration(
      runHost: value("FAL_RUN_HOST"), queueHost: value("FAL_QUEUE_RUN_HOST"), restHost: value("FAL_REST_HOST"),
      key: key, pollInterval: interval)
  }

  private static func address(_ host: String, _ variable: String, _ key: APIKey) throws -> URL {
    var text = host.contains("://") ? host : "https://\(host)"
    while text.hasSuffix("/") { text.removeLast() }
    let shown = Redactor(key: key).clean(host, limit: 200)
    guard let url = URL(string: text), let origin = Origin(url), url.query == nil, url.fragment == nil,
      url.user == nil
    else {
      throw GenerationError(
        .unsupported, "\(shown) in \(variable) is neither a host nor an address: it has to look like \(usualQueueHost)."
      )
    }
    guard origin.scheme == "https" || origin.isLoopback else {
      throw GenerationError(.unsupported, "\(shown) in \(variable) would carry the key unencrypted; use https.")
    }
    return url
  }
}
