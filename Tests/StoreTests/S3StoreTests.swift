import Files
import Foundation
import Generation
import Support
import Testing

@testable import Store

/// Against a scripted store, with faults.
@Suite struct S3StoreTests {
  private static func store(
    _ server: ScriptedStore, _ more: [String: String] = [:], attempts: Int = 4
  ) throws -> S3Store {
    try S3Store(
      server.url, environment: server.environment.merging(more) { $1 },
      retry: RetryPolicy(attempts: attempts, firstPause: .milliseconds(10), longestPause: .milliseconds(50)))
  }

  private static func bytes(_ text: String) -> ObjectBody { .bytes(Array(text.utf8)) }

  private static func faults(_ faults: String...) -> String { #"{"faults": [\#(faults.joined(separator: ", "))]}"# }

  @Test func passesTheSelfTest() async throws {
    let server = try await ScriptedStore.start()
    defer { server.stop() }
    let store = try Self.store(server)
    defer { store.close() }
    let checks = try await StoreSelfTest.run(store)
    #expect(checks.count == 10 && checks.allSatisfy { $0.state == .ok }, "\(checks)")
    try await StoreSelfTest.require(store)
  }

  /// As some stores are, which answer 200 to everything.
  @Test func refusesAStoreThatIgnoresConditions() async throws {
    let server = try await ScriptedStore.start(#"{"careless": true}"#)
    defer { server.stop() }
    let store = try Self.store(server)
    defer { store.close() }
    let failed = try await StoreSelfTest.run(store).filter { $0.state == .failed }.map(\.name)
    #expect(failed.contains("refuse a put if absent") && failed.contains("refuse a put if it matches"))
    #expect(failed.contains("put if absent by 8 writers at once"))
    let error = await #expect(throws: StoreError.self) { try await StoreSelfTest.require(store) }
    #expect(error?.code == .unsupported && error?.message.contains("ignores the condition") == true)
    #expect(try await store.list(prefix: "").isEmpty)
  }

  @Test func sendsTheSessionToken() async throws {
    let server = try await ScriptedStore.start(#"{"token": "the-token"}"#)
    defer { server.stop() }
    let store = try Self.store(server, ["AWS_SESSION_TOKEN": "the-token"])
    defer { store.close() }
    #expect(try await store.put("a", Self.bytes("x"), if: .none) != nil)
    let entry = try #require(try server.requests().last)
    #expect(entry.headers["authorization"]?.contains("x-amz-security-token") == true)
    #expect(entry.headers["x-amz-content-sha256"] == SHA256Text.of("x"))
  }

  @Test func readsAllPagesOfAList() async throws {
    let server = try await ScriptedStore.start(#"{"page": 3}"#)
    defer { server.stop() }
    let store = try Self.store(server)
    defer { store.close() }
    let keys = (0..<10).map { "runs/a&b/\($0)" }
    for key in keys { _ = try await store.put(key, Self.bytes(key), if: .none) }
    let found = try await store.list(prefix: "runs/")
    #expect(found.map(\.key) == keys && found.first?.modifiedAt == 1_767_323_045)
    #expect(try server.count("GET") == 4)
  }

  // MARK: - Answers that are lost

  private static let lose = #"{"method": "PUT", "action": "lose"}"#

  @Test func aLostAnswerToItsOwnWriteIsASuccess() async throws {
    let server = try await ScriptedStore.start(
      Self.faults(Self.lose, Self.lose, #"{"method": "PUT", "skip": 1, "action": "answer", "status": 500}"#))
    defer { server.stop() }
    let store = try Self.store(server)
    defer { store.close() }
    let tag = try #require(try await store.put("a", Self.bytes("mine"), if: .absent))
    #expect(try await store.put("a", Self.bytes("mine, sent"), if: .matches(tag)) != nil)
    #expect(try server.count("PUT") == 2)
    // An error of the server leaves open what it did; here, nothing.
    #expect(try await store.put("a", Self.bytes("mine"), if: .absent) == nil)
  }

  @Test(arguments: [PutCondition.absent, .matches(EntityTag("x"))])
  func aLostAnswerIsReportedWhenAnotherWroteMeanwhile(_ condition: PutCondition) async throws {
    let server = try await ScriptedStore.start(
      Self.faults(#"{"method": "PUT", "skip": \#(condition == .absent ? 0 : 1), "action": "overtake"}"#))
    defer { server.stop() }
    let store = try Self.store(server)
    defer { store.close() }
    var condition = condition
    if condition != .absent {
      condition = .matches(try #require(try await store.put("a", Self.bytes("old"), if: .absent)))
    }
    let before = try server.count("PUT")
    let error = await #expect(throws: StoreError.self) {
      try await store.put("a", Self.bytes("mine"), if: condition)
    }
    #expect(error?.code == .answerLost)
    #expect(try server.count("PUT") == before + 1)
  }

  /// What did not arrive is sent again.
  @Test func aDroppedWriteIsRepeated() async throws {
    let server = try await ScriptedStore.start(
      Self.faults(#"{"method": "PUT", "action": "drop"}"#, #"{"method": "PUT", "action": "answer", "status": 503}"#))
    defer { server.stop() }
    let store = try Self.store(server)
    defer { store.close() }
    #expect(try await store.put("a", Self.bytes("mine"), if: .absent) != nil)
    #expect(try server.count("PUT") == 3)
    #expect(try await store.get("a", limit: 10)?.bytes == Array("mine".utf8))
  }

  @Test func aWriteThatCannotBeReadBackIsReportedAsLost() async throws {
    let server = try await ScriptedStore.start(
      Self.faults(Self.lose, #"{"method": "GET", "times": 9, "action": "answer", "status": 503}"#))
    defer { server.stop() }
    let store = try Self.store(server)
    defer { store.close() }
    let error = await #expect(throws: StoreError.self) { try await store.put("a", Self.bytes("mine"), if: .absent) }
    #expect(error?.code == .answerLost)
  }

  /// 409: another writer was busy with it; that says nothing about the condition.
  @Test func aConflictIsTriedAgain() async throws {
    let body = "<Error><Code>ConditionalRequestConflict</Code></Error>"
    let conflict = #"{"method": "PUT", "times": %, "action": "answer", "status": 409, "body": "\#(body)"}"#
    let server = try await ScriptedStore.start(Self.faults(conflict.replacing("%", with: "2")))
    defer { server.stop() }
    let store = try Self.store(server)
    defer { store.close() }
    #expect(try await store.put("a", Self.bytes("mine"), if: .absent) != nil)
    #expect(try server.count("GET") == 0)
    let busy = try await ScriptedStore.start(Self.faults(conflict.replacing("%", with: "99")))
    defer { busy.stop() }
    let other = try Self.store(busy)
    defer { other.close() }
    let error = await #expect(throws: StoreError.self) { try await other.put("a", Self.bytes("mine"), if: .absent) }
    #expect(error?.code == .conflict)
  }

  // MARK: - Parts

  private static func large(_ folder: ScratchFolder) throws -> String {
    try folder.writeLarge("large", megabytes: 17)
  }

  @Test func sendsLargeFilesInParts() async throws {
    let folder = try ScratchFolder()
    let file = try Self.large(folder)
    let server = try await ScriptedStore.start(
      Self.faults(
        #"{"method": "PUT", "skip": 1, "action": "drop"}"#, #"{"method": "POST", "skip": 1, "action": "lose"}"#))
    defer { server.stop() }
    let store = try Self.store(server)
    defer { store.close() }
    // The answer to the last request is lost, too.
    #expect(try await store.put("large", .file(path: file), if: .absent) != nil)
    #expect(try await store.download("large", to: folder.path("copy")))
    #expect(try SHA256Text.ofFile(folder.path("copy")) == SHA256Text.ofFile(file))
    let requests = try server.requests()
    #expect(requests.filter { $0.method == "PUT" }.map { $0.query["partNumber"] } == ["1", "2", "2", "3"])
    #expect(requests.filter { $0.method == "POST" }.map { $0.headers["if-none-match"] } == [nil, "*"])
    #expect(try await store.put("large", .file(path: file), if: .absent) == nil)
    #expect(try server.requests().last?.method == "DELETE")
  }

  @Test func removesThePartsOfAFailedUpload() async throws {
    let folder = try ScratchFolder()
    let server = try await ScriptedStore.start(
      Self.faults(#"{"method": "PUT", "skip": 1, "times": 9, "action": "answer", "status": 403}"#))
    defer { server.stop() }
    let store = try Self.store(server)
    defer { store.close() }
    let file = try Self.large(folder)
    let error = await #expect(throws: StoreError.self) { try await store.put("large", .file(path: file), if: .none) }
    #expect(error?.code == .notAuthorised)
    let last = try #require(try server.requests().last)
    #expect(last.method == "DELETE" && last.query["uploadId"] != nil)
  }

  @Test func choosesPartsThatAreAllowed() {
    #expect(S3MultipartUpload.partSize(of: 17 << 20) == 8 << 20)
    #expect(S3MultipartUpload.partSize(of: 80_000 << 20) == 8 << 20)
    #expect(S3MultipartUpload.partSize(of: 80_001 << 20) == 9 << 20)
  }

  // MARK: - Downloads

  @Test func resumesADownloadWhereItBroke() async throws {
    let folder = try ScratchFolder()
    func truncated(_ bytes: Int) -> String { #"{"method": "GET", "action": "truncate", "bytes": \#(bytes)}"# }
    let server = try await ScriptedStore.start(
      Self.faults(
        truncated(3_000_000), #"{"method": "GET", "action": "answer", "status": 500}"#, truncated(1_000_000),
        #"{"method": "GET", "action": "drop"}"#))
    defer { server.stop() }
    let store = try Self.store(server)
    defer { store.close() }
    let file = try folder.writeLarge("large", megabytes: 8)
    _ = try await store.put("clip", .file(path: file), if: .none)
    #expect(try await store.download("clip", to: folder.path("copy")))
    #expect(try SHA256Text.ofFile(folder.path("copy")) == SHA256Text.ofFile(file))
    let ranges = try server.requests().filter { $0.method == "GET" }.map { $0.headers["range"] }
    #expect(
      ranges == [nil, "bytes=3000000-", "bytes=3000000-", "bytes=4000000-", "bytes=4000000-"])
    #expect(Set(try FileManager.default.contentsOfDirectory(atPath: folder.path)) == ["large", "copy"])
  }

  @Test func beginsAnewWhenTheObjectChanged() async throws {
    let folder = try ScratchFolder()
    let server = try await ScriptedStore.start(
      Self.faults(
        #"{"method": "GET", "action": "truncate", "bytes": 2000000}"#,
        #"{"method": "GET", "action": "answer", "status": 412}"#))
    defer { server.stop() }
    let store = try Self.store(server)
    defer { store.close() }
    let file = try folder.writeLarge("large", megabytes: 8)
    _ = try await store.put("clip", .file(path: file), if: .none)
    #expect(try await store.download("clip", to: folder.path("copy")))
    #expect(try SHA256Text.ofFile(folder.path("copy")) == SHA256Text.ofFile(file))
  }

  @Test func leavesNothingOfADownloadThatFails() async throws {
    let folder = try ScratchFolder()
    let server = try await ScriptedStore.start(Self.faults(#"{"method": "GET", "times": 99, "action": "drop"}"#))
    defer { server.stop() }
    let store = try Self.store(server)
    defer { store.close() }
    let error = await #expect(throws: StoreError.self) { try await store.download("a", to: folder.path("copy")) }
    #expect(error?.code == .unavailable && error?.message.contains("Tried 4 times") == true)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
  }

  // MARK: - Errors

  struct Refusal: Sendable, CustomTestStringConvertible {
    let status: Int
    let code: String
    var more = ""
    var headers = "{}"
    let expected: StoreError.Code
    let says: String
    var testDescription: String { "\(status) \(code)" }

    static let all = [
      Refusal(
        status: 403, code: "AccessDenied", expected: .notAuthorised, says: "rights to read, write, delete and list"),
      Refusal(
        status: 403, code: "SignatureDoesNotMatch", expected: .notAuthorised, says: "does not belong to the access key"),
      Refusal(status: 400, code: "ExpiredToken", expected: .notAuthorised, says: "new temporary credentials"),
      Refusal(
        status: 403, code: "RequestTimeTooSkewed", headers: #"{"Date": "Fri, 24 May 2013 00:00:00 GMT"}"#,
        expected: .notAuthorised, says: "Set this machine's clock"),
      Refusal(
        status: 301, code: "PermanentRedirect", headers: #"{"x-amz-bucket-region": "eu-west-3"}"#,
        expected: .unsupported,
        says: "set AWS_REGION=eu-west-3"),
      Refusal(
        status: 400, code: "AuthorizationHeaderMalformed", more: "<Region>eu-west-3</Region>", expected: .unsupported,
        says: "set AWS_REGION=eu-west-3"),
      Refusal(status: 404, code: "NoSuchBucket", expected: .notFound, says: "no bucket 'films'"),
      Refusal(status: 501, code: "NotImplemented", expected: .unsupported, says: "lacks conditional writes"),
      Refusal(
        status: 400, code: "Odd", more: "<Message>odd scripted/secret+key</Message>", expected: .unsupported,
        says: "odd"),
    ]
  }

  @Test(arguments: Refusal.all) func saysWhatToDo(_ refusal: Refusal) async throws {
    let body = "<Error><Code>\(refusal.code)</Code>\(refusal.more)</Error>"
    let server = try await ScriptedStore.start(
      Self.faults(
        #"{"times": 99, "action": "answer", "status": \#(refusal.status), "body": "\#(body)", "headers": \#(refusal.headers)}"#
      ))
    defer { server.stop() }
    let store = try Self.store(server)
    defer { store.close() }
    for work in [
      { _ = try await store.get("a", limit: 1) }, { _ = try await store.put("a", Self.bytes("x"), if: .absent) },
      { _ = try await store.put("a", Self.bytes("x"), if: .none) }, { _ = try await store.list(prefix: "") },
    ] {
      let error = await #expect(throws: StoreError.self) { try await work() }
      #expect(
        error?.code == refusal.expected && error?.message.contains(refusal.says) == true, "\(error?.message ?? "")")
      #expect(error?.message.contains("secret+key") == false)
    }
    #expect(try server.requests().count == 4)
  }

  /// A page of something else must not read as a missing object: a shot would be paid again.
  @Test func anotherServersPageIsNoMissingObject() async throws {
    let server = try await ScriptedStore.start(
      Self.faults(#"{"times": 9, "action": "answer", "status": 404, "body": "<html>Not found</html>"}"#))
    defer { server.stop() }
    let store = try Self.store(server)
    defer { store.close() }
    await #expect(throws: StoreError.self) { try await store.get("a", limit: 1) }
    await #expect(throws: StoreError.self) { try await store.download("a", to: "/nonexistent/x") }
    await #expect(throws: StoreError.self) { try await store.list(prefix: "") }
  }

  @Test(arguments: [
    "<!DOCTYPE x [<!ENTITY a 'b'>]><Error><Code>&a;</Code></Error>", "<Error><Code>", "", "{}",
    String(repeating: "<a>", count: 100),
  ]) func aHostileDocumentIsNone(_ text: String) {
    #expect(S3Document(Data(text.utf8)) == nil)
  }
}
