public import Foundation

/// The built `longtake`, run as a user runs it.
public enum LongtakeProgram {
  public struct Result: Sendable {
    /// The exit status, or minus the signal that ended it.
    public let status: Int32
    public let output: String
    public let errors: String
  }

  public struct NotBuilt: Error {}

  /// A program that runs.
  public final class Running: Sendable {
    public let processID: Int32
    private let ended: Task<Result, any Error>

    init(processID: Int32, ended: Task<Result, any Error>) {
      self.processID = processID
      self.ended = ended
    }

    public func signal(_ number: Int32) { kill(processID, number) }

    public func result() async throws -> Result { try await ended.value }
  }

  /// Beside the test bundle.
  public static func path() throws -> String {
    let candidates = [CommandLine.arguments.first.map { URL(filePath: $0) }, Bundle.main.executableURL]
    for candidate in candidates.compactMap({ $0 }) {
      var folder = candidate.resolvingSymlinksInPath().deletingLastPathComponent()
      for _ in 0..<3 {
        let program = folder.appending(path: "longtake").path(percentEncoded: false)
        if FileManager.default.isExecutableFile(atPath: program) { return program }
        folder = folder.deletingLastPathComponent()
      }
    }
    for configuration in ["release", "debug"] {
      let program = ProjectFiles.path(".build/\(configuration)/longtake")
      if FileManager.default.isExecutableFile(atPath: program) { return program }
    }
    throw NotBuilt()
  }

  /// - Parameter environment: the whole environment but for `PATH` and `HOME`.
  public static func start(
    _ arguments: [String], environment: [String: String] = [:], in folder: URL? = nil
  ) throws -> Running {
    let process = Process()
    process.executableURL = URL(filePath: try path())
    process.arguments = arguments
    var variables = environment
    for name in ["PATH", "HOME"] { variables[name] = ProcessInfo.processInfo.environment[name] }
    process.environment = variables
    process.currentDirectoryURL = folder
    process.standardInput = FileHandle.nullDevice
    let name = UUID().uuidString
    let files = ["out", "err"].map { FileManager.default.temporaryDirectory.appending(path: "longtake-\(name).\($0)") }
    for file in files { _ = FileManager.default.createFile(atPath: file.path(percentEncoded: false), contents: nil) }
    process.standardOutput = try FileHandle(forWritingTo: files[0])
    process.standardError = try FileHandle(forWritingTo: files[1])
    let (ends, end) = AsyncStream.makeStream(of: Int32.self)
    process.terminationHandler = { process in
      let isSignal = process.terminationReason == .uncaughtSignal
      end.yield(isSignal ? -process.terminationStatus : process.terminationStatus)
      end.finish()
    }
    try process.run()
    let ended = Task {
      var status: Int32 = 0
      for await value in ends { status = value }
      defer { for file in files { try? FileManager.default.removeItem(at: file) } }
      return Result(
        status: status, output: String(decoding: try Data(contentsOf: files[0]), as: UTF8.self),
        errors: String(decoding: try Data(contentsOf: files[1]), as: UTF8.self))
    }
    return Running(processID: process.processIdentifier, ended: ended)
  }

  public static func run(
    _ arguments: [String], environment: [String: String] = [:], in folder: URL? = nil
  ) async throws -> Result {
    try await start(arguments, environment: environment, in: folder).result()
  }
}
