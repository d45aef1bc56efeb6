import Files

extension DeliverableSpec {
  /// Reads a preset; nil when a required part is missing. Every problem is added to `problems`.
  public init?(_ root: DocumentNode, problems: ProblemList) {
    let known = ["$schema", "schema", "id", "title", "source", "extends", "rules"]
    guard let reader = FieldReader(root, path: "", known: known, problems: problems) else { return nil }
    reader.checkSchema(Self.schema)
    let id = reader.text("id", required: true)
    let title = reader.text("title", required: true)
    let source = reader.text("source", required: true)
    let members = reader.members("rules", required: true)
    guard let id, let title, let source, let members else { return nil }
    var rules: [String: DeliverableRule] = [:]
    for member in members {
      guard member.key.wholeMatch(of: /[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+/) != nil else {
        problems.add(
          "rules.\(member.key)", line: member.line,
          "\(quoted(member.key)) is not the id of a check, such as video.size.")
        continue
      }
      rules[member.key] = DeliverableRule(member.value, path: "rules.\(member.key)", problems: problems)
    }
    self.init(id: id, title: title, source: source, extends: reader.text("extends"), rules: rules)
  }
}

extension DeliverableRule {
  private static let conditionKeys = ["is", "any_of", "anyOf", "between", "min", "max"]

  fileprivate init?(_ node: DocumentNode, path: String, problems: ProblemList) {
    let known = Self.conditionKeys + ["severity", "when", "note"]
    guard let reader = FieldReader(node, path: path, known: known, problems: problems) else { return nil }
    let given = Self.conditionKeys.filter(reader.has)
    guard given.count <= 1 else {
      reader.report(
        given[1],
        "'\(given[1])' and '\(given[0])' exclude each other; use one of \(Self.conditionKeys.joined(separator: ", ")).")
      return nil
    }
    let condition = given.first.flatMap { Self.condition($0, reader) }
    if condition == nil && !given.isEmpty { return nil }
    var when: [String: JSONValue] = [:]
    for member in reader.members("when") ?? [] { when[member.key] = member.value.jsonValue }
    self.init(
      condition: condition,
      severity: reader.word("severity", among: Severity.allCases.map(\.rawValue)).flatMap(Severity.init) ?? .fail,
      when: when, note: reader.text("note"))
  }

  private static func condition(_ key: String, _ reader: FieldReader) -> Condition? {
    guard let node = reader.node(key) else { return nil }
    switch key {
    case "is":
      return .equals(node.jsonValue)
    case "any_of", "anyOf":
      guard let values = reader.list(key)?.map(\.node.jsonValue) else { return nil }
      if values.isEmpty { reader.report(key, "'\(key)' needs at least one value.") }
      return .anyOf(values)
    case "between":
      let ends = reader.list(key)?.compactMap(\.node.jsonValue.doubleValue) ?? []
      guard ends.count == 2, ends[0] <= ends[1] else {
        reader.report(key, "'between' needs two numbers, the smaller first, such as [23.9, 24.1].")
        return nil
      }
      return .between(ends[0], ends[1])
    default:
      guard let value = node.jsonValue.doubleValue else {
        reader.report(key, "'\(key)' must be a number, not \(node.kind).")
        return nil
      }
      return key == "min" ? .atLeast(value) : .atMost(value)
    }
  }
}
