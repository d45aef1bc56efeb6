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

  @Test func downloadsTheWholeClipWithoutTheKey() async throws {
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

  /// Presigned links are refused when they carry a second authorisation.
  @Test func asksThePresignedLinksOfTheHubItselfWithoutTheKey() async throws {
    try await HubFixture.run(#"{"done_after": 0, "relative_results": true}"#) { (bench) async throws in
      #expect(try await bench.fetch(try await Self.result(bench)).bytes == 200_000)
      let fetched = try bench.hub.requests("GET", "/api/results/")
      #expect(fetched.map { $0.headers["authorization"] } == [nil])
    }
  }

  @Test func sendsTheKeyWhereTheHubItselfAsksForIt() async throws {
    let script = #"{"done_after": 0, "relative_results": true, "results_need_key": true}"#
    try await HubFixture.run(script) { (bench) async throws in
      #expect(try await bench.fetch(try await Self.result(bench)).bytes == 200_000)
      let fetched = try bench.hub.requests("GET", "/api/results/")
      #expect(fetched.map { $0.headers["authorization"] } == [nil, "Bearer \(ScriptedHub.key)"])
    }
  }

  @Test(arguments: [401, 403]) func sendsNoKeyToAnotherHostThatAsksForIt(_ status: Int) async throws {
    let fault = #"{"path": "/api/results", "times": 9, "action": "redirect", "to": "{files}/clip{query}"}"#
    let refusal = #"{"port": "files", "times": 9, "action": "status", "status": \#(status)}"#
    let script = #"{"done_after": 0, "relative_results": true, "faults": [\#(fault), \#(refusal)]}"#
    try await HubFixture.run(script) { (bench) async throws in
      let result = try await Self.result(bench)
      _ = await expectError(.notFound) { _ = try await bench.fetch(result) }
      let elsewhere = try bench.hub.requests().filter { $0.port == "files" }
      #expect(elsewhere.count == 4 && elsewhere.allSatisfy { $0.headers["authorization"] == nil })
      #expect(try bench.hub.requests("GET", "/api/results/").allSatisfy { $0.headers["authorization"] == nil })
    }
  }

  @Test func resumesABrokenDownload() async throws {
    try await HubFixture.run(Self.script(#""action": "truncate", "bytes": 70000, "times": 2"#)) {
      (bench) async throws in
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
  func restartsADownloadThatCannotBeResumed(_ script: String) async throws {
    try await HubFixture.run(script) { (bench) async throws in
      let file = try await bench.fetch(try await Self.result(bench))
      #expect(try bench.hub.requests().filter { $0.port == "files" }.count == 2)
      let whole = try await bench.fetch(try await bench.wait("gen-1"), to: "whole.mp4")
      #expect(file.sha256 == whole.sha256 && file.bytes == 200_000)
    }
  }

  @Test(arguments: [#""action": "truncate", "bytes": 0"#, #""action": "empty""#])
  func keepsNothingOfAClipThatStaysIncomplete(_ fault: String) async throws {
    try await HubFixture.run(Self.script(#"\#(fault), "times": 99"#)) { (bench) async throws in
      let result = try await Self.result(bench)
      _ = await expectError(.damagedDownload) { _ = try await bench.fetch(result) }
      let left = try FileManager.default.contentsOfDirectory(atPath: bench.hub.folder.path)
      #expect(!left.contains { $0.hasPrefix("clip.mp4") })
    }
  }

  /// The server stalls for longer than any test run: only a retry gets the clip.
  @Test func retriesAStalledDownload() async throws {
    let script = Self.script(#""action": "stall", "bytes": 70000, "seconds": 3600"#)
    try await HubFixture.run(script, stall: .seconds(15)) { (bench) async throws in
      #expect(try await bench.fetch(try await Self.result(bench)).bytes == 200_000)
    }
  }

  @Test(arguments: [403, 404, 410]) func requestsAFreshAddressForAnExpiredOne(_ status: Int) async throws {
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

  @Test func sendsNoKeyAfterARedirectToAnotherHost() async throws {
    let fault = #"{"path": "/api/results", "action": "redirect", "to": "{files}/clip{query}"}"#
    try await HubFixture.run(#"{"done_after": 0, "relative_results": true, "faults": [\#(fault)]}"#) {
      (bench) async throws in
      let file = try await bench.fetch(try await Self.result(bench))
      #expect(file.bytes == 200_000)
      let elsewhere = try bench.hub.requests().filter { $0.port == "files" }
      #expect(elsewhere.count == 1 && elsewhere[0].headers["authorization"] == nil)
    }
  }

  @Test func stopsInARedirectLoop() async throws {
    let script = Self.script(#""times": 99, "action": "redirect", "to": "{files}/clip{query}""#)
    try await HubFixture.run(script) { (bench) async throws in
      let result = try await Self.result(bench)
      _ = await expectError(.refused) { _ = try await bench.fetch(result) }
    }
  }

  @Test(arguments: ["http://clips.example/clip.mp4", "file:///etc/passwd", "ftp://127.0.0.1/x"])
  func rejectsUnencryptedAddressesOfOtherHosts(_ address: String) async throws {
    try await HubFixture.run { (bench) async throws in
      await #expect(throws: GenerationError.self) {
        _ = try await bench.fetch(.address(url: address, jobID: nil))
      }
    }
  }

  @Test func reportsAnUnwritableFolderAsALocalError() async throws {
    try await HubFixture.run(#"{"done_after": 0}"#) { (bench) async throws in
      let result = try await Self.result(bench)
      try Data("x".utf8).write(to: URL(fileURLWithPath: bench.file("taken")))
      _ = await expectError(.localFile) { _ = try await bench.fetch(result, to: "taken/clip.mp4") }
    }
  }

  /// Downloads 70000 bytes of a clip and cancels, as the end of the program does.
  private func breakOff(_ bench: HubFixture) async throws -> GenerationResult {
    let result = try await Self.result(bench)
    let task = Task { try await bench.fetch(result) }
    let part = bench.file("clip.mp4.part")
    try await until { (try? Data(contentsOf: URL(fileURLWithPath: part)).count) == 70_000 }
    task.cancel()
    let start = ContinuousClock.now
    await #expect(throws: CancellationError.self) { _ = try await task.value }
    #expect(start.duration(to: .now) < .seconds(25))
    return result
  }

  private static let stall = #""action": "stall", "bytes": 70000, "seconds": 30"#

  @Test func theNextRunResumesTheDownload() async throws {
    try await HubFixture.run(Self.script(Self.stall)) { (bench) async throws in
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
  func theNextRunRestartsWhenTheClipHasChanged(_ second: String) async throws {
    let script = #"{"done_after": 0, "faults": [{"port": "files", \#(Self.stall)}, \#(second)]}"#
    try await HubFixture.run(script) { (bench) async throws in
      let file = try await bench.fetch(try await breakOff(bench))
      let whole = try await bench.fetch(try await bench.wait("gen-1"), to: "whole.mp4")
      #expect(file.sha256 == whole.sha256 && file.bytes == 200_000)
    }
  }

  @Test func ignoresThePartFileOfAnotherClip() async throws {
    try await HubFixture.run(Self.script(Self.stall)) { (bench) async throws in
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
  func retriesAClipWithTheWrongDigest(_ header: String, _ value: String) async throws {
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

  /// A signature covers the bytes of an address; whoever re-encodes them gets a 403.
  @Test(arguments: [
    ("/clips/a%2Bb/c.mp4?t=x%2By%3D&n=a+b", "/clips/a%2Bb/c.mp4?t=x%2By%3D&n=a+b"),
    ("/clips/a%2Bb/c d.mp4?t=x%2By", "/clips/a%2Bb/c%20d.mp4?t=x%2By"),
    ("/clips/a%2Bb/c|d.mp4?t=x%2By|z", "/clips/a%2Bb/c|d.mp4?t=x%2By|z"),
    ("/clips/\"a%2Bb\"?t=%22x\"", "/clips/\"a%2Bb\"?t=%22x\""),
    ("/clips/a[1]%2B?t[]=x%2By", "/clips/a[1]%2B?t[]=x%2By"),
    ("/clips/a^`{}\\<>%2B?t=^`{}\\<>%2B", "/clips/a^`{}\\<>%2B?t=^`{}\\<>%2B"),
    ("/clips/a%2bb/é?t=%c3%a9é", "/clips/a%2bb/%C3%A9?t=%c3%a9%C3%A9"),
    ("/clips//a/../%2e%2E/b;v=1?t=a/b?c&&d=%2F", "/clips//a/../%2e%2E/b;v=1?t=a/b?c&&d=%2F"),
    ("/clips/100%/%zz%2B?t=1", "/clips/100%/%zz%2B?t=1"),
    ("/clips/a\t%2B?t=1\u{7F}", "/clips/a%09%2B?t=1%7F"),
  ])
  func usesTheAddressByteForByte(_ given: String, _ sent: String) async throws {
    let encoded = String(decoding: try JSONEncoder().encode(given), as: UTF8.self)
    try await HubFixture.run(#"{"done_after": 0, "odd_results": \#(encoded)}"#) { (bench) async throws in
      let file = try await bench.fetch(try await Self.result(bench))
      #expect(file.bytes == 200_000)
      let target = try #require(try bench.hub.requests().first { $0.port == "files" }?.target)
      #expect(target.hasPrefix(sent + "&X-Amz-Signature="), "\(target)")
    }
  }

  @Test func followsARedirectByteForByte() async throws {
    let fault =
      #"{"path": "/api/results", "action": "redirect", "to": "{files}/clips/a b%2B?x=a|b%2B&X-Amz-Signature={signature}"}"#
    try await HubFixture.run(#"{"done_after": 0, "relative_results": true, "faults": [\#(fault)]}"#) {
      (bench) async throws in
      #expect(try await bench.fetch(try await Self.result(bench)).bytes == 200_000)
      let target = try #require(try bench.hub.requests().first { $0.port == "files" }?.target)
      #expect(target.hasPrefix("/clips/a%20b%2B?x=a|b%2B&X-Amz-Signature="), "\(target)")
    }
  }
}
