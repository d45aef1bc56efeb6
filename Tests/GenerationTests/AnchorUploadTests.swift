import Foundation
import Generation
import Presets
import Support
import Testing

@Suite struct AnchorUploadTests {
  /// `sha256("anchor")`.
  static let contents = "anchor"
  static let digest = "79bfb0e2ba76b9d447606ddbcc494834f05a4c11deb052e74b49ea307a3c5bcd"

  static func image(_ bench: HubFixture, _ text: String = "anchor", digest: String) throws -> ImageUpload {
    let path = bench.file("anchor-\(digest.prefix(6)).png")
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    return ImageUpload(path: path, sha256: digest, mediaType: "image/png")
  }

  @Test(arguments: ["file", "folder"]) func returnsTheAddressThatServesTheBytes(_ layout: String) async throws {
    try await HubFixture.run(#"{"layout": "\#(layout)"}"#) { (bench) async throws in
      let image = try Self.image(bench, digest: Self.digest)
      let address = try await bench.provider.publish(image)
      let name = "\(Self.digest).png"
      let base = "\(bench.hub.baseURL)/repos/team/longtake-anchors/file/main/anchors/\(name)"
      #expect(address == (layout == "file" ? base : "\(base)/\(name)"))
      #expect(try await bench.provider.publish(image) == address)
      #expect(try bench.hub.requests("PUT", "/api/repos/").count == 1, "once per digest")
      let sent = try #require(try bench.hub.requests("PUT", "/api/repos/").first)
      for part in ["name=\"file\"; filename=\"\(name)\"", "name=\"message\"", "name=\"name\"", "name=\"email\""] {
        #expect(sent.body.contains(part))
      }
      let looks = try bench.hub.requests("GET", "/api/repos/").count
      let other = try Self.image(
        bench, "b", digest: "3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d")
      _ = try await bench.provider.publish(other)
      #expect(try bench.hub.requests("GET", "/api/repos/").count == looks, "the layout is known after the first upload")
    }
  }

  @Test func createsAMissingRepository() async throws {
    try await HubFixture.run(#"{"repository": false}"#) { (bench) async throws in
      _ = try await bench.provider.publish(try Self.image(bench, digest: Self.digest))
      let changes = try bench.hub.requests().filter { $0.method != "GET" }.map(\.method)
      #expect(changes == ["PUT", "POST", "PUT"])
      let created = try #require(try bench.hub.requests("POST", "/api/repos").first)
      let body = try JSONDecoder().decode(JSONValue.self, from: Data(created.body.utf8))
      #expect(body["namespace"] == "team" && body["name"] == "longtake-anchors")
      #expect(body["user"]?["name"]?.stringValue?.isEmpty == false)
      #expect(body["user"]?["email"]?.stringValue?.isEmpty == false)
    }
  }

  @Test func acceptsARepositoryThatWasCreatedMeanwhile() async throws {
    let faults =
      #"[{"method": "PUT", "action": "status", "status": 404}, {"method": "POST", "path": "/api/repos", "action": "status", "status": 409}]"#
    try await HubFixture.run(#"{"faults": \#(faults)}"#) { (bench) async throws in
      _ = try await bench.provider.publish(try Self.image(bench, digest: Self.digest))
    }
  }

  @Test func retriesABrokenUpload() async throws {
    try await HubFixture.run(#"{"faults": [{"method": "PUT", "action": "drop"}]}"#) { (bench) async throws in
      _ = try await bench.provider.publish(try Self.image(bench, digest: Self.digest))
      #expect(try bench.hub.requests("PUT", "/api/repos/").count == 2)
    }
  }

  @Test func uploadsAnImageOnceForParallelCallers() async throws {
    try await HubFixture.run { (bench) async throws in
      let image = try Self.image(bench, digest: Self.digest)
      let addresses = try await withThrowingTaskGroup(of: String.self) { group in
        for _ in 0..<8 { group.addTask { try await bench.provider.publish(image) } }
        return try await group.reduce(into: Set<String>()) { $0.insert($1) }
      }
      #expect(addresses.count == 1)
      #expect(try bench.hub.requests("PUT", "/api/repos/").count == 1)
    }
  }

