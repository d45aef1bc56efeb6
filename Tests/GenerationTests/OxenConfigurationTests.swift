import Foundation
import Generation
import Testing

@Suite struct OxenConfigurationTests {
  @Test func readsTheEnvironment() throws {
    let configuration = try OxenConfiguration.fromEnvironment([
      "OXEN_API_KEY": "k", "OXEN_BASE_URL": "http://127.0.0.1:9/api/", "OXEN_NAMESPACE": "me",
      "LONGTAKE_POLL_SECONDS": "0.25",
    ])
    #expect(configuration.baseURL.absoluteString == "http://127.0.0.1:9/api")
    #expect(configuration.namespace == "me")
    #expect(configuration.repository == "longtake-anchors")
    #expect(configuration.settings.pollInterval == .milliseconds(250))
  }

  @Test func usesTheHubByDefault() throws {
    let configuration = try OxenConfiguration.fromEnvironment(["OXEN_API_KEY": "k"])
    #expect(configuration.baseURL.absoluteString == "https://hub.oxen.ai/api")
    #expect(configuration.settings.pollInterval >= .seconds(10) && configuration.settings.pollInterval <= .seconds(30))
    #expect(configuration.settings.syncTimeout >= .seconds(1800))
  }

  @Test(arguments: ["", "a\nb", "a b", "a\r", "clé"]) func rejectsAnInvalidKey(_ key: String) async {
    let error = await expectError(.notAuthorised) { _ = try OxenConfiguration.fromEnvironment(["OXEN_API_KEY": key]) }
    #expect(error?.message.contains("OXEN_API_KEY") == true)
  }

  @Test(arguments: [
    "http://hub.oxen.ai/api", "http://127.0.0.1.evil.example/api", "http://localhost.evil.example", "ftp://127.0.0.1",
    "hub.oxen.ai", "https://u:p@hub.oxen.ai/api", "https://u@hub.oxen.ai/api",
    "https://:p@hub.oxen.ai/api", "https://@hub.oxen.ai/api", "https://hub.oxen.ai/api?x=1", "http://0.0.0.0/api",
  ])
  func rejectsAnUnsafeAddress(_ address: String) async {
    _ = await expectError(.unsupported) {
      _ = try OxenConfiguration.fromEnvironment(["OXEN_API_KEY": "k"], baseURL: address)
    }
  }

  @Test func showsNoPasswordOfAnAddress() async {
    let error = await expectError(.unsupported) {
      _ = try OxenConfiguration.fromEnvironment([
        "OXEN_API_KEY": "k", "OXEN_BASE_URL": "https://user:hunter2@hub.oxen.ai/api",
      ])
    }
    #expect(error?.message.contains("OXEN_BASE_URL") == true && error?.message.contains("hunter2") == false)
  }

  /// A request is not held up by an event stream that cannot be had.
  @Test func waitsForTheEventStreamForThreeSeconds() throws {
    #expect(try OxenConfiguration.fromEnvironment(["OXEN_API_KEY": "k"]).settings.streamTimeout <= .seconds(3))
  }

  @Test(arguments: ["0", "-1", "fast", "nan", "1e9", "1e300", "inf"]) func rejectsAnInvalidPollInterval(_ text: String)
    async
  {
    let error = await expectError(.unsupported) {
      _ = try OxenConfiguration.fromEnvironment(["OXEN_API_KEY": "k", "LONGTAKE_POLL_SECONDS": text])
    }
    #expect(error?.message.contains("LONGTAKE_POLL_SECONDS") == true)
  }
}
