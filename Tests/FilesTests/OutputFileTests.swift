import Files
import Foundation
import Support
import Testing

@Suite struct OutputFileTests {
  @Test func nothingAppearsWithoutACommit() throws {
    let folder = try ScratchFolder()
    let path = folder.path("out.bin")
    do {
      let file = try OutputFile(path, overwrite: false)
      try file.write([1, 2, 3])
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [])
  }

  @Test func anExistingFileIsKept() throws {
    let folder = try ScratchFolder()
    let path = try folder.write("out.bin", "kept")
    let error = #expect(throws: FileError.self) { _ = try OutputFile(path, overwrite: false) }
    #expect(error?.code == .outputExists)
    let file = try OutputFile(path, overwrite: true)
    try file.write(Array("new".utf8))
    try file.commit()
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "new")
  }

  /// A file that came up between the check and the commit is not replaced.
  @Test func aFileThatCameUpMeanwhileIsKept() throws {
    let folder = try ScratchFolder()
    let path = folder.path("out.bin")
    let error = #expect(throws: FileError.self) {
      let file = try OutputFile(path, overwrite: false)
      try file.write(Array("new".utf8))
      try folder.write("out.bin", "other")
      try file.commit()
    }
    #expect(error?.code == .outputExists)
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "other")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["out.bin"])
  }

  @Test func aLongNameThatTheFileSystemTakesIsWritten() throws {
    let folder = try ScratchFolder()
    let path = folder.path(String(repeating: "x", count: 250) + ".png")
    let file = try OutputFile(path, overwrite: false)
    try file.write([1])
    try file.commit()
    #expect(FileManager.default.fileExists(atPath: path))
  }

  @Test func aFullDiskLeavesNothing() throws {
    let error = #expect(throws: FileError.self) {
      let file = try OutputFile("/dev/full/out.bin", overwrite: false)
      try file.write([1])
    }
    #expect(error?.code == .cannotCreate)
  }

  /// Of a process that has ended; what a running one or another host writes is kept.
  @Test func whatAKilledProcessLeftIsRemovedByTheNext() throws {
    let folder = try ScratchFolder()
    let own = TemporaryName.path(in: folder.path)
    let parts = try #require(own.split(separator: "/").last).split(separator: "-")
    // The parent of this process runs; a process that has just ended does not.
    let ended = try #require(Int32(MediaTool.run("sh", ["-c", "echo $$"]).text.trimmingCharacters(in: .newlines)))
    let other = try folder.write("other/.longtake-\(parts[1])-\(ended)-a.part", "half")
    let nested = try folder.write("other/.longtake-\(parts[1])-\(ended)-b.part/page", "half")
    let running = try folder.write("other/.longtake-\(parts[1])-\(getppid())-c.part", "half")
    let elsewhere = try folder.write("other/.longtake-zz-\(ended)-d.part", "half")
    let file = try OutputFile(folder.path("other/out.bin"), overwrite: false)
    try file.write([1])
    try file.commit()
    let exists = FileManager.default.fileExists(atPath:)
    #expect(!exists(other) && !exists(nested))
    #expect(exists(running) && exists(elsewhere) && exists(folder.path("other/out.bin")))
  }
}
