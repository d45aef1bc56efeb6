public import Files

/// One problem in a file that a person wrote: where, and what to do about it.
public struct Problem: Sendable, Hashable, Codable, CustomStringConvertible {
  /// The place as a path of fields, for example `shots[1].duration`; empty for the file as a whole.
  public let path: String
  /// The line in the file, counted from 1, where known.
  @Nullable public private(set) var line: Int?
  /// What is wrong, the limit, and what to do; control characters in quoted text are escaped.
  public let message: String

  public init(path: String, line: Int?, message: String) {
    self.path = path
    _line = Nullable(wrappedValue: line)
    self.message = message
  }

  /// `line 12, shots[1].duration: …`
  public var description: String {
    let place = [line.map { "line \($0)" }, path.isEmpty ? nil : path].compactMap(\.self).joined(separator: ", ")
    return place.isEmpty ? message : "\(place): \(message)"
  }
}

/// Collects every problem of a file, each once, so that one report names them all.
public final class ProblemList {
  public private(set) var problems: [Problem] = []

  public init() {}

  public func add(_ path: String, line: Int?, _ message: String) {
    add(Problem(path: path, line: line, message: message))
  }

  public func add(_ problem: Problem) {
    if !problems.contains(problem) { problems.append(problem) }
  }

  /// All problems in the order of the file; those without a line come last.
  public var inFileOrder: [Problem] {
    problems.enumerated()
      .sorted { ($0.element.line ?? .max, $0.offset) < ($1.element.line ?? .max, $1.offset) }
      .map(\.element)
  }
}
