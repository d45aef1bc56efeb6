import Foundation
import Generation
import Support
import Synchronization
import Testing

@Suite struct DownloadTests {
  static func script(_ fault: String, more: String = "") -> String {
    #"{"done_after": 0\#(more), "faults": [{"port": "files", \#(fault)}]}"#
  }

  /// A finished clip at the hub.
  static func result(_ bench: HubFixture) async throws -> GenerationResult {
    let id = try await bench.provider.enqueue(HubFixture.request)[0].id
    return try await bench.wait(id)
  }

  @Test func aClipIsWholeAndTheKeyStaysHome() async throws {
    try await HubFixture.run(#"{"done_after": 0, "clip_bytes": 3000000}"#) { (bench) async throws in
      let seen = Mutex<[Int64]>([])
      let file = try await bench.provider.download(try await Self.result(bench), to: bench.file("a/clip.mp4")) {
        bytes, total in
        #expect(total == 3_000_000)
        seen.withLock { $0.append(bytes) }
      }
      #expect(file.path == bench.file("a/clip.mp4") && file.bytes == 3_000_000)
      #expect(seen.withLock { $0.last } == 3_000_000 && seen.withLock { $0 == $0.sorted() })
      #expect(try FileManager.default.contentsOfDirectory(atPath: bench.file("a")) == ["clip.mp4"])
      let again = try await bench.fetch(.file(path: file.path, jobID: nil), to: "b.mp4")
      #expect(again.sha256 == file.sha256 && again.bytes == file.bytes)
      let requests = try bench.hub.requests()
      for request in requests {
        let key = request.headers["authorization"]
        #expect(request.port == "files" ? key == nil : key == "Bearer \(ScriptedHub.key)")
      }
    }
  }

  @Test func aResultOfTheHubItselfIsFetchedWithTheKey() async throws {
    try await HubFixture.run(#"{"done_after": 0, "relative_results": true}"#) { (bench) async throws in
      _ = try await bench.fetch(try await Self.result(bench))
      let fetched = try bench.hub.requests("GET", "/api/results/")
      #expect(fetched.map { $0.headers["authorization"] } == ["Bearer \(ScriptedHub.key)"])
    }
  }