  @Test func namesTheVariableOfAMissingNamespace() async throws {
    try await HubFixture.run(namespace: nil) { (bench) async throws in
      let image = try Self.image(bench, digest: Self.digest)
      let error = await expectError(.unsupported) { _ = try await bench.provider.publish(image) }
      #expect(error?.message.contains("OXEN_NAMESPACE") == true)
    }
  }

  @Test func rejectsAnImageThatIsNotServed() async throws {
    try await HubFixture.run(#"{"layout": "nowhere"}"#) { (bench) async throws in
      let image = try Self.image(bench, digest: Self.digest)
      _ = await expectError(.malformedAnswer) { _ = try await bench.provider.publish(image) }
    }
  }

  /// A model has no key: what only the key can read is worth nothing to it.
  @Test func rejectsAnImageThatOnlyTheKeyCanRead() async throws {
    try await HubFixture.run(#"{"private_repository": true}"#) { (bench) async throws in
      let image = try Self.image(bench, digest: Self.digest)
      let error = await expectError(.refused) { _ = try await bench.provider.publish(image) }
      #expect(error?.message.contains("--anchor-store") == true)
    }
    try await HubFixture.run { (bench) async throws in
      _ = try await bench.provider.publish(try Self.image(bench, digest: Self.digest))
      #expect(try bench.hub.requests("GET", "/api/repos/").allSatisfy { $0.headers["authorization"] == nil })
    }
  }

  @Test func readsAddressesAsAModelDoes() async throws {
    try await HubFixture.run(
      #"{"faults": [{"method": "GET", "path": "/api/repos/.*broken", "action": "status", "status": 503, "times": 9}]}"#
    ) { (bench) async throws in
      let image = try Self.image(bench, digest: Self.digest)
      let address = try await bench.provider.publish(image)
      let reader = try PublicAddressReader()
      defer { reader.close() }
      #expect(try await reader.read(address, bytes: try image.size()) == .readable)
      let requests = try bench.hub.requests("GET", "/api/repos/")
      #expect(requests.last?.headers["authorization"] == nil && requests.last?.headers["range"] == "bytes=0-0")
      for dead in [(address, Int64(99)), (address + "x", 6), ("ftp://127.0.0.1/x", 6)] {
        let answer = try await reader.read(dead.0, bytes: dead.1)
        if case .dead = answer {} else { Issue.record("\(dead): \(answer)") }
      }
      for unknown in [address + "/broken", "http://127.0.0.1:1/x"] {
        let answer = try await reader.read(unknown, bytes: 6)
        if case .unknown = answer {} else { Issue.record("\(unknown): \(answer)") }
      }
    }
  }

  @Test(arguments: [
    ("https://s/x", nil),
    ("https://s/x?X-Amz-Date=20261127T120000Z&X-Amz-Expires=900&X-Amz-Signature=a", 1_795_781_700),
    ("https://s/x?X-Goog-Expires=60&X-Goog-Date=20261127T120000Z", 1_795_780_860),
    ("https://s/x?Expires=1795780800&Signature=b", 1_795_780_800),
    ("https://s/x?sv=1&se=2026-11-27T12%3A00%3A00Z&sig=c", 1_795_780_800), ("https://s/x?a=b#Expires=5", nil),
  ])
  func readsTheEndOfASignature(_ address: String, _ end: Double?) {
    #expect(SignedAddress.expiry(of: address) == end)
  }

  @Test func doesNotSendAChangedImage() async throws {
    try await HubFixture.run { (bench) async throws in
      let image = try Self.image(bench, "another", digest: Self.digest)
      _ = await expectError(.localFile) { _ = try await bench.provider.publish(image) }
      #expect(try bench.hub.requests().isEmpty)
    }
  }
}
