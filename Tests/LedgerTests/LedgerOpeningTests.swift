import Foundation
import Ledger
import Support
import Testing

@Suite struct LedgerOpeningTests {
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

  @Test func locksTheWorkspaceForWritingOnly() throws {
    do {
      let first = try Ledger(workspace: folder.path)
      let error = try #require(throws: LedgerError.self) { try Ledger(workspace: folder.path) }
      #expect(error.code == .locked)
      #expect(error.message.contains("process \(ProcessInfo.processInfo.processIdentifier)"))
      _ = try first.recordIntent(
        shot: "a", provider: "p", model: "m", parameters: "{}", requestDigest: "", contentDigest: "", takes: 1,
        cost: nil)
      let reader = try Ledger(readingWorkspace: folder.path)
      #expect(try reader.generations().count == 1)
      #expect(try reader.spending().unpriced == 1)
      let refusal = try #require(throws: LedgerError.self) { try reader.recordRedo(["a"]) }
      #expect(refusal.code == .readOnly)
    }
    #expect(try Ledger(workspace: folder.path).generations().count == 1)
  }

  @Test func completesALedgerWhoseCreationWasKilled() throws {
    try sqlite("CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY)")
    let error = try #require(throws: LedgerError.self) { try Ledger(readingWorkspace: folder.path) }
    #expect(error.code == .notFound)
    #expect(try Ledger(workspace: folder.path).generations().isEmpty)
    #expect(try Ledger(readingWorkspace: folder.path).generations().isEmpty)
  }

  @Test func refusesFilesThatAreNotALedger() throws {
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
          contentDigest: "", takes: 1, cost: nil)
      }
    }
    var bytes = try Data(contentsOf: URL(filePath: file()))
    bytes.replaceSubrange(8192..<(bytes.count - 4096), with: Data(repeating: 0x5A, count: bytes.count - 12288))
    try bytes.write(to: URL(filePath: file()))
    #expect(code() == .corrupt)
  }

  @Test func readsAndMigratesAnEarlierVersion() throws {
    do {
      let ledger = try Ledger(workspace: folder.path)
      _ = try ledger.recordIntent(
        shot: "a", provider: "p", model: "m", parameters: "{}", requestDigest: "", contentDigest: "", takes: 1,
        cost: nil)
      #expect(try ledger.openIntents().first?.mayHaveBeenSent == false)
    }
    try sqlite(
      """
      DELETE FROM grdb_migrations WHERE identifier IN ('3', '4', '5');
      DROP TABLE agreements; DROP TABLE anchor_identities;
      ALTER TABLE generations DROP COLUMN may_cost;
      ALTER TABLE intents DROP COLUMN sent_at; ALTER TABLE intents DROP COLUMN lost_at;
      UPDATE generations SET state = 'intended';
      INSERT INTO generations (intent, shot, take, state) VALUES (1, 'a', 2, 'abandoned');
      ALTER TABLE intents DROP COLUMN blocking; ALTER TABLE intents DROP COLUMN sent;
      """)
    for ledger in [try Ledger(readingWorkspace: folder.path), try Ledger(workspace: folder.path)] {
      let intent = try #require(try ledger.openIntents().first)
      #expect(intent.mayHaveBeenSent && intent.isBlocking == nil, "an earlier version did not record it")
      #expect(try ledger.generations().map(\.state) == [.uncertain, .notAccepted])
    }
  }

  @Test func refusesALaterVersion() throws {
    _ = try Ledger(workspace: folder.path)
    try sqlite("INSERT INTO grdb_migrations VALUES ('99')")
    let before = try Data(contentsOf: URL(filePath: file()))
    let error = try #require(throws: LedgerError.self) { try Ledger(workspace: folder.path) }
    #expect(error.code == .newerVersion)
    #expect(try Data(contentsOf: URL(filePath: file())) == before)
  }

  @Test func reportsAWorkspaceThatCannotBeCreated() throws {
    let path = try folder.write("file", "x")
    let error = try #require(throws: LedgerError.self) { try Ledger(workspace: path + "/w") }
    #expect(error.code == .readOnly)
  }
}
