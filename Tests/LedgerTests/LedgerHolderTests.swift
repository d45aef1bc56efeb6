import Foundation
import Ledger
import Support
import Testing

/// Who may write a ledger in a folder that machines share.
@Suite struct LedgerHolderTests {
  private let folder: ScratchFolder

  init() throws {
    folder = try ScratchFolder()
    _ = try Ledger(workspace: folder.path)
  }

  /// Edits the ledger as another machine would.
  private func sqlite(_ sql: String) throws -> String {
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [
      "python3", "-c",
      "import sqlite3,sys; c=sqlite3.connect(sys.argv[1]); print(c.execute(sys.argv[2]).fetchall()); c.commit()",
      folder.path + "/" + Ledger.fileName, sql,
    ]
    process.standardOutput = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    return text
  }

  private func hold(
    host: String = "elsewhere", machine: String = "m", boot: String = "b", process: Int32 = 4321, silence: Double = 5
  ) throws {
    let now = Ledger.systemTime()
    _ = try sqlite(
      "INSERT OR REPLACE INTO holder VALUES (1, 'theirs', '\(host)', '\(machine)', '\(boot)', \(process), "
        + "\(now - 9000), \(now - silence))")
  }

  @Test func namesItsProcessWhileItIsOpen() throws {
    do {
      let ledger = try Ledger(workspace: folder.path)
      #expect(ledger.stealWarning == nil)
      #expect(try sqlite("SELECT process FROM holder") == "[(\(ProcessInfo.processInfo.processIdentifier),)]\n")
      withExtendedLifetime(ledger) {}
    }
    #expect(try sqlite("SELECT * FROM holder") == "[]\n")
  }

  /// How long another machine's process has been silent proves nothing.
  @Test(arguments: [5.0, 1_000_000]) func leavesAWorkspaceToAnotherMachine(_ silence: Double) throws {
    try hold(silence: silence)
    let error = try #require(throws: LedgerError.self) { try Ledger(workspace: folder.path) }
    #expect(error.code == .locked)
    for part in ["process 4321 on elsewhere", "\(Int(silence)) s ago", "--steal-lock"] {
      #expect(error.message.contains(part), "\(error.message)")
    }
    #expect(try Ledger(readingWorkspace: folder.path).generations().isEmpty)
    let stolen = try Ledger(workspace: folder.path, stealsLock: true)
    #expect(stolen.stealWarning?.contains("process 4321 on elsewhere") == true)
    try stolen.recordRedo(["a"])
  }

  @Test func stopsAtTheNextWriteWhenItIsTakenOver() throws {
    let ledger = try Ledger(workspace: folder.path)
    try ledger.recordRedo(["a"])
    try hold()
    let error = try #require(throws: LedgerError.self) { try ledger.recordRedo(["b"]) }
    #expect(error.code == .locked && error.message.contains("process 4321 on elsewhere"), "\(error.message)")
    #expect(try sqlite("SELECT count(*) FROM redo_marks") == "[(1,)]\n")
    // What is not this process's own is not released by it either.
    #expect(try sqlite("SELECT token FROM holder") == "[('theirs',)]\n")
  }

  @Test func takesOverFromAProcessThatWasKilled() throws {
    let own = try #require(try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8))
    try hold(boot: own.trimmingCharacters(in: .whitespacesAndNewlines), process: 1)
    #expect(try Ledger(workspace: folder.path).stealWarning == nil)
  }

  @Test(arguments: [(5.0, false), (500, true)])
  func takesOverAfterARestartOfThisMachine(_ silence: Double, isFree: Bool) throws {
    let machine = (try? String(contentsOfFile: "/etc/machine-id", encoding: .utf8)) ?? ""
    var name = [CChar](repeating: 0, count: 256)
    gethostname(&name, 255)
    try hold(
      host: String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self),
      machine: machine.trimmingCharacters(in: .whitespacesAndNewlines), boot: "earlier", silence: silence)
    if isFree {
      #expect(try Ledger(workspace: folder.path).stealWarning == nil)
    } else {
      #expect(throws: LedgerError.self) { try Ledger(workspace: folder.path) }
    }
  }

  /// A running process of this machine has the file lock.
  @Test func stealsNothingFromARunningProcessOfThisMachine() throws {
    let first = try Ledger(workspace: folder.path)
    let error = try #require(throws: LedgerError.self) { try Ledger(workspace: folder.path, stealsLock: true) }
    #expect(error.code == .locked && !error.message.contains("--steal-lock"), "\(error.message)")
    try first.recordRedo(["a"])
  }
}
