/// The JSON Schema that a service publishes for a model's parameters, as far as it decides whether a request is
/// accepted.
///
/// Supports `type`, `enum`, `const`, `minimum`, `maximum`, their exclusive forms (also as draft 4's booleans),
/// `multipleOf`, `minLength`, `maxLength`, `minItems`, `maxItems`, `items`, `properties`, `required`,
/// `additionalProperties`, `anyOf`, `oneOf`, `allOf`, `nullable` and local `$ref`s
/// (<https://json-schema.org/draft/2020-12>). Other keywords are ignored.
public struct ParameterSchema: Sendable, Hashable {
  /// Maximum nesting of references.
  private static let depth = 16
  /// Parameters of a request that a schema must list to count as complete.
  private static let fewestListed = 2
  /// Allowed values in a message.
  private static let listed = 12

  private let root: JSONValue

  /// Nil for anything but the schema of an object with properties.
  public init?(_ schema: JSONValue) {
    root = schema
    guard !properties.isEmpty else { return nil }
  }

  /// The rules of each parameter, references followed.
  public var properties: [String: JSONValue] {
    var found: [String: JSONValue] = [:]
    collect(root, 0) { found.merge($0["properties"]?.objectValue ?? [:]) { first, _ in first } }
    return found.mapValues { resolved($0) }
  }

  /// Names of the required parameters.
  public var required: Set<String> {
    var found: Set<String> = []
    collect(root, 0) { found.formUnion(($0["required"]?.arrayValue ?? []).compactMap(\.stringValue)) }
    return found
  }

  /// Visits the schema and its `allOf` parts.
  private func collect(_ schema: JSONValue, _ level: Int, _ visit: (JSONValue) -> Void) {
    guard level < Self.depth else { return }
    let schema = resolved(schema)
    visit(schema)
    for part in schema["allOf"]?.arrayValue ?? [] { collect(part, level + 1, visit) }
  }

  /// The problems of parameters, each as a path and a sentence.
  /// - Parameter exempt: parameters of the service, which no schema need list.
  public func problems(in parameters: [String: JSONValue], exempt: Set<String> = []) -> [(
    path: String, message: String
  )] {
    let own = parameters.filter { !exempt.contains($0.key) }
    var problems = Self.problems(in: .object(own), schema: root, path: "", root: root, level: 0)
    problems.removeAll { problem in exempt.contains { problem.path == $0 } }
    // An unknown parameter would be paid for and ignored, or refused after the wait.
    let known = properties
    if isComplete(for: own) {
      for name in own.keys.sorted() where known[name] == nil && !problems.contains(where: { $0.path == name }) {
        problems.append(
          (name, "is not a parameter of this model. \(suggestion(for: name, among: known.keys.sorted()))"))
      }
    }
    return problems
  }

  /// Whether an unlisted parameter is certainly unknown to the model. Published schemas rarely forbid other members
  /// explicitly: one that lists most of a request's parameters counts as complete, one that lists few does not.
  private func isComplete(for parameters: [String: JSONValue]) -> Bool {
    let schema = resolved(root)
    if let others = schema["additionalProperties"] { return others == .bool(false) }
    guard schema["patternProperties"] == nil else { return false }
    let listed = parameters.keys.count { properties[$0] != nil }
    return listed >= Self.fewestListed && listed * 2 > parameters.count
  }

  private func resolved(_ schema: JSONValue) -> JSONValue { Self.resolve(schema, root) }

  private static func resolve(_ schema: JSONValue, _ root: JSONValue) -> JSONValue {
    var schema = schema
    for _ in 0..<depth {
      guard let reference = schema["$ref"]?.stringValue, reference == "#" || reference.hasPrefix("#/") else {
        return schema
      }
      var target = root
      for part in reference.dropFirst(2).split(separator: "/") {
        let name = String(part).replacing("~1", with: "/").replacing("~0", with: "~")
        guard let next = target[name] else { return .object([:]) }
        target = next
      }
      schema = target
    }
    return .object([:])
  }

