import Foundation
import Presets

/// The program beside this one that talks to the workflow engine, `longtake-temporal`.
enum EngineCommand {
  static let variable = "LONGTAKE_TEMPORAL_COMMAND"
  private static let name = "longtake-temporal"
  /// As a shell reports a command that does not exist.
  private static let notFound: Int32 = 127

  /// Runs it; its messages go to stderr.
  /// - Parameter input: what it reads on stdin; nil for nothing.
  /// - Returns: the JSON object that it prints.
  /// - Throws: ``UsageError`` when it is not installed; its own ``ExitStatus``.
  static func run(_ arguments: [String], input: JSONValue? = nil) async throws -> JSONValue {
    let command = ProcessInfo.processInfo.environment[variable].flatMap { $0.isEmpty ? nil : $0 } ?? name
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [command] + arguments
    let (stdin, stdout) = (Pipe(), Pipe())
    process.standardInput = input == nil ? FileHandle.nullDevice : stdin
    process.standardOutput = stdout
    let (ends, end) = AsyncStream.makeStream(of: Int32.self)
    process.terminationHandler = { process in
      end.yield(process.terminationStatus)
      end.finish()
    }
    try process.run()
    let id = process.processIdentifier
    if let input {
      try? stdin.fileHandleForWriting.write(contentsOf: Data(input.canonicalJSON.utf8))
      try? stdin.fileHandleForWriting.close()
    }
    let (data, status) = await withTaskCancellationHandler {
      let data = (try? stdout.fileHandleForReading.readToEnd()) ?? Data()
      var status: Int32 = -1
      for await value in ends { status = value }
      return (data, status)
    } onCancel: {
      kill(id, SIGTERM)
    }
    try Task.checkCancellation()
    guard status != notFound else {
      throw UsageError(
        "\(command) is not installed: it starts and asks workflows. Install workers/temporal (see docs/cluster.md), or name "
          + "it in \(variable).", status: .inputNotFound)
    }
    guard status == 0 else { throw ExitStatus(code: status) }
    guard let answer = try? JSONDecoder().decode(JSONValue.self, from: data) else {
      throw UsageError("\(command) printed no JSON object; check its version", status: .internalError)
    }
    return answer
  }
}
