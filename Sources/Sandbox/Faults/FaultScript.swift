public import Foundation
import Presets
import Timing

/// Faults that the sandbox plays, read from a file: YAML, or JSON, by `presets/schema/faults.json`.
public struct FaultScript: Sendable, Hashable {
  public static let schema = "longtake.faults/1"

  /// Maximum faults of one script.
  private static let mostFaults = 1_000
  private static let longestSeconds = 86_400
  private static let methods = ["GET", "POST", "PUT", "DELETE", "HEAD"]
  private static let generating = ["/ai/queue", "/ai/videos/generate", "/fal-ai/*", "/queue/*", "/run/*"]
  private static let results = ["/results/*"]
  private static let streams = ["/events", "*/status/stream"]
  private static let anywhere = ["*"]

  let faults: [Fault]

  init(faults: [Fault]) { self.faults = faults }

  /// - Throws: ``PresetError`` `notFound`, `unreadable`, or `invalid` with every problem and its line.
  public init(path: String) throws {
    guard FileManager.default.fileExists(atPath: path) else {
      throw PresetError(.notFound, "the fault script \(path) does not exist.")
    }
    guard let data = FileManager.default.contents(atPath: path) else {
      throw PresetError(.unreadable, "the fault script \(path) cannot be read.")
    }
    try self.init(data: data, name: path)
  }

  /// - Parameter name: the script's name in errors.
  public init(data: Data, name: String) throws {
    let problems = ProblemList()
    let faults = DocumentParser.parse(data, problems: problems).flatMap { Self.faults($0, problems) }
    guard problems.problems.isEmpty, let faults else {
      let list = problems.inFileOrder.map { "\n  \($0)" }.joined()
      throw PresetError(.invalid, "the fault script \(name) cannot be played:\(list)", problems: problems.inFileOrder)
    }
    self.faults = faults
  }

  // MARK: - Reading

  private static func faults(_ root: DocumentNode, _ problems: ProblemList) -> [Fault]? {
    guard let reader = FieldReader(root, path: "", known: ["$schema", "schema", "faults"], problems: problems) else {
      return nil
    }
    _ = reader.word("schema", among: [schema], required: true)
    guard let list = reader.list("faults", required: true) else { return nil }
    guard list.count <= mostFaults else {
      reader.report("faults", "there are \(list.count) faults; at most \(mostFaults) are played.")
      return nil
    }
    return list.compactMap { fault($0.node, $0.path, problems) }
  }

  private static let shared = ["fault", "method", "path", "skip", "times"]
  private static let own = [
    "lost_answer": [], "dropped_request": [], "status": ["status", "retry_after", "retry_after_form", "body"],
    "dropped_stream": ["after"], "mute_stream": [], "expired_link": [], "truncated_body": ["bytes"],
    "corrupted_body": ["from", "bytes"], "failed_generation": ["message"], "slow": ["seconds", "bytes_per_second"],
  ]

  private static func fault(_ node: DocumentNode, _ path: String, _ problems: ProblemList) -> Fault? {
    let word = node["fault"].flatMap { node -> String? in if case .text(let text) = node.value { text } else { nil } }
    let known = shared + (word.flatMap { own[$0] } ?? own.values.flatMap(\.self))
    guard let reader = FieldReader(node, path: path, known: known, problems: problems),
      let name = reader.word("fault", among: own.keys.sorted(), required: true), let kind = kind(name, reader)
    else { return nil }
    return Fault(
      kind: kind, method: reader.word("method", among: methods) ?? usualMethod(of: kind),
      paths: reader.text("path").map { [$0] } ?? usualPaths(of: kind),
      skip: reader.integer("skip", in: 0...1_000_000) ?? 0, times: times(reader))
  }

  private static func times(_ reader: FieldReader) -> Int? {
    if let node = reader.node("times"), case .text("always") = node.value { return nil }
    return reader.has("times") ? reader.integer("times", in: 1...1_000_000) : 1
  }

  private static func kind(_ name: String, _ reader: FieldReader) -> Fault.Kind? {
    switch name {
    case "lost_answer": return .lostAnswer
    case "dropped_request": return .droppedRequest
    case "status": return status(reader)
    case "dropped_stream": return .droppedStream(after: seconds("after", reader) ?? 0)
    case "mute_stream": return .muteStream
    case "expired_link": return .expiredLink
    case "truncated_body":
      return reader.integer("bytes", in: 0...Int(Int32.max), required: true).map { .truncatedBody(bytes: $0) }
    case "corrupted_body":
      return .corruptedBody(
        from: reader.integer("from", in: 0...Int(Int32.max)) ?? 0,
        bytes: reader.integer("bytes", in: 1...Int(Int32.max)) ?? 64)
    case "failed_generation":
      return .failedGeneration(message: reader.text("message") ?? "The generation failed by a scripted fault.")
    default:
      guard reader.has("seconds") || reader.has("bytes_per_second") else {
        reader.report("fault", "'slow' needs 'seconds', 'bytes_per_second' or both.")
        return nil
      }
      return .slow(
        seconds: seconds("seconds", reader) ?? 0,
        bytesPerSecond: reader.integer("bytes_per_second", in: 1...Int(Int32.max)))
    }
  }

  private static func status(_ reader: FieldReader) -> Fault.Kind? {
    guard let status = reader.integer("status", in: 300...599, required: true) else { return nil }
    let pause = reader.integer("retry_after", in: 0...longestSeconds)
    let form = reader.word("retry_after_form", among: ["seconds", "date"])
    if form != nil, !reader.has("retry_after") {
      reader.report("retry_after_form", "'retry_after_form' needs 'retry_after'.")
    }
    return .status(
      status, retryAfter: pause.map { form == "date" ? .date($0) : .seconds($0) }, body: reader.text("body"))
  }

  private static func seconds(_ key: String, _ reader: FieldReader) -> Double? {
    guard let value = reader.number(key, unit: "seconds") else { return nil }
    guard value >= .zero, value.doubleValue <= Double(longestSeconds) else {
      reader.report(key, "'\(key)' must be 0 to \(longestSeconds) seconds.")
      return nil
    }
    return value.doubleValue
  }

  private static func usualMethod(of kind: Fault.Kind) -> String? {
    switch kind {
    case .lostAnswer, .failedGeneration: "POST"
    case .droppedStream, .muteStream, .expiredLink, .truncatedBody, .corruptedBody: "GET"
    case .droppedRequest, .status, .slow: nil
    }
  }

  private static func usualPaths(of kind: Fault.Kind) -> [String] {
    switch kind {
    case .lostAnswer, .failedGeneration: generating
    case .droppedStream, .muteStream: streams
    case .expiredLink, .truncatedBody, .corruptedBody: results
    case .droppedRequest, .status, .slow: anywhere
    }
  }
}
