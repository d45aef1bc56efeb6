import Foundation
import Generation
import Support
import Testing

@Suite struct ImageStoreTests {
  private func image(_ folder: ScratchFolder, _ name: String = "an image's name.png") throws -> ImageUpload {
    ImageUpload(
      path: try folder.write(name, AnchorUploadTests.contents), sha256: AnchorUploadTests.digest,
      mediaType: "image/png")
  }

  @Test func aDataAddressContainsTheImage() async throws {
    let folder = try ScratchFolder()
    let store = DataImageStore()
    #expect(try await store.publish(try image(folder)) == "data:image/png;base64,YW5jaG9y")
    #expect(!store.keepsAddresses)
  }

  @Test func theUploadCommandGetsTheFileAndPrintsTheAddress() async throws {
    let folder = try ScratchFolder()
    let script = try folder.write(
      "up load.sh",
      "test $# = 2 && test \"$1\" = --public && cp \"$2\" \"\(folder.path("got"))\" && echo https://p.example/x\n")
    let store = try CommandImageStore(command: "sh '\(script)' --public")
    let image = try image(folder)
    #expect(try await store.publish(image) == "https://p.example/x")
    #expect(FileManager.default.contents(atPath: folder.path("got")) == Data(AnchorUploadTests.contents.utf8))
  }

  @Test func theUploadCommandDoesNotGetTheKeys() async throws {
    let folder = try ScratchFolder()
    var environment = ProcessInfo.processInfo.environment
    environment["OXEN_API_KEY"] = ScriptedHub.key
    environment["FAL_KEY"] = ScriptedFal.key
    environment["UPLOAD_PLACE"] = "https://p.example/x"
    let command = "env | grep -q '\(ScriptedHub.key)' || echo $UPLOAD_PLACE; :"
    let store = try CommandImageStore(command: command, environment: environment)
    #expect(try await store.publish(try image(folder)) == "https://p.example/x")
  }

  @Test func theIdentityOfACommandIsADigest() throws {
    let stores = try ["put --token s3cret", "put --token other"].map { try CommandImageStore(command: $0) }
    #expect(stores[0].identity.wholeMatch(of: /[0-9a-f]{64}/) != nil)
    #expect(stores[0].identity != stores[1].identity)
    #expect(try CommandImageStore(command: "put --token s3cret").identity == stores[0].identity)
  }

  /// Whether a process that a command has started has ended; one that nobody has reaped counts.
  private func hasEnded(_ folder: ScratchFolder) throws -> Bool {
    let id = try #require(
      Int32(
        try String(contentsOfFile: folder.path("pid"), encoding: .utf8).trimmingCharacters(
          in: .whitespacesAndNewlines)))
    let handle = FileHandle(forReadingAtPath: "/proc/\(id)/stat")
    let status = String(decoding: try handle?.readToEnd() ?? Data(), as: UTF8.self)
    return kill(id, 0) != 0 || [") Z ", ") X "].contains { status.contains($0) }
  }

  @Test func whatAnUploadCommandLeavesRunningEndsWithIt() async throws {
    let folder = try ScratchFolder()
    let store = try CommandImageStore(
      command: "sleep 600 & echo $! > '\(folder.path("pid"))'; echo https://p.example/x; true")
    #expect(try await store.publish(try image(folder)) == "https://p.example/x")
    try await until { try hasEnded(folder) }
  }

  @Test func aCancelledUploadCommandEndsWithItsWholeGroup() async throws {
    let folder = try ScratchFolder()
    let store = try CommandImageStore(
      command: "trap '' TERM; sh -c 'sleep 600 & echo $! > \(folder.path("pid")); wait'; true")
    let image = try image(folder)
    let task = Task { try await store.publish(image) }
    try await until { FileManager.default.contents(atPath: folder.path("pid"))?.isEmpty == false }
    task.cancel()
    await #expect(throws: CancellationError.self) { _ = try await task.value }
    try await until { try hasEnded(folder) }
  }

  @Test(arguments: [
    ("echo no luck >&2; exit 3; :", GenerationError.Code.unavailable, "no luck"),
    ("true", .malformedAnswer, "one https address"), ("echo http://p.example/x; true", .malformedAnswer, "https"),
    ("printf 'https://a.example\\nhttps://b.example\\n'; true", .malformedAnswer, "one https address"),
    ("echo secret-key-1234 >&2; exit 1; :", .unavailable, "•••"),
  ])
  func reportsAFailedUploadCommand(
    _ command: String, _ code: GenerationError.Code, _ text: String
  ) async throws {
    let folder = try ScratchFolder()
    var environment = ProcessInfo.processInfo.environment
    environment["FAL_KEY"] = ScriptedFal.key
    let store = try CommandImageStore(command: command, environment: environment)
    let error = await expectError(code) { _ = try await store.publish(try image(folder)) }
    #expect(error?.message.contains(text) == true, "\(error?.message ?? "")")
    #expect(throws: GenerationError.self) { _ = try CommandImageStore(command: " ") }
  }
}
