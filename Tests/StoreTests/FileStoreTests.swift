import Foundation
import Support
import Testing

@testable import Store

@Suite struct FileStoreTests {

  private static func bytes(_ text: String) -> ObjectBody { .bytes(Array(text.utf8)) }
  private static func text(_ object: StoredObject?) -> String? {
    object.map { String(decoding: $0.bytes, as: UTF8.self) }
  }

  @Test func writesUnderConditions() async throws {
    let folder = try ScratchFolder()
    let store = try FileStore(folder.path)
    let key = "runs/film/run.json"
    #expect(try await store.get(key, limit: 100) == nil)
    #expect(try await store.put(key, Self.bytes("x"), if: .matches(EntityTag("x"))) == nil)
    let first = try #require(try await store.put(key, Self.bytes("one"), if: .absent))
    #expect(try await store.put(key, Self.bytes("two"), if: .absent) == nil)
    #expect(Self.text(try await store.get(key, limit: 100)) == "one")
    let second = try #require(try await store.put(key, Self.bytes("two"), if: .matches(first)))
    #expect(first != second)
    #expect(try await store.put(key, Self.bytes("three"), if: .matches(first)) == nil)
    let object = try #require(try await store.get(key, limit: 100))
    #expect(Self.text(object) == "two" && object.tag == second)
    #expect(try await store.facts(key)?.tag == second)
    #expect(try await store.put(key, Self.bytes("four"), if: .none) != nil)
    try await store.delete(key)
    try await store.delete(key)
    #expect(try await store.facts(key) == nil)
  }

  @Test func passesItsSelfTest() async throws {
    let folder = try ScratchFolder()
    let store = try ObjectStores.open("file://\(folder.path)", environment: [:])
    let checks = try await StoreSelfTest.run(store)
    #expect(checks.count >= 8 && checks.allSatisfy { $0.state == .ok }, "\(checks)")
    #expect(try await store.list(prefix: "") == [])
  }

  @Test func listsByTheBytesOfKeys() async throws {
    let folder = try ScratchFolder()
    let store = try FileStore(folder.path)
    for key in ["b/2", "a", "b/10", "b-1", "B", "bc/x", "é"] {
      _ = try await store.put(key, Self.bytes(key), if: .none)
    }
    #expect(try await store.list(prefix: "").map(\.key) == ["B", "a", "b-1", "b/10", "b/2", "bc/x", "é"])
    #expect(try await store.list(prefix: "b/").map(\.key) == ["b/10", "b/2"])
    #expect(try await store.list(prefix: "b/1").map(\.key) == ["b/10"])
    #expect(try await store.list(prefix: "b").map(\.key) == ["b-1", "b/10", "b/2", "bc/x"])
    #expect(try await store.list(prefix: "none/").isEmpty)
    #expect(try await store.list(prefix: "a").first?.bytes == 1)
  }

