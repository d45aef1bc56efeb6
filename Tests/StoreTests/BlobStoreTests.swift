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
