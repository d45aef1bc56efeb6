import Files
import Foundation

/// A shell command of the user's that prints something this program needs.
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
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", arguments.isEmpty ? text : "\(text) \"$@\"", "sh"] + arguments
    process.environment = environment
    process.standardInput = FileHandle.nullDevice
    let files = ["out", "err"].map { folder.appendingPathComponent($0) }
    do {
      try FileManager.default.createDirectory(
        at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
      for file in files { try Data().write(to: file) }
      process.standardOutput = try FileHandle(forWritingTo: files[0])
      process.standardError = try FileHandle(forWritingTo: files[1])
    } catch {
      throw GenerationError(.localFile, "Cannot write the \(name)'s output in \(folder.path.terminalSafe).")
    }
    defer { try? FileManager.default.removeItem(at: folder) }
    let (statuses, continuation) = AsyncStream.makeStream(of: Int32.self)
    process.terminationHandler = { process in
      continuation.yield(
        process.terminationReason == .uncaughtSignal ? -process.terminationStatus : process.terminationStatus)
      continuation.finish()
    }
    do { try process.run() } catch { throw GenerationError(.localFile, "Cannot start /bin/sh for the \(name).") }
    let id = process.processIdentifier
    let timeoutError = GenerationError(
      .timedOut, "The \(name) took longer than \(timeout.inSeconds) s and was stopped.")
    do {
      let status = try await withDeadline(timeout, on: ContinuousClock(), throwing: timeoutError) {
        () async throws -> Int32 in
        for await status in statuses { return status }
        throw CancellationError()
      }
      return Result(status: status, output: read(files[0]), errors: read(files[1]))
    } catch {
      kill(id, SIGTERM)
      throw error
    }
  }

  private func read(_ file: URL) -> String {
    let handle = try? FileHandle(forReadingFrom: file)
    let data = (try? handle?.read(upToCount: outputLimit)) ?? nil
    try? handle?.close()
    return String(decoding: data ?? Data(), as: UTF8.self)
  }
}
