public import Foundation

/// Runs the built `longtake` as a user does.
public enum LongtakeProgram {
  public struct Result: Sendable {
    /// The exit status, or minus the signal.
    public let status: Int32
    public let output: String
    public let errors: String
  }

  public struct NotBuilt: Error {}

  /// A program that is running.
  public final class Running: Sendable {
    public let processID: Int32
    private let output: URL
    private let ended: Task<Result, any Error>

    init(processID: Int32, output: URL, ended: Task<Result, any Error>) {
      self.processID = processID
      self.output = output
      self.ended = ended
    }

    public func signal(_ number: Int32) { kill(processID, number) }

    /// Returns once the program has written this to its standard output, or after 30 s.
    public func waitForOutput(_ text: String) async throws {
      for _ in 0..<3000 where !String(decoding: try Data(contentsOf: output), as: UTF8.self).contains(text) {
        try await Task.sleep(for: .milliseconds(10))
      }
    }

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

  /// - Parameters:
  ///   - environment: all variables except `PATH` and `HOME`, which are inherited.
  ///   - input: what it reads on stdin.
  public static func start(
    _ arguments: [String], environment: [String: String] = [:], in folder: URL? = nil, input: String = ""
  ) throws -> Running {
    let process = Process()
    process.executableURL = URL(filePath: try path())
    process.arguments = arguments
    var variables = environment
    for name in ["PATH", "HOME"] { variables[name] = ProcessInfo.processInfo.environment[name] }
    // The configuration of whoever runs the tests is not read.
    variables["XDG_CONFIG_HOME"] = environment["XDG_CONFIG_HOME"] ?? "/nonexistent"
    process.environment = variables
    process.currentDirectoryURL = folder
    let name = UUID().uuidString
    let files = ["out", "err", "in"].map {
      FileManager.default.temporaryDirectory.appending(path: "longtake-\(name).\($0)")
    }
    for file in files { _ = FileManager.default.createFile(atPath: file.path(percentEncoded: false), contents: nil) }
    try Data(input.utf8).write(to: files[2])
    process.standardInput = try FileHandle(forReadingFrom: files[2])
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
    return Running(processID: process.processIdentifier, output: files[0], ended: ended)
  }

  public static func run(
    _ arguments: [String], environment: [String: String] = [:], in folder: URL? = nil, input: String = ""
  ) async throws -> Result {
    try await start(arguments, environment: environment, in: folder, input: input).result()
  }
}
