import Foundation
import Presets
import Synchronization

/// Runs a command of this program for a tool, with `--json`, and reports its events.
enum ToolProcess {
  struct Outcome: Sendable {
    let status: Int32
    /// The JSON objects that it printed, without events.
    let answers: [JSONValue]
    /// The end of what it wrote to stderr.
    let errors: String
  }

  private static let errorLength = 2000

  /// Bytes of a pipe as lines, in the order in which they come.
  private final class Lines: Sendable {
    private let rest = Mutex(Data())

    func add(_ data: Data, _ each: (Data) -> Void) {
      let lines = rest.withLock { rest in
        rest.append(data)
        var found: [Data] = []
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
          found.append(Data(rest[rest.startIndex..<end]))
          rest = Data(rest[(end + 1)...])
        }
        return found
      }
      lines.forEach(each)
    }
  }

  private final class Answers: Sendable { let list = Mutex<[JSONValue]>([]) }

  /// - Parameter arguments: `--` before names, so that none is taken for an option.
  /// - Throws: `CancellationError`, after the command has been stopped; run again, it resumes.
  static func run(_ arguments: [String], progress: @escaping ToolBox.Progress = { _, _, _ in }) async throws -> Outcome
  {
    let process = Process()
    process.executableURL = Bundle.main.executableURL?.resolvingSymlinksInPath()
    var arguments = arguments
    arguments.insert(contentsOf: ["--json", "--quiet", "--events", "-"], at: 1)
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    let (output, errors) = (Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = errors
    let (ends, end) = AsyncStream.makeStream(of: Int32.self)
    process.terminationHandler = { process in
      end.yield(process.terminationReason == .uncaughtSignal ? -process.terminationStatus : process.terminationStatus)
      end.finish()
    }
    try process.run()
    let id = process.processIdentifier
    let answers = Answers()
    return try await withTaskCancellationHandler {
      async let text = read(errors.fileHandleForReading)
      async let reading: Void = readLines(output.fileHandleForReading) { line in
        guard let value = try? JSONDecoder().decode(JSONValue.self, from: line) else { return }
        if value["schema"] == "longtake.event/1" {
          report(value, progress)
        } else {
          answers.list.withLock { $0.append(value) }
        }
      }
      var status: Int32 = -1
      for await value in ends { status = value }
      await reading
      let said = await text
      try Task.checkCancellation()
      return Outcome(
        status: status, answers: answers.list.withLock { $0 },
        errors: String(said.trimmingCharacters(in: .whitespacesAndNewlines).suffix(errorLength)))
    } onCancel: {
      kill(id, SIGTERM)
    }
  }

  private static func report(_ event: JSONValue, _ progress: ToolBox.Progress) {
    guard event["event"] == "progress" || event["event"] == "shot" || event["event"] == "written",
      let sequence = event["sequence"]?.doubleValue
    else { return }
    let place = [event["shot"]?.stringValue, event["message"]?.stringValue].compactMap(\.self).joined(separator: ": ")
    let part = event["done"]?.integerValue.map { done in
      " \(done)" + (event["total"]?.integerValue.map { " of \($0)" } ?? "") + " \(event["unit"]?.stringValue ?? "")"
    }
    // Progress must grow with each notification; the total is not known beforehand.
    progress(sequence, nil, place + (part ?? ""))
  }

  private static func read(_ handle: FileHandle) async -> String {
    await withCheckedContinuation { continuation in
      Thread.detachNewThread {
        continuation.resume(returning: String(decoding: (try? handle.readToEnd()) ?? Data(), as: UTF8.self))
      }
    }
  }

  private static func readLines(_ handle: FileHandle, _ each: @escaping @Sendable (Data) -> Void) async {
    await withCheckedContinuation { continuation in
      Thread.detachNewThread {
        let lines = Lines()
        while case let data = handle.availableData, !data.isEmpty { lines.add(data, each) }
        continuation.resume()
      }
    }
  }
}
