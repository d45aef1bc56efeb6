import Foundation
import HTTPTypes
import Logging
import Presets
public import Storyboard

/// One thing that was tried at a service without generating, uploading or paying anything.
public struct OnlineCheck: Sendable, Hashable, Encodable {
  public enum State: String, Sendable, Encodable {
    case ok, warning, failed
  }

  /// The provider's name.
  public let service: String
  /// `reachable`, `clock`, `key` or `anchor store`.
  public let name: String
  public let state: State
  public let message: String

  public init(_ service: ProviderKind, _ name: String, _ state: State, _ message: String) {
    self.service = service.rawValue
    self.name = name
    self.state = state
    self.message = message
  }
}

/// Tries a service: whether it can be reached and takes the key, this machine's clock, and where anchors are uploaded.
public struct OnlineChecks: Sendable {
  /// Seconds between the two clocks from which on signed addresses may be refused.
  private static let largestSkew = 300.0
  /// Seconds from which on the difference is worth a look; a `Date` header has whole seconds.
  private static let notableSkew = 30.0
  /// Time for one answer.
  private static let timeLimit: Duration = .seconds(20)
  /// An endpoint that exists; the list of requests to it needs a key.
  private static let falEndpoint = "fal-ai/kling-video/o3/4k/image-to-video"

  let kind: ProviderKind
  let environment: [String: String]
  let baseURL: String?

  /// - Parameter environment: with the service's key in it.
  public init(of kind: ProviderKind, environment: [String: String], baseURL: String? = nil) {
    self.kind = kind
    self.environment = environment
    self.baseURL = baseURL
  }

  /// - Parameter store: where anchors are uploaded; nil for the service's own.
  /// - Throws: `CancellationError`; all else is in the checks.
  public func run(store: ImageStoreKind?) async throws -> [OnlineCheck] {
    do {
      switch kind {
      case .sandbox: return [check("reachable", .ok, "it is part of this program")]
      case .oxen: return try await oxen(store ?? .hub)
      case .fal: return try await fal(store ?? .fal)
      }
    } catch let error as GenerationError {
      return [check(error.code == .notAuthorised ? "key" : "reachable", .failed, error.message)]
    }
  }

  private func check(_ name: String, _ state: OnlineCheck.State, _ message: String) -> OnlineCheck {
    OnlineCheck(kind, name, state, message)
  }

  // MARK: - Services

  private func oxen(_ store: ImageStoreKind) async throws -> [OnlineCheck] {
    let configuration = try OxenConfiguration.fromEnvironment(environment, baseURL: baseURL)
    let address = APIAddress(base: configuration.baseURL)
    let session = try session([configuration.baseURL], "Bearer \(configuration.key.secret)", configuration.settings)
    defer { session.close() }
    // The list of the account's own generations: no one gets it without a key.
    var checks = try await service(session, HTTPCall(method: .get, url: address("ai", "queue")))
    guard checks.allSatisfy({ $0.state != .failed }) else { return checks }
    guard store == .hub else { return checks + [localStore(store)] }
    guard let namespace = configuration.namespace else {
      return checks + [
        check("anchor store", .failed, "no namespace; set \(OxenConfiguration.namespaceVariable) or 'namespace'")
      ]
    }
    let place = "\(namespace)/\(configuration.repository)"
    let answer = try await ask(
      session, HTTPCall(method: .get, url: address("repos", namespace, configuration.repository)))
    switch answer.result {
    case .failure(let error): checks.append(check("anchor store", .failed, error.reason))
    case .success(let response):
      switch response.status {
      case 200..<300: checks.append(check("anchor store", .ok, "the repository \(place) exists"))
      case 404: checks.append(check("anchor store", .ok, "the repository \(place) will be created at the first upload"))
      default:
        checks.append(check("anchor store", .failed, "the hub answers HTTP \(response.status) for \(place)"))
      }
    }
    return checks
  }

