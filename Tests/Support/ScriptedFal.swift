public import Foundation

/// fal on loopback, playing a script: see `scripted_fal.py` beside this file.
public final class ScriptedFal: Sendable {
  /// The key that it accepts unless its script names another.
  public static let key = "secret-key-1234"

  /// Ports by name: `run`, `queue`, `rest`, `files`, `api`.
  public let ports: [String: Int]
  /// A folder of this server's own; ``stop()`` removes it.
  public var folder: URL { server.folder }
  private let server: ScriptedServer

  /// - Parameter script: a JSON object, as `scripted_fal.py` describes it.
  public static func start(_ script: String = "{}") async throws -> ScriptedFal {
    ScriptedFal(try await ScriptedServer.start("scripted_fal", script, ports: 5))
  }

  private init(_ server: ScriptedServer) {
    self.server = server
    ports = Dictionary(uniqueKeysWithValues: zip(["run", "queue", "rest", "files", "api"], server.ports))
  }

  public func address(_ port: String) -> String { "http://127.0.0.1:\(ports[port] ?? 0)" }

  /// The variables that lead a client here.
  public var environment: [String: String] {
    [
      "FAL_KEY": Self.key, "FAL_RUN_HOST": address("run"), "FAL_QUEUE_RUN_HOST": address("queue"),
      "FAL_REST_HOST": address("rest"), "FAL_API_HOST": address("api"),
    ]
  }

  /// The requests so far, in order of coming.
  public func requests() throws -> [ScriptedServer.Entry] { try server.requests() }

  public func requests(_ method: String, at port: String) throws -> [ScriptedServer.Entry] {
    try requests().filter { $0.method == method && $0.port == port }
  }

  public func stop() { server.stop() }
}