  private static func problems(
    in value: JSONValue, schema: JSONValue, path: String, root: JSONValue, level: Int
  ) -> [(path: String, message: String)] {
    let schema = resolve(schema, root)
    guard level < depth, schema.objectValue != nil else { return [] }
    if value == .null, schema["nullable"] == .bool(true) { return [] }
    if let problem = typeProblem(value, schema) { return [(path, problem)] }
    var found: [(path: String, message: String)] = []
    if let problem = enumProblem(value, schema) { found.append((path, problem)) }
    func inner(_ part: JSONValue, _ value: JSONValue, _ path: String) -> [(path: String, message: String)] {
      problems(in: value, schema: part, path: path, root: root, level: level + 1)
    }
    switch value {
    case .integer, .number: if let problem = rangeProblem(value, schema) { found.append((path, problem)) }
    case .string(let text): if let problem = lengthProblem(text, schema) { found.append((path, problem)) }
    case .array(let items):
      if let problem = countProblem(items.count, schema) { found.append((path, problem)) }
      if let rules = schema["items"] {
        for (index, item) in items.enumerated() { found += inner(rules, item, "\(path)[\(index)]") }
      }
    case .object(let members):
      let known = schema["properties"]?.objectValue ?? [:]
      for (name, member) in members.sorted(by: { $0.key < $1.key }) {
        let place = path.isEmpty ? name : "\(path).\(name)"
        if let rules = known[name] {
          found += inner(rules, member, place)
        } else if schema["additionalProperties"] == .bool(false), !known.isEmpty {
          found.append((place, "is not a parameter here. \(suggestion(for: name, among: known.keys.sorted()))"))
        }
      }
      for name in (schema["required"]?.arrayValue ?? []).compactMap(\.stringValue) where members[name] == nil {
        found.append((path.isEmpty ? name : "\(path).\(name)", "is required and missing."))
      }
    case .null, .bool: break
    }
    for part in schema["allOf"]?.arrayValue ?? [] { found += inner(part, value, path) }
    for keyword in ["anyOf", "oneOf"] {
      guard let parts = schema[keyword]?.arrayValue, !parts.isEmpty else { continue }
      let outcomes = parts.map { inner($0, value, path) }
      // When none fits, the nearest one gives the most useful message.
      if outcomes.allSatisfy({ !$0.isEmpty }) { found += outcomes.min { $0.count < $1.count } ?? [] }
    }
    return found
  }

  private static func typeProblem(_ value: JSONValue, _ schema: JSONValue) -> String? {
    let allowed =
      schema["type"]?.stringValue.map { [$0] } ?? (schema["type"]?.arrayValue ?? []).compactMap(\.stringValue)
    guard !allowed.isEmpty else { return nil }
    let own: [String] =
      switch value {
      case .null: ["null"]
      case .bool: ["boolean"]
      case .integer: ["integer", "number"]
      case .number: value.integerValue != nil ? ["integer", "number"] : ["number"]
      case .string: ["string"]
      case .array: ["array"]
      case .object: ["object"]
      }
    if own.contains(where: allowed.contains) { return nil }
    return "is \(value.canonicalJSON.prefix(60)); it must be \(allowed.joined(separator: " or "))."
  }

  private static func same(_ one: JSONValue, _ other: JSONValue) -> Bool {
    if let one = one.doubleValue, let other = other.doubleValue { return one == other }
    return one == other
  }

  private static func enumProblem(_ value: JSONValue, _ schema: JSONValue) -> String? {
    let allowed = schema["enum"]?.arrayValue ?? schema["const"].map { [$0] } ?? []
    guard !allowed.isEmpty, !allowed.contains(where: { same($0, value) }) else { return nil }
    let list = allowed.prefix(listed).map(\.canonicalJSON).joined(separator: ", ")
    return "is \(value.canonicalJSON.prefix(60)); it must be one of \(list)\(allowed.count > listed ? ", …" : "")."
  }

  private static func rangeProblem(_ value: JSONValue, _ schema: JSONValue) -> String? {
    guard let number = value.doubleValue else { return nil }
    func bound(_ name: String, _ exclusive: String) -> (limit: Double, isExclusive: Bool)? {
      if let limit = schema[exclusive]?.doubleValue { return (limit, true) }
      return schema[name]?.doubleValue.map { ($0, schema[exclusive]?.boolValue ?? false) }
    }
    let text = value.canonicalJSON
    if let (limit, isExclusive) = bound("minimum", "exclusiveMinimum"), isExclusive ? number <= limit : number < limit {
      return "is \(text); it must be \(isExclusive ? "above" : "at least") \(plain(limit))."
    }
    if let (limit, isExclusive) = bound("maximum", "exclusiveMaximum"), isExclusive ? number >= limit : number > limit {
      return "is \(text); it must be \(isExclusive ? "below" : "at most") \(plain(limit))."
    }
    if let step = schema["multipleOf"]?.doubleValue, step > 0, (number / step).rounded() * step != number {
      return "is \(text); it must be a multiple of \(plain(step))."
    }
    return nil
  }

  private static func lengthProblem(_ text: String, _ schema: JSONValue) -> String? {
    let count = text.unicodeScalars.count
    if let most = schema["maxLength"]?.integerValue, count > most {
      return "has \(count) characters; at most \(most) are accepted."
    }
    if let least = schema["minLength"]?.integerValue, count < least {
      return "has \(count) characters; at least \(least) are required."
    }
    return nil
  }

  private static func countProblem(_ count: Int, _ schema: JSONValue) -> String? {
    if let most = schema["maxItems"]?.integerValue, count > most {
      return "has \(count) items; at most \(most) are accepted."
    }
    if let least = schema["minItems"]?.integerValue, count < least {
      return "has \(count) items; at least \(least) are required."
    }
    return nil
  }

  private static func plain(_ number: Double) -> String { Int64(exactly: number).map { "\($0)" } ?? "\(number)" }
}
