public import Foundation

/// A server on loopback that plays a script, a Python program beside this file, independent of everything it tests.
///
/// It ends with ``stop()``, at the latest with this process, whose end closes its standard input.
public final class ScriptedServer: Sendable {
  /// One request as the server received it.
  public struct Entry: Decodable, Sendable {
    /// The port's name.
    public let port: String
    public let method: String
    public let path: String
    public let query: [String: String]
    /// Names in lower case.
    public let headers: [String: String]
    public let body: String
    /// Unix seconds.
    public let time: Double
  }

  public struct StartFailure: Error {
    public let said: String
  }

  /// In the order in which the program names them.
  public let ports: [Int]
  /// A folder of this server's own; ``stop()`` removes it.
  public let folder: URL
  private let process: Process
  private let input: Pipe
  private var log: URL { folder.appendingPathComponent("requests.jsonl") }

  /// Starts a server, off the threads that async code runs on: a test that blocks them would stop all others.
  /// - Parameters:
  ///   - program: the Python file's name.
  ///   - script: a JSON object, as the program describes it.
  static func start(_ program: String, _ script: String, ports: Int) async throws -> ScriptedServer {
    try await withCheckedThrowingContinuation { continuation in
      DispatchQueue.global().async {
        continuation.resume(with: Result { try ScriptedServer(program, script, ports: ports) })
      }
    }
  }

  private init(_ program: String, _ script: String, ports count: Int) throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("longtake-hub-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let output = Pipe()
    input = Pipe()
    process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(program).path
    process.arguments = ["python3", path, script, folder.appendingPathComponent("requests.jsonl").path]
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    var said = Data()
    while said.last != UInt8(ascii: "\n") {
      let more = output.fileHandleForReading.availableData
      if more.isEmpty { break }
      said += more
    }
    ports = String(decoding: said, as: UTF8.self).split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
    guard ports.count == count else {
      process.terminate()
      throw StartFailure(said: String(decoding: said, as: UTF8.self))
    }
  }

  /// The requests so far, in order of coming.
  public func requests() throws -> [Entry] {
    guard let text = try? String(contentsOf: log, encoding: .utf8) else { return [] }
    return try text.split(separator: "\n").map { try JSONDecoder().decode(Entry.self, from: Data($0.utf8)) }
  }

  /// Kills the server; its end is not waited for, because Foundation waits for it by blocking.
  public func stop() {
    kill(process.processIdentifier, SIGKILL)
    try? FileManager.default.removeItem(at: folder)
  }
}
