import Files
import Foundation
import Support
import Testing

@testable import Store

@Suite struct StoreGarbageTests {
  @Test func findsWhatNoRunNames() async throws {
    let folder = try ScratchFolder()
    let store = try FileStore(folder.path)
    let blobs = BlobStore(store)
    let names = ["of a run", "of a ledger", "of a key", "nobody's", "nobody's either"]
    var digests: [String] = []
    for name in names { digests.append(try await blobs.put(bytes: Array(name.utf8)).sha256) }
    for (key, text) in [
      ("runs/film/run.json", #"{"files":{"a.png":"\#(digests[0])"}}"#),
      ("ledger/film/one.json", #"{"clip":"sha256:\#(digests[1].uppercased())"}"#), ("runs/x/\(digests[2])", "{}"),
      ("other/film.json", digests[3]),
    ] { _ = try await store.put(key, .bytes(Array(text.utf8)), if: .absent) }
    let young = try await StoreGarbage.find(in: store, olderThan: 3600)
    #expect(young.unreferenced.isEmpty && young.referenced == 3 && young.young == 2)
    let garbage = try await StoreGarbage.find(in: store, olderThan: 3600, now: Date(timeIntervalSinceNow: 4000))
    #expect(garbage.unreferenced.map(\.blob.sha256) == digests[3...].sorted() && garbage.young == 0)
    #expect(garbage.bytes == 23)
    #expect(try await store.list(prefix: BlobStore.prefix).count == 5)
    try await garbage.delete(from: store)
    #expect(try await store.list(prefix: BlobStore.prefix).count == 3)
    #expect(try await blobs.bytes(digests[0], limit: 100) == Array("of a run".utf8))
  }

  @Test func takesEveryRowOf64DigitsForADigest() {
    let digits = String(repeating: "ab", count: 32)
    #expect(StoreGarbage.digests(in: Array("x\(digits)x".utf8)) == [digits])
    #expect(StoreGarbage.digests(in: Array("0\(digits)".utf8)) == [digits, "0" + digits.dropLast()])
    #expect(StoreGarbage.digests(in: Array(digits.dropLast().utf8)).isEmpty)
  }
}
