import Foundation

/// A store on loopback that speaks S3 and plays a script: see `scripted_store.py` beside this file.
public final class ScriptedStore: Sendable {
  public var port: Int { server.ports[0] }
  /// A bucket of this store; it needs none to be made.
  public let url = "s3://films/test"
  /// What a client of this store reads.
  public var environment: [String: String] {
    [
      "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:\(port)", "AWS_ACCESS_KEY_ID": "AKIDSCRIPTED",
      "AWS_SECRET_ACCESS_KEY": "scripted/secret+key",
    ]
  }
  private let server: ScriptedServer

  /// - Parameter script: a JSON object, as `scripted_store.py` describes it.
  public static func start(_ script: String = "{}") async throws -> ScriptedStore {
    ScriptedStore(try await ScriptedServer.start("scripted_store", script, ports: 1))
  }

  private init(_ server: ScriptedServer) { self.server = server }

  /// The requests so far, in order of coming.
  public func requests() throws -> [ScriptedServer.Entry] { try server.requests() }

  /// How many requests of a method came.
  public func count(_ method: String) throws -> Int { try requests().filter { $0.method == method }.count }

  public func stop() { server.stop() }
}
