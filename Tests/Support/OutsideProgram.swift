public import Foundation

/// Programs that are not the project's, asked as independent judges and clients: curl, python3, ffprobe, ffmpeg.
public enum OutsideProgram {
  public struct Result: Sendable {
    public let status: Int32
    public let output: Data
    public let errors: String

    public var text: String { String(decoding: output, as: UTF8.self) }
  }

  /// Runs a program found on the path to its end.
  ///
  /// Waits on a thread of its own: waiting in the shared pools would hold up the server under test.
  /// - Parameter input: what it reads on its standard input.
  public static func run(
    _ program: String, _ arguments: [String], input: String = "", environment: [String: String] = [:]
  ) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
      Thread.detachNewThread {
        continuation.resume(
          with: Swift.Result {
            try runBlocking(program, arguments, input: input, environment: environment)
          })
      }
    }
  }

  private static func runBlocking(
    _ program: String, _ arguments: [String], input: String, environment: [String: String]
  ) throws -> Result {
    let folder = try ScratchFolder()
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [program] + arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { _, new in new }
    let complaints = try folder.write("errors", "")
    process.standardError = try FileHandle(forWritingTo: URL(filePath: complaints))
    process.standardInput = try FileHandle(forReadingFrom: URL(filePath: folder.write("input", input)))
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return Result(
      status: process.terminationStatus, output: output,
      errors: String(decoding: FileManager.default.contents(atPath: complaints) ?? Data(), as: UTF8.self))
  }
}