  @Test func aBreakIsContinued() async throws {
    try await HubFixture.run(Self.script(#""action": "truncate", "bytes": 70000, "times": 2"#)) { (bench) async throws in
      let file = try await bench.fetch(try await Self.result(bench))
      let whole = try await bench.fetch(try await bench.wait("gen-1"), to: "whole.mp4")
      #expect(file.sha256 == whole.sha256 && file.bytes == 200_000)
      let ranges = try bench.hub.requests().filter { $0.port == "files" }.map { $0.headers["range"] ?? "" }
      #expect(ranges.count == 4 && ranges.first == "" && ranges.last == "")
      let starts = ranges.compactMap { Int($0.dropFirst("bytes=".count).dropLast()) }
      #expect(starts.count == 2 && starts[0] > 0 && starts[1] > starts[0])
    }
  }

  @Test(arguments: [
    #"{"strong_etag": false, "done_after": 0, "faults": [{"port": "files", "action": "truncate", "bytes": 70000}]}"#,
    """
    {"done_after": 0, "faults": [{"port": "files", "action": "truncate", "bytes": 70000},
    {"port": "files", "action": "none", "ignore_range": true}]}
    """,
  ])
  func aBreakThatCannotBeContinuedStartsAgain(_ script: String) async throws {
    try await HubFixture.run(script) { (bench) async throws in
      let file = try await bench.fetch(try await Self.result(bench))
      #expect(try bench.hub.requests().filter { $0.port == "files" }.count == 2)
      let whole = try await bench.fetch(try await bench.wait("gen-1"), to: "whole.mp4")
      #expect(file.sha256 == whole.sha256 && file.bytes == 200_000)
    }
  }

  @Test(arguments: [#""action": "truncate", "bytes": 0"#, #""action": "empty""#])
  func aClipThatNeverComesWholeIsNoClip(_ fault: String) async throws {
    try await HubFixture.run(Self.script(#"\#(fault), "times": 99"#)) { (bench) async throws in
      let result = try await Self.result(bench)
      _ = await expectError(.damagedDownload) { _ = try await bench.fetch(result) }
      let left = try FileManager.default.contentsOfDirectory(atPath: bench.hub.folder.path)
      #expect(!left.contains { $0.hasPrefix("clip.mp4") })
    }
  }

  @Test func aTransferThatStandsStillIsTakenUpAgain() async throws {
    let script = Self.script(#""action": "stall", "bytes": 70000, "seconds": 5"#)
    try await HubFixture.run(script, stall: .milliseconds(300)) { (bench) async throws in
      let start = ContinuousClock.now
      let file = try await bench.fetch(try await Self.result(bench))
      #expect(file.bytes == 200_000)
      #expect(start.duration(to: .now) < .seconds(4))
    }
  }

  @Test(arguments: [403, 404, 410]) func anExpiredAddressIsReplaced(_ status: Int) async throws {
    try await HubFixture.run(Self.script(#""action": "status", "status": \#(status)"#)) { (bench) async throws in
      let file = try await bench.fetch(try await Self.result(bench))
      #expect(file.bytes == 200_000)
      let tried = try bench.hub.requests().filter { $0.port == "files" }
      #expect(tried.count == 2 && tried[0].query != tried[1].query)
    }
    try await HubFixture.run(Self.script(#""action": "status", "status": \#(status), "times": 99"#)) {
      (bench) async throws in
      let result = try await Self.result(bench)
      let error = await expectError(.notFound) { _ = try await bench.fetch(result) }
      #expect(error?.message.contains("Signature") == false)
      let tried = try bench.hub.requests().filter { $0.port == "files" }
      #expect(tried.count == 4 && Set(tried.map(\.query)).count == 4)
    }
  }

  @Test func aRedirectToAnotherHostCarriesNoKey() async throws {
    let fault = #"{"path": "/api/results", "action": "redirect", "to": "{files}/clip{query}"}"#
    try await HubFixture.run(#"{"done_after": 0, "relative_results": true, "faults": [\#(fault)]}"#) {
      (bench) async throws in
      let file = try await bench.fetch(try await Self.result(bench))
      #expect(file.bytes == 200_000)
      let elsewhere = try bench.hub.requests().filter { $0.port == "files" }
      #expect(elsewhere.count == 1 && elsewhere[0].headers["authorization"] == nil)
    }
  }

  @Test func aRedirectCircleEnds() async throws {
    let script = Self.script(#""times": 99, "action": "redirect", "to": "{files}/clip{query}""#)
    try await HubFixture.run(script) { (bench) async throws in
      let result = try await Self.result(bench)
      _ = await expectError(.refused) { _ = try await bench.fetch(result) }
    }
  }

  @Test(arguments: ["http://frames.example/clip.mp4", "file:///etc/passwd", "ftp://127.0.0.1/x"])
  func onlyEncryptedAddressesAreFetchedElsewhere(_ address: String) async throws {
    try await HubFixture.run { (bench) async throws in
      await #expect(throws: GenerationError.self) {
        _ = try await bench.fetch(.address(url: address, jobID: nil))
      }
    }
  }

  @Test func aFolderThatCannotBeWrittenIsALocalError() async throws {
    try await HubFixture.run(#"{"done_after": 0}"#) { (bench) async throws in
      let result = try await Self.result(bench)
      try Data("x".utf8).write(to: URL(fileURLWithPath: bench.file("taken")))
      _ = await expectError(.localFile) { _ = try await bench.fetch(result, to: "taken/clip.mp4") }
    }
  }

  /// Fetches 70000 bytes of a clip and is then cancelled, as by the end of the program.
  private func breakOff(_ bench: HubFixture) async throws -> GenerationResult {
    let result = try await Self.result(bench)
    let task = Task { try await bench.fetch(result) }
    let part = bench.file("clip.mp4.part")
    while (try? Data(contentsOf: URL(fileURLWithPath: part)).count) != 70_000 {
      try await Task.sleep(for: .milliseconds(20))
    }
    task.cancel()
    let start = ContinuousClock.now
    await #expect(throws: CancellationError.self) { _ = try await task.value }
    #expect(start.duration(to: .now) < .seconds(5))
    return result
  }

  private static let standstill = #""action": "stall", "bytes": 70000, "seconds": 30"#

  @Test func theNextRunGoesOnWhereThisOneEnded() async throws {
    try await HubFixture.run(Self.script(Self.standstill)) { (bench) async throws in
      let result = try await breakOff(bench)
      let file = try await bench.fetch(result)
      let whole = try await bench.fetch(try await bench.wait("gen-1"), to: "whole.mp4")
      #expect(file.sha256 == whole.sha256 && file.bytes == 200_000)
      let ranges = try bench.hub.requests().filter { $0.port == "files" }.map { $0.headers["range"] ?? "" }
      #expect(ranges == ["", "bytes=70000-", ""])
      let left = try FileManager.default.contentsOfDirectory(atPath: bench.hub.folder.path)
      #expect(!left.contains { $0.contains(".part") })
    }
  }

  @Test(arguments: [
    #"{"port": "files", "action": "none", "headers": {"ETag": "\"another\""}}"#,
    #"{"port": "files", "action": "none", "ignore_range": true}"#,
  ])
  func theNextRunStartsAgainWhenTheClipIsAnother(_ second: String) async throws {
    let script = #"{"done_after": 0, "faults": [{"port": "files", \#(Self.standstill)}, \#(second)]}"#
    try await HubFixture.run(script) { (bench) async throws in
      let file = try await bench.fetch(try await breakOff(bench))
      let whole = try await bench.fetch(try await bench.wait("gen-1"), to: "whole.mp4")
      #expect(file.sha256 == whole.sha256 && file.bytes == 200_000)
    }
  }

  @Test func whatAnEarlierRunLeftOfAnotherClipIsNotUsed() async throws {
    try await HubFixture.run(Self.script(Self.standstill)) { (bench) async throws in
      _ = try await breakOff(bench)
      let file = try await bench.fetch(try await Self.result(bench))
      let whole = try await bench.fetch(try await bench.wait("gen-2"), to: "whole.mp4")
      #expect(file.sha256 == whole.sha256)
      #expect(try bench.hub.requests().allSatisfy { $0.headers["range"] == nil })
    }
  }

  @Test(arguments: [
    ("Repr-Digest", "sha-256=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:"),
    ("Content-MD5", "AAAAAAAAAAAAAAAAAAAAAA=="),
    ("x-goog-hash", "crc32c=AAAAAA==,md5=AAAAAAAAAAAAAAAAAAAAAA=="),
  ])
  func aClipWithAnotherDigestIsFetchedAgain(_ header: String, _ value: String) async throws {
    try await HubFixture.run(Self.script(#""action": "none", "headers": {"\#(header)": "\#(value)"}"#)) {
      (bench) async throws in
      let file = try await bench.fetch(try await Self.result(bench))
      #expect(file.bytes == 200_000)
      #expect(try bench.hub.requests().filter { $0.port == "files" }.count == 2)
    }
    let always = #""action": "none", "times": 99, "headers": {"\#(header)": "\#(value)"}"#
    try await HubFixture.run(Self.script(always)) { (bench) async throws in
      let result = try await Self.result(bench)
      let error = await expectError(.damagedDownload) { _ = try await bench.fetch(result) }
      #expect(error?.message.contains("digest") == true)
      #expect(!FileManager.default.fileExists(atPath: bench.file("clip.mp4")))
    }
  }
}
