public import Foundation

/// A hub on loopback that plays a script, independent of everything it tests: see `scripted_hub.py` beside this file.
///
/// It ends with ``stop()``, at the latest with this process, whose end closes its standard input.
public final class ScriptedHub: Sendable {
  /// One request as the hub received it.
  public struct Entry: Decodable, Sendable {
    /// `api` or `files`.
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

  /// The key that the hub accepts unless its script names another.
  public static let key = "secret-key-1234"

  public let baseURL: String
  public let filesURL: String
  /// A folder of this hub's own; ``stop()`` removes it.
  public let folder: URL
  private let process: Process
  private let input: Pipe
  private var log: URL { folder.appendingPathComponent("requests.jsonl") }

  /// Starts a hub, off the threads that async code runs on: a test that blocks them would stop all others.
  /// - Parameter script: a JSON object, as `scripted_hub.py` describes it.
  public static func start(_ script: String = "{}") async throws -> ScriptedHub {
    try await withCheckedThrowingContinuation { continuation in
      DispatchQueue.global().async { continuation.resume(with: Result { try ScriptedHub(script) }) }
    }
  }

  private init(_ script: String) throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("longtake-hub-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let output = Pipe()
    input = Pipe()
    process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    let program = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("scripted_hub.py")
    process.arguments = [
      "python3", program.path, script, folder.appendingPathComponent("requests.jsonl").path,
    ]
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    var said = Data()
    while said.last != UInt8(ascii: "\n") {
      let more = output.fileHandleForReading.availableData
      if more.isEmpty { break }
      said += more
    }
    let ports = String(decoding: said, as: UTF8.self).split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
    guard ports.count == 2 else {
      process.terminate()
      throw StartFailure(said: String(decoding: said, as: UTF8.self))
    }
    baseURL = "http://127.0.0.1:\(ports[0])/api"
    filesURL = "http://127.0.0.1:\(ports[1])"
  }

  /// The requests so far, in order of coming.
  public func requests() throws -> [Entry] {
    guard let text = try? String(contentsOf: log, encoding: .utf8) else { return [] }
    return try text.split(separator: "\n").map { try JSONDecoder().decode(Entry.self, from: Data($0.utf8)) }
  }

  /// The requests with this method whose path starts so.
  public func requests(_ method: String, _ path: String) throws -> [Entry] {
    try requests().filter { $0.method == method && $0.path.hasPrefix(path) }
  }

  /// Kills the hub; its end is not waited for, because Foundation waits for it by blocking.
  public func stop() {
    kill(process.processIdentifier, SIGKILL)
    try? FileManager.default.removeItem(at: folder)
  }
}