  @Test(arguments: [
    "", "/a", "a/", "a//b", "..", "a/../b", ".", "a/./b", "a\nb", "a\0b", "\u{85}", ".longtake-store/x",
    "a/.longtake-x",
    String(repeating: "x", count: 256), String(repeating: "x/", count: 500) + "x",
  ])
  func refusesWhatIsNoKey(_ key: String) async throws {
    let folder = try ScratchFolder()
    let store = try FileStore(folder.path)
    for work in [
      { _ = try await store.put(key, Self.bytes("x"), if: .none) }, { _ = try await store.get(key, limit: 1) },
      { _ = try await store.facts(key) }, { try await store.delete(key) },
      { _ = try await store.download(key, to: folder.path("out")) },
    ] {
      let error = await #expect(throws: StoreError.self) { try await work() }
      #expect(error?.code == .unsupported)
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
  }

  @Test func refusesAKeyBelowAnObject() async throws {
    let folder = try ScratchFolder()
    let store = try FileStore(folder.path)
    _ = try await store.put("a", Self.bytes("x"), if: .none)
    for condition in [PutCondition.none, .absent] {
      let below = await #expect(throws: StoreError.self) { try await store.put("a/b", Self.bytes("x"), if: condition) }
      #expect(below?.code == .unsupported)
    }
    #expect(try await store.get("a/b", limit: 10) == nil)
    _ = try await store.put("c/d", Self.bytes("x"), if: .none)
    for condition in [PutCondition.none, .absent] {
      let above = await #expect(throws: StoreError.self) { try await store.put("c", Self.bytes("x"), if: condition) }
      #expect(above?.code == .unsupported)
    }
    #expect(try await store.get("c", limit: 10) == nil)
  }

  @Test func keepsFilesAndTellsOfLargeOnes() async throws {
    let folder = try ScratchFolder()
    let store = try FileStore(try folder.write("store/x", "").replacing("/x", with: ""))
    let content = Data((0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7) })
    let source = try folder.write("source", content)
    #expect(try await store.put("clips/one", .file(path: source), if: .absent) != nil)
    #expect(try await store.download("clips/one", to: folder.path("copy")))
    #expect(try Data(contentsOf: folder.url.appending(path: "copy")) == content)
    #expect(try await store.download("clips/two", to: folder.path("none")) == false)
    #expect(!FileManager.default.fileExists(atPath: folder.path("none")))
    let error = await #expect(throws: StoreError.self) { try await store.get("clips/one", limit: 1000) }
    #expect(error?.code == .malformedAnswer)
    let missing = await #expect(throws: StoreError.self) {
      try await store.put("clips/three", .file(path: folder.path("nothing")), if: .none)
    }
    #expect(missing?.code == .localFile)
    #expect(try await store.facts("clips/three") == nil)
  }

  // MARK: - Several processes

  @Test func oneOfSixteenProcessesWins() async throws {
    let folder = try ScratchFolder()
    let results = try await StoreWriters.run(
      (0..<16).map { [folder.path, "claim", "ledger/film/one.json", "writer \($0)"] })
    #expect(results.filter { $0 == "1" }.count == 1)
    let object = try await FileStore(folder.path).get("ledger/film/one.json", limit: 100)
    #expect(Self.text(object) == "writer \(try #require(results.firstIndex(of: "1")))")
  }

  @Test func noIncrementOfEightProcessesIsLost() async throws {
    let folder = try ScratchFolder()
    try folder.write("budget", "0")
    _ = try await StoreWriters.run((0..<8).map { _ in [folder.path, "count", "budget", "50"] })
    #expect(Self.text(try await FileStore(folder.path).get("budget", limit: 100))?.hasPrefix("400 ") == true)
  }

  /// What killed writers of this machine and of others have left goes away; what is being written stays.
  @Test func removesWhatKilledWritersLeft() async throws {
    let folder = try ScratchFolder()
    let old = try folder.write(".longtake-store/parts/.longtake-other-1-a.part", "left")
    try FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSinceNow: -90_000)], ofItemAtPath: old)
    let new = try folder.write(".longtake-store/parts/.longtake-other-2-b.part", "being written")
    _ = try await FileStore(folder.path).put("a", Self.bytes("x"), if: .none)
    #expect(!FileManager.default.fileExists(atPath: old) && FileManager.default.fileExists(atPath: new))
    #expect(try await FileStore(folder.path).list(prefix: "").map(\.key) == ["a"])
  }

  // MARK: - Folders that do not work

  @Test func saysThatTheFolderIsMissing() async throws {
    let folder = try ScratchFolder()
    let error = #expect(throws: StoreError.self) { try FileStore(folder.path("none")) }
    #expect(error?.code == .notFound && error?.message.contains("does not exist") == true)
    // A share that is unmounted meanwhile is no empty store.
    let path = try folder.write("store/x", "").replacing("/x", with: "")
    let store = try FileStore(path)
    // Set aside, so that the folder that takes its place is certainly another.
    try FileManager.default.moveItem(atPath: path, toPath: path + ".away")
    for work in [
      { _ = try await store.get("a", limit: 1) }, { _ = try await store.facts("a") },
      { _ = try await store.list(prefix: "") }, { _ = try await store.put("a", Self.bytes("x"), if: .absent) },
    ] {
      let error = await #expect(throws: StoreError.self) { try await work() }
      #expect(error?.code == .unavailable, "it may be mounted again")
    }
    // An empty folder in its place, as under a mount that is gone, is another store.
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    let other = await #expect(throws: StoreError.self) { try await store.put("a", Self.bytes("x"), if: .absent) }
    #expect(other?.code == .unavailable)
    try FileManager.default.removeItem(atPath: path)
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  /// On a mount of the test's own: first full, then read-only.
  @Test(.enabled(if: StoreWriters.canMount)) func writesNothingWhereItCannot() async throws {
    let folder = try ScratchFolder()
    let mount = try folder.write("mount/x", "").replacing("/x", with: "")
    let clip = try folder.write("clip", Data(count: 300_000))
    let script = """
      mount -t tmpfs -o size=200k none "$1"
      "$2" "$1" upload clips/one "$3"; echo "ended with $?"
      find "$1" -type f | wc -l
      mount -o remount,ro "$1"
      "$2" "$1" claim a x; echo "ended with $?"
      """
    let result = try await OutsideProgram.run(
      "unshare", StoreWriters.mountOptions + ["bash", "-c", script, "bash", mount, try StoreWriters.path(), clip])
    #expect(result.text == "ended with 1\n0\nended with 1\n", "\(result.text) \(result.errors)")
    #expect(result.errors.contains("No space left on device") && result.errors.contains("Read-only file system"))
  }
}
