import Foundation
import Presets
import Support
import Testing

@Suite struct RepositoryTests {
  private let owner = #"{"namespace":"me","name":"anchors","user":{"name":"A","email":"a@example.com"}}"#

  @Test func keepsUploadedFiles() async throws {
    let folder = try ScratchFolder()
    let path = try folder.write("still.png", "not really\r\n--a frame\u{0}")
    try await TestSandbox.with { sandbox in
      let url = sandbox.base + "/repos/me/anchors/file/main/a/b.png"
      let form = ["-F", "file=@\(path)", "-F", "message=First", "-F", "name=A", "-F", "email=a@example.com"]
      #expect(try await HTTPCall("PUT", url, options: form).status == 404, "no repository yet")
      #expect(try await HTTPCall("POST", sandbox.base + "/repos", json: owner).status == 200)
      #expect(try await HTTPCall("POST", sandbox.base + "/repos", json: owner).status == 409)
      let first = try await HTTPCall("PUT", url, options: form)
      #expect(first.status == 200)
      let commit = try #require(try sandbox.json(first)["commit"])
      #expect(commit["message"] == "First" && commit["author"] == "A" && commit["parent_ids"] == [])
      let back = try await HTTPCall("GET", url)
      #expect(back.status == 200)
      #expect(back.body == FileManager.default.contents(atPath: path))
      #expect(back.headers["content-type"] == "image/png")
      let second = try await HTTPCall("PUT", url, options: form)
      #expect(try sandbox.json(second)["commit"]?["parent_ids"] == [commit["id"] ?? .null])
      #expect(try await HTTPCall("GET", url.replacing("b.png", with: "c.png")).status == 404)
    }
  }

  @Test func severalFilesGoIntoAFolder() async throws {
    let folder = try ScratchFolder()
    let (one, two) = (try folder.write("one.txt", "1"), try folder.write("two.txt", "2"))
    try await TestSandbox.with { sandbox in
      _ = try await HTTPCall("POST", sandbox.base + "/repos", json: owner)
      let place = sandbox.base + "/repos/me/anchors/file/main/many"
      let call = try await HTTPCall("PUT", place, options: ["-F", "files[]=@\(one)", "-F", "files[]=@\(two)"])
      #expect(call.status == 200)
      #expect(try await HTTPCall("GET", place + "/one.txt").text == "1")
      #expect(try await HTTPCall("GET", place + "/two.txt").text == "2")
      let into = try await HTTPCall("PUT", place, options: ["-F", "file=@\(one);filename=three.txt"])
      #expect(into.status == 200)
      #expect(try await HTTPCall("GET", place + "/three.txt").text == "1", "an existing folder receives the file")
    }
  }

  @Test func writesOnlyInsideItsFolder() async throws {
    let folder = try ScratchFolder()
    let file = try folder.write("x.txt", "x")
    try await TestSandbox.with(directory: folder.path + "/state") { sandbox in
      _ = try await HTTPCall("POST", sandbox.base + "/repos", json: owner)
      let root = sandbox.base + "/repos/me/anchors/file/main"
      for escape in ["/..%2F..%2F..%2Fx.txt", "/%2e%2e/%2e%2e/x.txt", "/a%00b"] {
        let call = try await HTTPCall("PUT", root + escape, options: ["--path-as-is", "-F", "file=@\(file)"])
        #expect(call.status == 400, "\(escape)")
        #expect(try await HTTPCall("GET", root + escape, options: ["--path-as-is"]).status == 404)
      }
      for name in ["..", "a/b", ""] {
        let call = try await HTTPCall(
          "POST", sandbox.base + "/repos", json: #"{"namespace":"me","name":"\#(name)"}"#)
        #expect(call.status == 400)
      }
      let unnamed = try await HTTPCall("PUT", root + "/d", options: ["-F", "files[]=@\(file);filename=.."])
      #expect(unnamed.status == 400)
      let shapeless = try await HTTPCall("PUT", root + "/d", json: "{}")
      #expect(shapeless.status == 400)
    }
  }

  @Test func listsItsModels() async throws {
    try await TestSandbox.with { sandbox in
      let list = try await sandbox.get("/ai/models")
      let ids = list["data"]?.arrayValue?.compactMap { $0["id"]?.stringValue } ?? []
      #expect(list["object"] == "list")
      #expect(ids.contains(TestSandbox.referenceModel) && ids.contains("kling-video-v2-6-pro-text-to-video"))
      let found = try await sandbox.get("/ai/models/search?search=omni")
      #expect(found["data"]?.arrayValue?.map { $0["id"] } == ["kling-video-o3-omni"])
      let model = try await sandbox.get("/ai/models/\(TestSandbox.referenceModel)")
      #expect(model["request_schema"]?["properties"]?["start_image_url"]?["type"] == "string")
      #expect(model["pricing"]?["cost_per_second"] == 0.42)
      #expect(model["description"]?.stringValue?.contains("Simulator") == true)
      #expect(try await HTTPCall("GET", sandbox.base + "/ai/models/none").status == 404)
    }
  }
}