  private func fal(_ store: ImageStoreKind) async throws -> [OnlineCheck] {
    let configuration = try FalConfiguration.fromEnvironment(environment, baseURL: baseURL)
    let bases = [configuration.runBase, configuration.queueBase, configuration.restBase, configuration.apiBase]
    let session = try session(bases, "Key \(configuration.key.secret)", configuration.settings)
    defer { session.close() }
    let url = try APIAddress(base: configuration.apiBase).url(
      ["v1", "models", "requests", "by-endpoint"],
      query: [
        ("endpoint_id", Self.falEndpoint), ("start", Date().addingTimeInterval(-3600).formatted(.iso8601)),
        ("limit", "1"),
      ])
    var checks = try await service(session, HTTPCall(method: .get, url: url))
    guard checks.allSatisfy({ $0.state != .failed }) else { return checks }
    guard store == .fal else { return checks + [localStore(store)] }
    // Any answer shows that the host can be reached; an upload is not tried.
    var call = HTTPCall(method: .get, url: configuration.restBase)
    call.key = .never
    switch try await ask(session, call).result {
    case .failure(let error): checks.append(check("anchor store", .failed, error.reason))
    case .success: checks.append(check("anchor store", .ok, "\(session.shown(call.url)) can be reached"))
    }
    return checks
  }

  /// A store that needs no request of this service's.
  private func localStore(_ store: ImageStoreKind) -> OnlineCheck {
    switch store {
    case .data: return check("anchor store", .ok, "images travel inside the request")
    case .command:
      let command = environment[CommandImageStore.variable] ?? ""
      return command.isEmpty
        ? check("anchor store", .failed, "\(CommandImageStore.variable) is not set")
        : check("anchor store", .ok, "the upload command is set; it was not run")
    case .hub, .fal:
      return check("anchor store", .warning, "\(store.rawValue) belongs to another service; check that one, too")
    }
  }

  // MARK: - One request

  private func session(
    _ bases: [URL], _ authorization: String, _ settings: ClientSettings
  ) throws -> HTTPSession {
    try HTTPSession(
      bases: bases, authorization: authorization,
      redactor: Redactor(secrets: [authorization, String(authorization.split(separator: " ").last ?? "")]),
      log: .init(label: "longtake.doctor") { _ in SwiftLogNoOpLogHandler() }, settings: settings)
  }

  private struct Answer {
    let result: Result<HTTPResponse, ExchangeFailure>
    /// From sending to the response.
    let elapsed: Duration
  }

  private func ask(_ session: HTTPSession, _ call: HTTPCall) async throws -> Answer {
    var call = call
    call.headTimeout = Self.timeLimit
    let elapsed = session.clock.stopwatch()
    do {
      let response = try await session.collect(call)
      return Answer(result: .success(response), elapsed: elapsed())
    } catch let failure as ExchangeFailure {
      return Answer(result: .failure(failure), elapsed: elapsed())
    }
  }

  /// Reachability, clock and key, from one request that needs the key.
  private func service(_ session: HTTPSession, _ call: HTTPCall) async throws -> [OnlineCheck] {
    let host = session.shown(call.url)
    let answer = try await ask(session, call)
    let response: HTTPResponse
    switch answer.result {
    case .failure(let error): return [check("reachable", .failed, "\(host): \(error.reason)")]
    case .success(let value): response = value
    }
    let milliseconds = Int(answer.elapsed.inSeconds * 1000)
    var checks = [check("reachable", .ok, "\(host) answers in \(milliseconds) ms")]
    if let date = response.headers.first(name: "Date").flatMap(HTTPDate.parse) {
      checks.append(clock(date, tripTime: answer.elapsed.inSeconds))
    }
    let variable = kind.keyVariable ?? ""
    switch response.status {
    case 200..<300: checks.append(check("key", .ok, "the service accepts the key"))
    case 401, 403:
      checks.append(check("key", .failed, "the service refuses the key (HTTP \(response.status)); correct \(variable)"))
    case 407: checks.append(check("reachable", .failed, "the proxy asks for a name and password"))
    default:
      checks.append(
        check("key", .warning, "HTTP \(response.status) shows neither that the key is good nor that it is not"))
    }
    return checks
  }

  private func clock(_ date: Date, tripTime: Double) -> OnlineCheck {
    let skew = Date().timeIntervalSince1970 - tripTime / 2 - date.timeIntervalSince1970
    let seconds = Int(abs(skew).rounded())
    guard abs(skew) > Self.notableSkew else {
      return check("clock", .ok, "this machine's clock differs by at most \(Int(Self.notableSkew)) s")
    }
    return check(
      "clock", abs(skew) > Self.largestSkew ? .failed : .warning,
      "this machine's clock is \(seconds) s \(skew > 0 ? "fast" : "slow"): signed addresses may be refused; set the clock"
    )
  }
}
