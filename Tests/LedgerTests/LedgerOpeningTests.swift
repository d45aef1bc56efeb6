import Foundation
import Ledger
import Support
import Testing

@Suite("Opening ledgers")
struct LedgerOpeningTests {
  private let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  private func file() -> String { folder.path + "/" + Ledger.fileName }

  private func sqlite(_ sql: String) throws {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [
      "python3", "-c", "import sqlite3,sys; c=sqlite3.connect(sys.argv[1]); c.executescript(sys.argv[2]); c.close()",
      file(), sql,
    ]
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
  }

  @Test("two at once: the second is told who has it; a reader is not kept out; then it is free")
  func locking() throws {
    do {
      let first = try Ledger(workspace: folder.path)
      let error = try #require(throws: LedgerError.self) { try Ledger(workspace: folder.path) }
      #expect(error.code == .locked)
      #expect(error.message.contains("process \(ProcessInfo.processInfo.processIdentifier)"))
      _ = try first.recordIntent(
        shot: "a", provider: "p", model: "m", parameters: "{}", requestDigest: "", contentDigest: "", takes: 1,
        costMicroUSD: nil)
      let reader = try Ledger(readingWorkspace: folder.path)
      #expect(try reader.generations().count == 1)
      #expect(try reader.spent().unpriced == 1)
      let refusal = try #require(throws: LedgerError.self) { try reader.markRedo(["a"]) }
      #expect(refusal.code == .readOnly)
    }
    #expect(try Ledger(workspace: folder.path).generations().count == 1)
  }

  @Test("a ledger whose making was killed between its first two transactions is made whole")
  func bornTwice() throws {
    try sqlite("CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY)")
    let error = try #require(throws: LedgerError.self) { try Ledger(readingWorkspace: folder.path) }
    #expect(error.code == .notFound)
    #expect(try Ledger(workspace: folder.path).generations().isEmpty)
    #expect(try Ledger(readingWorkspace: folder.path).generations().isEmpty)
  }

  @Test("no ledger, no database, another program's database, a damaged one")
  func wrongFiles() throws {
    func code(reading: Bool = false) -> LedgerError.Code? {
      do {
        _ = reading ? try Ledger(readingWorkspace: folder.path) : try Ledger(workspace: folder.path)
        return nil
      } catch {
        return (error as? LedgerError)?.code
      }
    }
    #expect(code(reading: true) == .notFound)
    try folder.write(Ledger.fileName, String(repeating: "this is no database. ", count: 100))
    #expect(code() == .notALedger)
    #expect(code(reading: true) == .notALedger)
    #expect(try String(contentsOfFile: file(), encoding: .utf8).hasPrefix("this is no database"))
    try FileManager.default.removeItem(atPath: file())
    try sqlite("CREATE TABLE mine (x)")
    #expect(code() == .notALedger)
    try FileManager.default.removeItem(atPath: file())
    do {
      let ledger = try Ledger(workspace: folder.path)
      for _ in 0..<200 {
        _ = try ledger.recordIntent(
          shot: "a", provider: "p", model: "m", parameters: String(repeating: "x", count: 500), requestDigest: "",
          contentDigest: "", takes: 1, costMicroUSD: nil)
      }
    }
    var bytes = try Data(contentsOf: URL(filePath: file()))
    bytes.replaceSubrange(8192..<(bytes.count - 4096), with: Data(repeating: 0x5A, count: bytes.count - 12288))
    try bytes.write(to: URL(filePath: file()))
    #expect(code() == .corrupt)
  }

  @Test("a ledger of an earlier version: read as it is, then brought up to date")
  func older() throws {
    do {
      let ledger = try Ledger(workspace: folder.path)
      _ = try ledger.recordIntent(
        shot: "a", provider: "p", model: "m", parameters: "{}", requestDigest: "", contentDigest: "", takes: 1,
        costMicroUSD: nil)
      #expect(try ledger.openIntents().first?.mayHaveBeenSent == false)
    }
    try sqlite(
      """
      DELETE FROM grdb_migrations WHERE identifier = '3';
      ALTER TABLE intents DROP COLUMN blocking; ALTER TABLE intents DROP COLUMN sent;
      """)
    for ledger in [try Ledger(readingWorkspace: folder.path), try Ledger(workspace: folder.path)] {
      let intent = try #require(try ledger.openIntents().first)
      #expect(intent.mayHaveBeenSent && intent.isBlocking == nil, "nothing is known of it")
    }
  }

  @Test("a ledger of a later version is refused and left alone")
  func newer() throws {
    _ = try Ledger(workspace: folder.path)
    try sqlite("INSERT INTO grdb_migrations VALUES ('99')")
    let before = try Data(contentsOf: URL(filePath: file()))
    let error = try #require(throws: LedgerError.self) { try Ledger(workspace: folder.path) }
    #expect(error.code == .newerVersion)
    #expect(try Data(contentsOf: URL(filePath: file())) == before)
  }

  @Test("a workspace that cannot be made")
  func noPlace() throws {
    let path = try folder.write("file", "x")
    let error = try #require(throws: LedgerError.self) { try Ledger(workspace: path + "/w") }
    #expect(error.code == .readOnly)
  }
}
