public import Foundation

/// A hub on loopback that plays a script: see `scripted_hub.py` beside this file.
public final class ScriptedHub: Sendable {
  public typealias Entry = ScriptedServer.Entry

  /// The key that the hub accepts unless its script names another.
  public static let key = "secret-key-1234"

  public var baseURL: String { "http://127.0.0.1:\(server.ports[0])/api" }
  public var filesURL: String { "http://127.0.0.1:\(server.ports[1])" }
  /// A folder of this hub's own; ``stop()`` removes it.
  public var folder: URL { server.folder }
  private let server: ScriptedServer

  /// - Parameter script: a JSON object, as `scripted_hub.py` describes it.
  public static func start(_ script: String = "{}") async throws -> ScriptedHub {
    ScriptedHub(try await ScriptedServer.start("scripted_hub", script, ports: 2))
  }

  /// A hub whose list is as bad as it may be.
  /// - Parameter script: a JSON object, as `unfriendly_hub.py` describes it.
  public static func startUnfriendly(_ script: String = "{}") async throws -> ScriptedHub {
    ScriptedHub(try await ScriptedServer.start("unfriendly_hub", script, ports: 2))
  }

  private init(_ server: ScriptedServer) { self.server = server }

  /// The requests so far, in order of coming; their port is `api` or `files`.
  public func requests() throws -> [Entry] { try server.requests() }

  /// The requests with this method whose path starts so.
  public func requests(_ method: String, _ path: String) throws -> [Entry] {
    try requests().filter { $0.method == method && $0.path.hasPrefix(path) }
  }

  public func stop() { server.stop() }
}
