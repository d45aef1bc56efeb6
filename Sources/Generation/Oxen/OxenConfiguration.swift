public import Foundation

/// Where the hub is, with what key, where images are kept, and how patiently it is asked.
public struct OxenConfiguration: Sendable {
  public static let usualBaseURL = "https://hub.oxen.ai/api"
  public static let usualRepository = "longtake-anchors"
  /// Hundreds may wait beside one stream: what each asks meanwhile has to stay cheap, also on loopback.
  static let usualSafetyNet: Duration = .seconds(40)

  /// The API's address, without a slash at its end.
  public let baseURL: URL
  public let key: APIKey
  /// The hub namespace that images are uploaded into; needed only once there is one to upload.
  public var namespace: String?
  public var repository: String
  public var branch = "main"
  /// Who the hub's history names as the committer of uploads.
  public var committerName = "longtake"
  public var committerEmail = "longtake@localhost"

  /// The middle of the distance between two questions about a generation; each is 50–150 % of it.
  /// The service publishes 10–30 s.
  public var pollInterval: Duration
  /// The same in `sse` mode, where asking is only the safety net.
  public var safetyNetInterval: Duration
  /// Silence after which the event stream is taken for dead; the service sends a comment every 15 s.
  public var streamSilence: Duration = .seconds(45)
  /// How long ``OxenProvider/enqueue(_:)`` waits for the event stream before it goes on without.
  public var streamPatience: Duration = .seconds(30)
  /// How long a blocking generation may take; 4K takes 5–15 minutes.
  public var syncPatience: Duration = .seconds(45 * 60)
  /// Silence after which a transfer is given up and tried again.
  public var transferStall: Duration = .seconds(60)
  /// Bytes of the largest clip that is accepted.
  public var largestClip: Int64 = 8 << 30
  public var retry = RetryPolicy()

  /// - Parameter baseURL: `https:`, or `http:` on loopback; nil for the hub itself.
  /// - Throws: ``GenerationError`` for an address that is none, or that would carry the key unencrypted.
  public init(
    baseURL: String? = nil, key: APIKey, namespace: String? = nil, repository: String = usualRepository,
    pollInterval: Duration? = nil
  ) throws {
    var text = baseURL ?? Self.usualBaseURL
    while text.hasSuffix("/") { text.removeLast() }
    guard let url = URL(string: text), let origin = Origin(url), url.query == nil, url.fragment == nil else {
      throw GenerationError(
        .unsupported,
        "\(Redactor(key: key).clean(text, limit: 200)) is not an API address: it has to look like \(Self.usualBaseURL)."
      )
    }
    guard origin.scheme == "https" || origin.isLoopback else {
      throw GenerationError(
        .unsupported, "\(Redactor(key: key).clean(text, limit: 200)) would carry the key unencrypted; use https.")
    }
    self.baseURL = url
    self.key = key
    self.namespace = namespace
    self.repository = repository
    self.pollInterval = pollInterval ?? (origin.isLoopback ? .milliseconds(500) : .seconds(20))
    safetyNetInterval = pollInterval.map { $0 * 4 } ?? max(self.pollInterval * 4, Self.usualSafetyNet)
  }

  /// Reads `OXEN_API_KEY`, `OXEN_BASE_URL`, `OXEN_NAMESPACE`, `OXEN_REPOSITORY` and `LONGTAKE_POLL_SECONDS`.
  ///
  /// - Parameter baseURL: goes before `OXEN_BASE_URL`.
  /// - Throws: ``GenerationError`` naming the variable that is missing or cannot be used.
  public static func fromEnvironment(
    _ environment: [String: String] = ProcessInfo.processInfo.environment, baseURL: String? = nil
  ) throws -> OxenConfiguration {
    func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
    return try OxenConfiguration(
      baseURL: baseURL ?? value("OXEN_BASE_URL"), key: APIKey(value("OXEN_API_KEY") ?? "", variable: "OXEN_API_KEY"),
      namespace: value("OXEN_NAMESPACE"), repository: value("OXEN_REPOSITORY") ?? usualRepository,
      pollInterval: PollSeconds.read(environment))
  }
}
