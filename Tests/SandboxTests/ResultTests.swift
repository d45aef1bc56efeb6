import Foundation
import Presets
import Sandbox
import Support
import Testing

@Suite struct ResultTests {
  private let request = #"{"model":"\#(TestSandbox.referenceModel)","prompt":"snow","duration":3}"#

  @Test func linksCannotBeForged() async throws {
    try await TestSandbox.with { sandbox in
      let id = try await sandbox.enqueue(request)[0]
      let url = try #require(try await sandbox.outcome(of: id)["result_url"]?.stringValue)
      #expect(try await HTTPCall("GET", url, key: nil).status == 200)
      let forgeries = [
        String(url.dropLast()) + (url.hasSuffix("0") ? "1" : "0"), String(url.prefix { $0 != "?" }),
        url.replacing("expires=1", with: "expires=9"), url.replacing(id, with: UUID().uuidString.lowercased()),
      ]
      for forgery in forgeries { #expect(try await HTTPCall("GET", forgery, key: nil).status == 403, "\(forgery)") }
    }
  }

  @Test func linksExpire() async throws {
    try await TestSandbox.with(change: { $0.linkLifetime = -1 }) { sandbox in
      let answer = try await sandbox.outcome(of: try await sandbox.enqueue(request)[0])
      let expired = try await HTTPCall("GET", try #require(answer["result_url"]?.stringValue), key: nil)
      #expect(expired.status == 403)
      #expect(try sandbox.json(expired)["error"]?["message"] != nil)
    }
  }

  @Test func servesPartsOfAClip() async throws {
    try await TestSandbox.with { sandbox in
      let url = try #require(
        try await sandbox.outcome(of: try await sandbox.enqueue(request)[0])["result_url"]?.stringValue)
      let whole = try await HTTPCall("GET", url, key: nil)
      let tag = try #require(whole.headers["etag"])
      let rest = try await HTTPCall(
        "GET", url, key: nil, options: ["-H", "Range: bytes=1000-", "-H", "If-Range: \(tag)"])
      #expect(rest.status == 206)
      #expect(rest.body == whole.body.dropFirst(1000))
      #expect(rest.headers["content-range"] == "bytes 1000-\(whole.body.count - 1)/\(whole.body.count)")
      let other = try await HTTPCall("GET", url, key: nil, options: ["-H", "Range: bytes=5-", "-H", "If-Range: \"x\""])
      #expect(other.status == 200 && other.body == whole.body)
      #expect(try await HTTPCall("GET", url, key: nil, options: ["-H", "Range: bytes=99999999-"]).status == 416)
    }
  }

  @Test func aLaterSandboxResumesAnEarlierOne() async throws {
    let folder = try ScratchFolder()
    let directory = folder.path + "/state"
    let (done, clip) = try await TestSandbox.with(directory: directory) { sandbox in
      let id = try await sandbox.enqueue(request)[0]
      let url = try #require(try await sandbox.outcome(of: id)["result_url"]?.stringValue)
      return (id, try await HTTPCall("GET", url, key: nil).body)
    }
    let open = try await TestSandbox.with(directory: directory, change: { $0.latency = .seconds(60) }) { sandbox in
      try await sandbox.enqueue(#"{"model":"\#(TestSandbox.referenceModel)","prompt":"left","duration":3}"#)[0]
    }
    try await TestSandbox.with(directory: directory) { sandbox in
      let known = try await sandbox.get("/ai/queue/\(done)")
      #expect(known["status"] == "succeeded")
      let url = try #require(known["result_url"]?.stringValue)
      #expect(try await HTTPCall("GET", url, key: nil).body == clip)
      let finished = try await sandbox.outcome(of: open)
      #expect(finished["status"] == "succeeded")
      #expect(finished["prompt"] == "left")
      #expect(try await sandbox.get("/ai/queue?status=succeeded")["count"] == 2)
    }
  }

  @Test func aTemporaryFolderIsRemovedAtTheEnd() async throws {
    let own = try await TestSandbox.with { sandbox in
      #expect(FileManager.default.fileExists(atPath: sandbox.server.directory))
      return sandbox.server.directory
    }
    #expect(!FileManager.default.fileExists(atPath: own))
    let folder = try ScratchFolder()
    let given = folder.path + "/state"
    try await TestSandbox.with(directory: given) { _ in }
    #expect(FileManager.default.fileExists(atPath: given))
  }
}
