import Files
import Foundation
import Generation
import Support
import Testing

@testable import Store

/// Stores written by others: SeaweedFS and moto.
@Suite(.enabled(if: ObjectServer.isInstalled, "scripts/setup --tests installs the servers")) struct RealStoreTests {
  enum Server: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case seaweedFS = "SeaweedFS"
    case moto
    var testDescription: String { rawValue }

    func start() async throws -> ObjectServer {
      switch self {
      case .seaweedFS: try await .seaweedFS()
      case .moto: try await .moto()
      }
    }
  }

  @Test(arguments: Server.allCases) func passTheSelfTest(_ server: Server) async throws {
    let store = try await server.start().store()
    defer { store.close() }
    let checks = try await StoreSelfTest.run(store)
    #expect(checks.count == 10 && checks.allSatisfy { $0.state == .ok }, "\(checks)")
    #expect(try await store.list(prefix: "").isEmpty)
  }

  @Test(arguments: Server.allCases) func keepKeysOfAllKinds(_ server: Server) async throws {
    let store = try await server.start().store()
    defer { store.close() }
    let keys = ["a b/ä+&c=d.json", "a/$~-_'()*!:@;,", "runs/film-de/run.json", "z"]
    for key in keys { #expect(try await store.put(key, .bytes(Array(key.utf8)), if: .absent) != nil, "\(key)") }
    #expect(try await store.list(prefix: "").map(\.key) == keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
    let listed = try await store.list(prefix: "runs/")
    #expect(listed.map(\.key) == ["runs/film-de/run.json"])
    let age = Date().timeIntervalSince1970 - (listed.first?.modifiedAt ?? 0)
    #expect(abs(age) < 100 && listed.first?.bytes == 21)
    for key in keys {
      #expect(try await store.get(key, limit: 100)?.bytes == Array(key.utf8), "\(key)")
      let facts = try #require(try await store.facts(key))
      #expect(facts.bytes == key.utf8.count && abs((facts.modifiedAt ?? 0) - Date().timeIntervalSince1970) < 100)
      try await store.delete(key)
      #expect(try await store.get(key, limit: 100) == nil)
    }
    try await store.delete("z")
    #expect(try await store.facts("z") == nil)
    #expect(try await store.put("z", .bytes([1]), if: .matches(EntityTag("\"0123\""))) == nil)
  }

  @Test func oneOfSixteenProcessesWins() async throws {
    let server = try await ObjectServer.seaweedFS()
    let url = "s3://films/\(UUID().uuidString)"
    let results = try await StoreWriters.run(
      (0..<16).map { [url, "claim", "ledger/one.json", "writer \($0)"] }, environment: server.environment())
    #expect(results.filter { $0 == "1" }.count == 1)
  }

  @Test func noIncrementOfFourProcessesIsLost() async throws {
    let server = try await ObjectServer.seaweedFS()
    let url = "s3://films/\(UUID().uuidString)"
    let store = try S3Store(url, environment: server.environment())
    defer { store.close() }
    _ = try await store.put("budget", .bytes(Array("0".utf8)), if: .absent)
    _ = try await StoreWriters.run(
      (0..<4).map { _ in [url, "count", "budget", "10"] }, environment: server.environment())
    let bytes = try #require(try await store.get("budget", limit: 100)?.bytes)
    #expect(String(decoding: bytes, as: UTF8.self).hasPrefix("40 "))
  }

  /// Both ways with a file of 40 MiB, in parts; a process of its own shows the memory.
  @Test func streamsALargeFileInConstantMemory() async throws {
    let folder = try ScratchFolder()
    let server = try await ObjectServer.seaweedFS()
    let url = "s3://films/\(UUID().uuidString)"
    let file = try folder.writeLarge("large", megabytes: 40)
    let sent = try await StoreWriters.run([[url, "upload", "large", file]], environment: server.environment())
    let read = try await StoreWriters.run(
      [[url, "download", "large", folder.path("copy")]], environment: server.environment())
    #expect(try SHA256Text.ofFile(folder.path("copy")) == SHA256Text.ofFile(file))
    // A part is 8 MiB; the program itself takes about 35.
    for peak in sent + read { #expect(try #require(Int(peak)) < 90 << 20) }
    // It is there now, so that the condition does not hold.
    let store = try S3Store(url, environment: server.environment())
    defer { store.close() }
    #expect(try await store.put("large", .file(path: file), if: .absent) == nil)
    #expect(try await store.facts("large")?.bytes == 40 << 20)
  }

  /// The server took it, and nobody heard so: through a proxy that cuts the answer.
  @Test func takesAWriteForItsOwnWhoseAnswerWasLost() async throws {
    let server = try await ObjectServer.seaweedFS()
    let proxy = try await ScriptedStore.start(
      #"""
      {"upstream": \#(server.port), "faults": [
        {"method": "PUT", "action": "lose"}, {"method": "PUT", "skip": 1, "action": "lose"}, {"method": "GET", "action": "drop"},
        {"method": "GET", "skip": 3, "action": "truncate", "bytes": 5000000}]}
      """#)
    defer { proxy.stop() }
    let store = try S3Store(
      "s3://films/\(UUID().uuidString)",
      environment: server.environment().merging(["AWS_ENDPOINT_URL_S3": "http://127.0.0.1:\(proxy.port)"]) { $1 },
      retry: .init(attempts: 4, firstPause: .milliseconds(20)))
    defer { store.close() }
    let first = try #require(try await store.put("intent", .bytes(Array("owner 1".utf8)), if: .absent))
    #expect(try await store.put("intent", .bytes(Array("owner 2".utf8)), if: .absent) == nil)
    let second = try #require(try await store.put("intent", .bytes(Array("owner 1, sent".utf8)), if: .matches(first)))
    #expect(try await store.get("intent", limit: 100)?.tag == second)
    #expect(try proxy.count("PUT") == 3)
    // A download that breaks in the middle goes on there.
    let folder = try ScratchFolder()
    let file = try folder.writeLarge("clip", megabytes: 10)
    _ = try await store.put("clip", .file(path: file), if: .none)
    #expect(try await store.download("clip", to: folder.path("copy")))
    #expect(try SHA256Text.ofFile(folder.path("copy")) == SHA256Text.ofFile(file))
    #expect(try proxy.requests().last?.headers["range"] == "bytes=5000000-")
  }

  @Test func saysWhatIsWrong() async throws {
    let server = try await ObjectServer.seaweedFS()
    let key = try S3Store("s3://films/x", environment: server.environment(secret: "another"))
    defer { key.close() }
    for work in [
      { _ = try await key.put("a", .bytes([1]), if: .absent) }, { _ = try await key.get("a", limit: 1) },
      { _ = try await key.facts("a") }, { _ = try await key.list(prefix: "") },
      { try await StoreSelfTest.require(key) },
    ] {
      let error = await #expect(throws: StoreError.self) { try await work() }
      #expect(error?.code == .notAuthorised && error?.message.contains("another") == false, "\(error?.message ?? "")")
    }
    let moto = try await ObjectServer.moto()
    let bucket = try S3Store("s3://none-such/x", environment: moto.environment())
    defer { bucket.close() }
    let error = await #expect(throws: StoreError.self) { try await bucket.put("a", .bytes([1]), if: .absent) }
    #expect(error?.code == .notFound && error?.message.contains("no bucket 'none-such'") == true)
    let read = await #expect(throws: StoreError.self) { try await bucket.get("a", limit: 1) }
    #expect(read?.code == .notFound)
  }
}
