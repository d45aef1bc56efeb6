import Foundation
import Presets
import Synchronization

/// The Model Context Protocol over stdio: one JSON-RPC 2.0 message per line.
///
/// https://modelcontextprotocol.io/specification/2025-11-25
final class ToolServer: Sendable {
  /// Newest first; the client's own is used where it is one of these.
  private static let versions = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"]
  /// JSON-RPC 2.0, section 5.1.
  private enum Code: Int64 { case parse = -32700, request = -32600, method = -32601, parameters = -32602 }

  private static let instructions = """
    longtake makes one long video from a storyboard (a YAML file) and checks video files. Order of a paid job: plan, \
    quote, ask the user about the price, run with the quote's token and a maximum cost, status, then verify and \
    join_sheet. run resumes: a shot that was paid is not paid again. No tool spends money except run.
    """

  private struct Failure: Error {
    let code: Code
    let message: String
  }

  private let tools: ToolBox
  private let tasks = Mutex<[JSONValue: Task<Void, Never>]>([:])

  init(_ tools: ToolBox) { self.tools = tools }

  /// Serves until stdin ends; tools that still run are then stopped.
  func run() async {
    await withTaskCancellationHandler {
      await withTaskGroup(of: Void.self) { group in
        for await line in StandardInput.lines() {
          guard !line.allSatisfy(\.isWhitespace) else { continue }
          receive(line, in: &group)
        }
        cancelAll()
        await group.waitForAll()
      }
    } onCancel: {
      self.cancelAll()
      StandardInput.close()
    }
  }

  private func cancelAll() { for task in tasks.withLock({ Array($0.values) }) { task.cancel() } }

  private func receive(_ line: String, in group: inout TaskGroup<Void>) {
    guard let message = try? JSONDecoder().decode(JSONValue.self, from: Data(line.utf8)) else {
      return answer(.null, error: Failure(code: .parse, message: "the line is not JSON"))
    }
    guard let method = message["method"]?.stringValue, message["jsonrpc"] == "2.0" else {
      // An answer to a request of ours; there are none.
      guard message["result"] == nil, message["error"] == nil else { return }
      return answer(message["id"] ?? .null, error: Failure(code: .request, message: "not a JSON-RPC 2.0 request"))
    }
    let parameters = message["params"] ?? [:]
    guard let id = message["id"] else {
      if method == "notifications/cancelled", let other = parameters["requestId"] {
        tasks.withLock { $0[other] }?.cancel()
      }
      return
    }
    let task = Task {
      do {
        answer(id, result: try await result(of: method, parameters))
      } catch let failure as Failure {
        answer(id, error: failure)
      } catch {
        // A cancelled request gets no answer.
      }
      _ = tasks.withLock { $0.removeValue(forKey: id) }
    }
    tasks.withLock { $0[id] = task }
    group.addTask { await task.value }
  }

  private func result(of method: String, _ parameters: JSONValue) async throws -> JSONValue {
    switch method {
    case "initialize":
      let asked = parameters["protocolVersion"]?.stringValue
      return [
        "protocolVersion": .string(asked.flatMap { Self.versions.contains($0) ? $0 : nil } ?? Self.versions[0]),
        "capabilities": ["tools": [:], "resources": [:]],
        "serverInfo": ["name": "longtake", "title": "longtake", "version": .string(Longtake.version)],
        "instructions": .string(Self.instructions),
      ]
    case "ping": return [:]
    case "tools/list": return ["tools": .array(Tool.allCases.map(\.description))]
    case "tools/call":
      guard let name = parameters["name"]?.stringValue, let tool = Tool(rawValue: name) else {
        throw Failure(code: .parameters, message: "unknown tool; tools/list names them")
      }
      let token = parameters["_meta"]?["progressToken"]
      return try await tools.call(tool, parameters["arguments"] ?? [:]) { done, total, message in
        guard let token else { return }
        self.notify(progress: token, done, total, message)
      }
    case "resources/list": return ["resources": .array(ReportResources.all.map(\.description))]
    case "resources/templates/list": return ["resourceTemplates": []]
    case "resources/read":
      guard let address = parameters["uri"]?.stringValue, let content = ReportResources.read(address) else {
        throw Failure(code: .parameters, message: "no such resource; resources/list names them")
      }
      return ["contents": [content]]
    default: throw Failure(code: .method, message: "the method is not supported")
    }
  }

  // MARK: - Messages

  private func answer(_ id: JSONValue, result: JSONValue) {
    Answer.json(text: JSONValue.object(["jsonrpc": "2.0", "id": id, "result": result]).canonicalJSON)
  }

  private func answer(_ id: JSONValue, error: Failure) {
    let error: JSONValue = ["code": .integer(error.code.rawValue), "message": .string(error.message)]
    Answer.json(text: JSONValue.object(["jsonrpc": "2.0", "id": id, "error": error]).canonicalJSON)
  }

  private func notify(progress token: JSONValue, _ done: Double, _ total: Double?, _ message: String) {
    var parameters: [String: JSONValue] = [
      "progressToken": token, "progress": .number(done), "message": .string(message),
    ]
    if let total { parameters["total"] = .number(total) }
    Answer.json(
      text: JSONValue.object([
        "jsonrpc": "2.0", "method": "notifications/progress", "params": .object(parameters),
      ]).canonicalJSON)
  }
}

/// The lines of stdin, read on a thread of their own.
enum StandardInput {
  private static let isClosed = Atomic(false)

  static func lines() -> AsyncStream<String> {
    AsyncStream { continuation in
      let thread = Thread {
        while let line = readLine(strippingNewline: true), !isClosed.load(ordering: .relaxed) {
          continuation.yield(line)
        }
        continuation.finish()
      }
      thread.name = "stdin"
      thread.start()
      closing.withLock { $0 = continuation }
    }
  }

  private static let closing = Mutex<AsyncStream<String>.Continuation?>(nil)

  /// Ends the lines although the thread may still wait for one.
  static func close() {
    isClosed.store(true, ordering: .relaxed)
    closing.withLock { $0 }?.finish()
  }
}
