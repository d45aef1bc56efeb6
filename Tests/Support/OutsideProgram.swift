import Dispatch
public import Foundation

/// Programs other than the project's, run as independent references and clients: ffmpeg, ffprobe, curl, python3.
public enum OutsideProgram {
  public struct Result: Sendable {
    public let status: Int32
    public let output: Data
    public let errors: String

    public var text: String { String(decoding: output, as: UTF8.self) }
  }

  /// Runs a program of the search path to its end, without blocking the caller's executor.
  ///
  /// - Parameters:
  ///   - input: its standard input.
  ///   - environment: variables added to those of the tests.
  public static func run(
    _ program: String, _ arguments: [String], input: String = "", environment: [String: String] = [:]
  ) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
      Thread.detachNewThread {
        continuation.resume(
          with: Swift.Result { try runAndWait(program, arguments, input: input, environment: environment) })
      }
    }
  }

  /// Runs a program of the search path to its end and blocks the calling thread until then.
  public static func runAndWait(
    _ program: String, _ arguments: [String], in folder: URL? = nil, input: String = "",
    environment: [String: String] = [:]
  ) throws -> Result {
    let files = try ScratchFolder()
    if environment.isEmpty, let server = ForkServer.of(program) {
      for name in ["output", "errors"] { _ = try files.write(name, "") }
      let status = server.run(
        arguments, in: folder?.path(percentEncoded: false) ?? FileManager.default.currentDirectoryPath,
        input: input.isEmpty ? "/dev/null" : try files.write("input", input), output: files.path("output"),
        errors: files.path("errors"))
      if let status { return try result(status, in: files) }
    }
    func writer(_ name: String) throws -> FileHandle {
      try FileHandle(forWritingTo: URL(filePath: files.write(name, "")))
    }
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [program] + arguments
    process.currentDirectoryURL = folder
    if !environment.isEmpty {
      process.environment = ProcessInfo.processInfo.environment.merging(environment) { _, new in new }
    }
    process.standardInput =
      input.isEmpty
      ? FileHandle.nullDevice : try FileHandle(forReadingFrom: URL(filePath: files.write("input", input)))
    let (output, errors) = (try writer("output"), try writer("errors"))
    process.standardOutput = output
    process.standardError = errors
    // `waitUntilExit` polls every 50 ms.
    let end = DispatchSemaphore(value: 0)
    process.terminationHandler = { _ in end.signal() }
    try process.run()
    end.wait()
    try output.close()
    try errors.close()
    return try result(process.terminationStatus, in: files)
  }

  private static func result(_ status: Int32, in files: ScratchFolder) throws -> Result {
    Result(
      status: status, output: try Data(contentsOf: URL(filePath: files.path("output"))),
      errors: String(decoding: try Data(contentsOf: URL(filePath: files.path("errors"))), as: UTF8.self))
  }
}
