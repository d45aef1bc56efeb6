/// The JSON Schema that a service publishes of a model's parameters, as far as it decides whether a request is taken.
///
/// Knows `type`, `enum`, `const`, `minimum`, `maximum`, their exclusive forms (also as draft 4's booleans), `multipleOf`,
/// `minLength`, `maxLength`, `minItems`, `maxItems`, `items`, `properties`, `required`, `additionalProperties`, `anyOf`,
/// `oneOf`, `allOf`, `nullable` and local `$ref`s (<https://json-schema.org/draft/2020-12>). Other words are not judged.
public struct ParameterSchema: Sendable, Hashable {
  /// References that are followed within one another.
  private static let depth = 16
  /// Parameters of a request that a schema must list before it is taken for whole.
  private static let fewestListed = 2
  /// Allowed values that a message lists.
  private static let listed = 12

  private let root: JSONValue

  /// Nil for something that is no schema of an object with properties, and so says nothing.
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

  /// Names of the parameters that every request must have.
  public var required: Set<String> {
    var found: Set<String> = []
    collect(root, 0) { found.formUnion(($0["required"]?.arrayValue ?? []).compactMap(\.stringValue)) }
    return found
  }

  /// The schema and the parts of it that all hold.
  private func collect(_ schema: JSONValue, _ level: Int, _ visit: (JSONValue) -> Void) {
    guard level < Self.depth else { return }
    let schema = resolved(schema)
    visit(schema)
    for part in schema["allOf"]?.arrayValue ?? [] { collect(part, level + 1, visit) }
  }

  /// What is wrong with parameters, as the path of each and a sentence.
  /// - Parameter exempt: names that are not the model's own and that no schema need list.
  public func problems(in parameters: [String: JSONValue], exempt: Set<String> = []) -> [(
    path: String, message: String
  )] {
    let own = parameters.filter { !exempt.contains($0.key) }
    var problems = Self.problems(in: .object(own), schema: root, path: "", root: root, level: 0)
    problems.removeAll { problem in exempt.contains { problem.path == $0 } }
    // A parameter that the model does not know would be paid for and ignored, or refused after the wait.
    let known = properties
    if tellsAll(of: own) {
      for name in own.keys.sorted() where known[name] == nil && !problems.contains(where: { $0.path == name }) {
        problems.append(
          (name, "is not a parameter of this model. \(suggestion(for: name, among: known.keys.sorted()))"))
      }
    }
    return problems
  }

  /// Whether a parameter that is not listed is certainly none of the model's. Schemas in the wild rarely forbid other
  /// members in so many words: one that lists most of what is sent is taken for whole, one that lists little is not.
  private func tellsAll(of parameters: [String: JSONValue]) -> Bool {
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
    if let wrong = wrongType(value, schema) { return [(path, wrong)] }
    var found: [(path: String, message: String)] = []
    if let wrong = wrongValue(value, schema) { found.append((path, wrong)) }
    func inner(_ part: JSONValue, _ value: JSONValue, _ path: String) -> [(path: String, message: String)] {
      problems(in: value, schema: part, path: path, root: root, level: level + 1)
    }
    switch value {
    case .integer, .number: if let wrong = wrongNumber(value, schema) { found.append((path, wrong)) }
    case .string(let text): if let wrong = wrongLength(text, schema) { found.append((path, wrong)) }
    case .array(let items):
      if let wrong = wrongCount(items.count, schema) { found.append((path, wrong)) }
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
        found.append((path.isEmpty ? name : "\(path).\(name)", "is required and not given."))
      }
    case .null, .bool: break
    }
    for part in schema["allOf"]?.arrayValue ?? [] { found += inner(part, value, path) }
    for word in ["anyOf", "oneOf"] {
      guard let parts = schema[word]?.arrayValue, !parts.isEmpty else { continue }
      let outcomes = parts.map { inner($0, value, path) }
      // Of several that do not fit, the one that is nearest tells most.
      if outcomes.allSatisfy({ !$0.isEmpty }) { found += outcomes.min { $0.count < $1.count } ?? [] }
    }
    return found
  }

  private static func wrongType(_ value: JSONValue, _ schema: JSONValue) -> String? {
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

  private static func wrongValue(_ value: JSONValue, _ schema: JSONValue) -> String? {
    let allowed = schema["enum"]?.arrayValue ?? schema["const"].map { [$0] } ?? []
    guard !allowed.isEmpty, !allowed.contains(where: { same($0, value) }) else { return nil }
    let list = allowed.prefix(listed).map(\.canonicalJSON).joined(separator: ", ")
    return "is \(value.canonicalJSON.prefix(60)); it must be one of \(list)\(allowed.count > listed ? ", …" : "")."
  }

  private static func wrongNumber(_ value: JSONValue, _ schema: JSONValue) -> String? {
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

  private static func wrongLength(_ text: String, _ schema: JSONValue) -> String? {
    let count = text.unicodeScalars.count
    if let most = schema["maxLength"]?.integerValue, count > most {
      return "has \(count) characters; at most \(most) are taken."
    }
    if let least = schema["minLength"]?.integerValue, count < least {
      return "has \(count) characters; at least \(least) are needed."
    }
    return nil
  }

  private static func wrongCount(_ count: Int, _ schema: JSONValue) -> String? {
    if let most = schema["maxItems"]?.integerValue, count > most {
      return "has \(count) items; at most \(most) are taken."
    }
    if let least = schema["minItems"]?.integerValue, count < least {
      return "has \(count) items; at least \(least) are needed."
    }
    return nil
  }

  private static func plain(_ number: Double) -> String { Int64(exactly: number).map { "\($0)" } ?? "\(number)" }
}
