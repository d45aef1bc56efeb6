import Foundation
import Support

extension ScratchFolder {
  /// Writes a file of some MiB that are all different; returns its path.
  func writeLarge(_ name: String, megabytes: Int) throws -> String {
    let block = Data((0..<4096).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 8) })
    var data = Data(capacity: megabytes << 20)
    for number in 0..<megabytes {
      for part in 0..<256 { data += block.dropLast(2) + [UInt8(number), UInt8(part)] }
    }
    return try write(name, data)
  }
}

/// Processes of their own that write to a store: see `StoreWriter.swift`.
enum StoreWriters {
  struct NotBuilt: Error {}

  struct Failure: Error {
    let errors: String
  }

  /// For `unshare`.
  static let mountOptions = getuid() == 0 ? ["-m"] : ["-Urm"]
  static let canMount =
    (try? OutsideProgram.runAndWait("unshare", mountOptions + ["mount", "-t", "tmpfs", "none", "/mnt"]).status) == 0

  /// Beside the test bundle.
  static func path() throws -> String {
    for candidate in [CommandLine.arguments.first.map { URL(filePath: $0) }, Bundle.main.executableURL].compactMap({
      $0
    }) {
      var folder = candidate.resolvingSymlinksInPath().deletingLastPathComponent()
      for _ in 0..<4 {
        let program = folder.appending(path: "store-writer").path(percentEncoded: false)
        if FileManager.default.isExecutableFile(atPath: program) { return program }
        folder = folder.deletingLastPathComponent()
      }
    }
    let program = ProjectFiles.path(".build/debug/store-writer")
    guard FileManager.default.isExecutableFile(atPath: program) else { throw NotBuilt() }
    return program
  }

  /// Runs one process for each list of arguments, all at once.
  /// - Returns: what each printed, without the line's end.
  static func run(_ arguments: [[String]], environment: [String: String] = [:]) async throws -> [String] {
    let program = try path()
    return try await withThrowingTaskGroup(of: (Int, String).self) { group in
      for (index, list) in arguments.enumerated() {
        group.addTask {
          let result = try await OutsideProgram.run(program, list, environment: environment)
          guard result.status == 0 else { throw Failure(errors: result.errors) }
          return (index, result.text.trimmingCharacters(in: .newlines))
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }.sorted { $0.0 < $1.0 }.map(\.1)
    }
  }
}
