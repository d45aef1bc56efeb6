public import Foundation
import Synchronization

/// A server on loopback that plays a script: a Python program beside this file, written without the code it tests.
///
/// It ends with ``stop()``, at the latest with this process.
public final class ScriptedServer: Sendable {
  /// One request as the server received it.
  public struct Entry: Decodable, Sendable {
    /// The port's name.
    public let port: String
    public let method: String
    public let path: String
    public let query: [String: String]
    /// Path and query exactly as they were sent.
    public let target: String
    /// Names in lower case.
    public let headers: [String: String]
    public let body: String
    /// Unix seconds.
    public let time: Double
  }

  public struct StartFailure: Error {
    public let message: String
  }

  /// In the order in which the program names them.
  public let ports: [Int]
  /// A folder of this server's own; ``stop()`` removes it.
  public let folder: URL
  private let processID: pid_t
  private var log: URL { folder.appendingPathComponent("requests.jsonl") }
  private let read = Mutex(Log())

  /// What was read of the log: tests that wait for a request ask a hundred times a second.
  private struct Log {
    var entries: [Entry] = []
    /// Bytes of the log that the entries are from.
    var size: UInt64 = 0
  }

  /// Starts a server, off the threads that async code runs on: a test that blocks them would stop all others.
  /// - Parameters:
  ///   - program: the Python module's name.
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
    let line = try ServerHost.shared.get().start(
      program, script, log: folder.appendingPathComponent("requests.jsonl").path)
    let numbers = line.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
    guard numbers.count == count + 1 else { throw StartFailure(message: line) }
    processID = pid_t(numbers[0])
    ports = Array(numbers.dropFirst())
  }

  /// The requests so far, in order of coming.
  public func requests() throws -> [Entry] {
    guard let file = try? FileHandle(forReadingFrom: log) else { return [] }
    return try read.withLock { read in
      try file.seek(toOffset: read.size)
      let new = try file.readToEnd() ?? Data()
      guard let end = new.lastIndex(of: UInt8(ascii: "\n")) else { return read.entries }
      let lines = new[...end].split(separator: UInt8(ascii: "\n"))
      read.entries += try lines.map { try JSONDecoder().decode(Entry.self, from: $0) }
      read.size += UInt64(new[...end].count)
      return read.entries
    }
  }

  /// Kills the server.
  public func stop() {
    kill(processID, SIGKILL)
    try? FileManager.default.removeItem(at: folder)
  }
}

/// The Python process that starts all servers: see `scripted_servers.py` beside this file.
///
/// It and its servers end with this process, whose end closes its standard input.
private final class ServerHost: Sendable {
  static let shared = Result { try ServerHost() }

  private let input = Pipe()
  private let output = Pipe()
  private let process: Mutex<Process>

  private init() throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("scripted_servers.py")
    process.arguments = ["python3", "-B", path.path]
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    self.process = Mutex(process)
  }

  /// The host's answer to one order.
  func start(_ program: String, _ script: String, log: String) throws -> String {
    var order = try JSONEncoder().encode(["program": program, "script": script, "log": log])
    order.append(UInt8(ascii: "\n"))
    // One order at a time, so that each answer belongs to its order.
    return try process.withLock { _ in
      try input.fileHandleForWriting.write(contentsOf: order)
      var line = Data()
      while line.last != UInt8(ascii: "\n") {
        let more = output.fileHandleForReading.availableData
        if more.isEmpty { break }
        line += more
      }
      return String(decoding: line, as: UTF8.self)
    }
  }
}
