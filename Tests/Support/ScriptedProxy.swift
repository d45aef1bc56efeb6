import Foundation

/// A proxy on loopback in front of a scripted hub, which it shows as `https://hub.test` with a certificate of its own: see
/// `scripted_proxy.py` beside this file.
public final class ScriptedProxy: Sendable {
  /// The hub's address through the proxy; no name server knows it.
  public static let hubURL = "https://hub.test/api"

  public var port: Int { server.ports[0] }
  /// PEM file of the authority that signed the certificate.
  public var authority: String { server.folder.appendingPathComponent("ca.pem").path }
  private let server: ScriptedServer

  /// - Parameter login: `user:password` that the proxy asks for.
  public static func start(before hub: ScriptedHub, login: String? = nil) async throws -> ScriptedProxy {
    let upstream = URL(string: hub.baseURL)?.port ?? 0
    let asked = login.map { #", "login": "\#($0)""# } ?? ""
    return ScriptedProxy(
      try await ScriptedServer.start(
        "scripted_proxy", #"{"host": "hub.test", "upstream": \#(upstream)\#(asked)}"#, ports: 1))
  }

  private init(_ server: ScriptedServer) { self.server = server }

  /// The tunnels that were asked for.
  public func requests() throws -> [ScriptedServer.Entry] { try server.requests() }

  public func stop() { server.stop() }
}
