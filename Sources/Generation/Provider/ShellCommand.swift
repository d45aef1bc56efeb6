import Files
import Foundation

/// A shell command of the user's that prints something this program needs. All processes that it started end with it.
struct ShellCommand: Sendable {
  struct Result: Sendable {
    /// Minus the signal, where one ended it.
    let status: Int32
    let output: String
    let errors: String
  }

  let text: String
  /// In messages: `upload command`.
  let name: String
  let environment: [String: String]
  let timeout: Duration
  /// Bytes of output that are read.
  let outputLimit: Int

  /// - Parameter arguments: follow the command's own.
  /// - Throws: ``GenerationError`` `timedOut`, or `localFile` when it cannot be started; `CancellationError`.
  func run(_ arguments: [String] = []) async throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("longtake-command-\(UUID().uuidString)")
    do {
      try FileManager.default.createDirectory(
        at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
      throw GenerationError(.localFile, "Cannot write the \(name)'s output in \(folder.path.terminalSafe).")
    }
    defer { try? FileManager.default.removeItem(at: folder) }
    let files = ["out", "err"].map { folder.appendingPathComponent($0) }
    let process = try GroupedProcess(
      "/bin/sh", ["-c", arguments.isEmpty ? text : "\(text) \"$@\"", "sh"] + arguments, environment: environment,
      output: files[0].path, errors: files[1].path)
    let timeoutError = GenerationError(
      .timedOut, "The \(name) took longer than \(timeout.inSeconds) s and was stopped.")
    let status: Int32
    do {
      status = try await withDeadline(timeout, on: ContinuousClock(), throwing: timeoutError) {
        try await process.status()
      }
      await process.endGroup()
    } catch {
      await process.endGroup()
      throw error
    }
    return Result(status: status, output: read(files[0]), errors: read(files[1]))
  }

  private func read(_ file: URL) -> String {
    let handle = try? FileHandle(forReadingFrom: file)
    let data = (try? handle?.read(upToCount: outputLimit)) ?? nil
    try? handle?.close()
    return String(decoding: data ?? Data(), as: UTF8.self)
  }
}
