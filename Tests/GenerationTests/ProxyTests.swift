import Foundation
import Generation
import Support
import Testing

/// A real proxy and a real TLS server on loopback.
@Suite struct ProxyTests {
  /// - Parameter change: of the environment.
  private func models(
    login: String? = nil, _ environment: (ScriptedProxy) -> [String: String],
    _ check: (ScriptedHub, ScriptedProxy, Result<Int, any Error>) throws -> Void
  ) async throws {
    let hub = try await ScriptedHub.start()
    defer { hub.stop() }
    let proxy = try await ScriptedProxy.start(before: hub, login: login)
    defer { proxy.stop() }
    var variables = environment(proxy)
    variables["OXEN_API_KEY"] = ScriptedHub.key
    variables["OXEN_BASE_URL"] = ScriptedProxy.hubURL
    var configuration = try OxenConfiguration.fromEnvironment(variables)
    configuration.settings = configuration.settings.fast(FastClock())
    let provider = try OxenProvider(configuration: configuration, waitMode: .poll)
    let result: Result<Int, any Error>
    do { result = .success(try await provider.models(search: nil).count) } catch { result = .failure(error) }
    try await provider.close()
    try check(hub, proxy, result)
  }

  @Test(arguments: ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
  func reachesTheHubThroughTheProxyWithACustomAuthority(_ variable: String) async throws {
    try await models(login: "ada:pass%word") { proxy in
      [variable: "http://ada:pass%25word@127.0.0.1:\(proxy.port)", "LONGTAKE_CA_FILE": proxy.authority]
    } _: { (hub, proxy, result) throws in
      #expect(try result.get() == 2)
      let tunnels = try proxy.requests()
      #expect(tunnels.map(\.method) == ["CONNECT"] && tunnels.map(\.target) == ["hub.test:443"])
      // The key travels inside the tunnel only.
      #expect(tunnels.allSatisfy { $0.headers["authorization"] == nil })
      #expect(try hub.requests().map { $0.headers["authorization"] } == ["Bearer \(ScriptedHub.key)"])
    }
  }

  @Test func refusesACertificateThatNobodyVouchesFor() async throws {
    try await models {
      ["HTTPS_PROXY": "http://127.0.0.1:\($0.port)"]
    } _: { (hub, proxy, result) throws in
      let error = #expect(throws: GenerationError.self) { try result.get() }
      #expect(error?.message.contains("certificate") == true, "\(error?.message ?? "")")
      #expect(try !proxy.requests().isEmpty && hub.requests().isEmpty)
    }
  }

  @Test func asksHostsOfNoProxyDirectly() async throws {
    try await models {
      ["HTTPS_PROXY": "http://127.0.0.1:\($0.port)", "NO_PROXY": "example.org,.test", "LONGTAKE_CA_FILE": $0.authority]
    } _: { (_, proxy, result) throws in
      #expect(throws: GenerationError.self) { try result.get() }
      #expect(try proxy.requests().isEmpty)
    }
  }

  @Test func reportsAProxyThatRefusesTheLoginWithoutItsPassword() async throws {
    try await models(login: "ada:right") {
      ["HTTPS_PROXY": "http://ada:wrong-secret@127.0.0.1:\($0.port)", "LONGTAKE_CA_FILE": $0.authority]
    } _: { (hub, _, result) throws in
      let error = #expect(throws: GenerationError.self) { try result.get() }
      #expect(error?.message.contains("407") == true && error?.message.contains("wrong-secret") == false)
      #expect(try hub.requests().isEmpty)
    }
  }

  @Test func neverAsksLoopbackThroughAProxy() async throws {
    let hub = try await ScriptedHub.start()
    defer { hub.stop() }
    let proxy = try await ScriptedProxy.start(before: hub)
    defer { proxy.stop() }
    let address = "http://127.0.0.1:\(proxy.port)"
    var configuration = try OxenConfiguration.fromEnvironment([
      "OXEN_API_KEY": ScriptedHub.key, "OXEN_BASE_URL": hub.baseURL, "HTTP_PROXY": address, "ALL_PROXY": address,
    ])
    configuration.settings = configuration.settings.fast(FastClock())
    let provider = try OxenProvider(configuration: configuration, waitMode: .poll)
    #expect(try await provider.models(search: nil).count == 2)
    try await provider.close()
    #expect(try proxy.requests().isEmpty)
  }

  @Test func namesACertificateFileThatCannotBeRead() {
    let error = #expect(throws: GenerationError.self) {
      try NetworkSettings(environment: ["LONGTAKE_CA_FILE": "/no/such/ca.pem"])
    }
    #expect(error?.message.contains("/no/such/ca.pem") == true && error?.message.contains("LONGTAKE_CA_FILE") == true)
  }
}
