import Files
import Foundation
import Support
import Testing

@testable import Store

@Suite struct BlobKeys {
  static let digest = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

  @Test func namesTheDigestTwice() throws {
    let key = try BlobStore.key(Self.digest)
    #expect(key == "blobs/sha256/e3/\(Self.digest)")
    #expect(BlobStore.digest(ofKey: key) == Self.digest)
    #expect(BlobStore.digest(ofKey: "blobs/sha256/e4/\(Self.digest)") == nil)
  }

  @Test(arguments: ["", "e3", digest.uppercased(), "../" + digest.dropFirst(3)])
  func refusesWhatIsNoDigest(_ text: String) {
    #expect(throws: StoreError.self) { try BlobStore.key(text) }
  }
}

@Suite struct BlobStoreTests {
  private static func store(_ folder: ScratchFolder) throws -> BlobStore {
    BlobStore(try FileStore(try folder.write("store/.keep", "").replacing("/.keep", with: "")))
  }

  @Test func storesAContentOnce() async throws {
    let folder = try ScratchFolder()
    let blobs = try Self.store(folder)
    let file = try folder.write("clip.mp4", "the clip")
    let blob = try await blobs.put(file: file)
    #expect(blob.bytes == 8 && blob.sha256 == SHA256Text.of("the clip"))
    let path = folder.path("store/\(try BlobStore.key(blob.sha256))")
    let first = try FileManager.default.attributesOfItem(atPath: path)[.systemFileNumber] as? NSNumber
    #expect(try await blobs.put(file: file) == blob)
    #expect(try await blobs.put(bytes: Array("the clip".utf8)) == blob)
    #expect(try FileManager.default.attributesOfItem(atPath: path)[.systemFileNumber] as? NSNumber == first)
    try await blobs.fetch(blob.sha256, to: folder.path("copy"))
    #expect(try String(contentsOfFile: folder.path("copy"), encoding: .utf8) == "the clip")
    #expect(try await blobs.bytes(blob.sha256, limit: 100) == Array("the clip".utf8))
    // Half a content is no content.
    try folder.write("store/\(try BlobStore.key(blob.sha256))", "the")
    #expect(try await blobs.put(file: file) == blob)
    #expect(try await blobs.bytes(blob.sha256, limit: 100) == Array("the clip".utf8))
  }

  @Test func findsDamage() async throws {
    let folder = try ScratchFolder()
    let blobs = try Self.store(folder)
    let blob = try await blobs.put(bytes: Array("the clip".utf8))
    try folder.write("store/\(try BlobStore.key(blob.sha256))", "the clap")
    let error = await #expect(throws: StoreError.self) { try await blobs.fetch(blob.sha256, to: folder.path("copy")) }
    #expect(error?.code == .damaged && error?.message.contains(blob.sha256) == true)
    let other = await #expect(throws: StoreError.self) { try await blobs.bytes(blob.sha256, limit: 100) }
    #expect(other?.code == .damaged)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["store"])
  }

  @Test func saysThatAContentIsMissing() async throws {
    let folder = try ScratchFolder()
    let blobs = try Self.store(folder)
    let error = await #expect(throws: StoreError.self) { try await blobs.fetch(BlobKeys.digest, to: folder.path("x")) }
    #expect(error?.code == .notFound)
    let none = await #expect(throws: StoreError.self) { try await blobs.put(file: folder.path("nothing")) }
    #expect(none?.code == .localFile)
  }
}
