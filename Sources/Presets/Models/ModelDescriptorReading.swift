import Files
import Timing

extension ModelDescriptor {
  static let keys = [
    "$schema", "schema", "id", "title", "aliases", "family", "providers", "status", "equivalents", "sources", "fields",
    "constants", "limits", "output", "price",
  ]

  /// Reads a descriptor; nil when a required part is missing. Every problem is added to `problems`.
  public init?(_ root: DocumentNode, problems: ProblemList) {
    guard let reader = FieldReader(root, path: "", known: Self.keys, problems: problems) else { return nil }
    reader.checkSchema(Self.schema, or: Self.earlierSchemas)
    let id = reader.text("id", required: true)
    let providers = reader.texts("providers", required: true)
    let fields = reader.members("fields", required: true).map { FieldMap($0, problems: problems) }
    if let fields, !fields.takes(.prompt) { reader.report("fields", "'fields' must name the model's 'prompt'.") }
    let price = reader.fields("price", known: ["usd_per_second", "rates"])
    guard let id, let providers, let fields else { return nil }
    self.id = id
    title = reader.text("title") ?? id
    aliases = reader.texts("aliases") ?? []
    family = reader.text("family") ?? id
    self.providers = providers
    status = ModelStatus(reader)
    equivalents = reader.equivalents()
    sources = (reader.list("sources") ?? []).compactMap { FactSource($0.node, path: $0.path, problems: problems) }
    self.fields = fields
    constants = (reader.list("constants") ?? []).compactMap {
      ConstantParameter($0.node, path: $0.path, problems: problems)
    }
    limits = ModelLimits(reader.fields("limits", known: ModelLimits.keys))
    output = OutputFormat(reader.fields("output", known: OutputFormat.keys))
    pricePerSecond = price?.dollars(required: !(price?.has("rates") ?? true))
    rates = (price?.list("rates") ?? []).compactMap { PriceRate($0.node, path: $0.path, problems: problems) }
    if output.audio == .choice, !fields.takes(.generateAudio) {
      reader.report("output", "'audio' is a choice, so 'fields' must name the model's 'generate_audio'.")
    }
    if limits.resolutions != nil, !fields.takes(.resolution) {
      reader.report("limits", "'resolutions' are a choice, so 'fields' must name the model's 'resolution'.")
    }
  }
}

extension FieldReader {
  func checkSchema(_ expected: String, or earlier: [String] = []) {
    if let found = text("schema", required: true), found != expected, !earlier.contains(found) {
      report("schema", "this version reads \(quoted(expected)), not \(quoted(found)).")
    }
  }

  /// `usd_per_second`.
  fileprivate func dollars(required: Bool) -> USD? {
    text("usd_per_second", required: required).flatMap { text in
      if let value = USD(parsing: text) { return value }
      report("usd_per_second", "'usd_per_second' must be dollars as text with at most 6 places, such as \"0.42\".")
      return nil
    }
  }

  fileprivate func equivalents() -> [String: String] {
    var found: [String: String] = [:]
    for member in members("equivalents") ?? [] {
      guard case .text(let id) = member.value.value else {
        problems.add("equivalents.\(member.key)", line: member.line, "this must be the id of a model.")
        continue
      }
      found[member.key] = id
    }
    return found
  }
}

extension PriceRate {
  fileprivate init?(_ node: DocumentNode, path: String, problems: ProblemList) {
    let known = ["resolution", "audio", "usd_per_second"]
    guard let reader = FieldReader(node, path: path, known: known, problems: problems) else { return nil }
    resolution = reader.text("resolution")
    audio = reader.bool("audio")
    guard let dollars = reader.dollars(required: true) else { return nil }
    usdPerSecond = dollars
  }
}

extension ModelStatus {
  fileprivate init(_ reader: FieldReader) {
    let fields = reader.fields("status", known: ["state", "since", "replaced_by", "note"])
    state = fields?.word("state", among: State.allCases.map(\.rawValue), required: true).flatMap(State.init) ?? .active
    since = fields?.text("since", anyScalar: true)
    replacedBy = fields?.text("replaced_by")
    note = fields?.text("note")
  }
}

extension FactSource {
  fileprivate init?(_ node: DocumentNode, path: String, problems: ProblemList) {
    guard let reader = FieldReader(node, path: path, known: ["facts", "source", "read"], problems: problems) else {
      return nil
    }
    let facts = reader.texts("facts", required: true)
    let source = reader.text("source", required: true)
    let read = reader.text("read", required: true, anyScalar: true)
    guard let facts, let source, let read else { return nil }
    self.facts = facts
    self.source = source
    self.read = read
  }
}

extension ConstantParameter {
  fileprivate init?(_ node: DocumentNode, path: String, problems: ProblemList) {
    guard let reader = FieldReader(node, path: path, known: ["name", "value", "with"], problems: problems) else {
      return nil
    }
    let name = reader.text("name", required: true)
    let value = reader.node("value", required: true)?.jsonValue
    with = reader.word("with", among: NeutralField.allCases.map(\.rawValue)).flatMap(NeutralField.init)
    guard let name, let value else { return nil }
    self.name = name
    self.value = value
  }
}

extension FieldMap {
  fileprivate init(_ members: [DocumentNode.Member], problems: ProblemList) {
    let known = NeutralField.allCases.map(\.rawValue)
    var mappings: [String: FieldMapping] = [:]
    for member in members {
      guard let field = NeutralField(rawValue: member.key) else {
        problems.add(
          "fields.\(member.key)", line: member.line,
          "unknown field \(quoted(member.key)). \(suggestion(for: member.key, among: known))")
        continue
      }
      mappings[member.key] = FieldMapping(member.value, field: field, problems: problems)
    }
    self.mappings = mappings
  }
}

extension NeutralField {
  /// Members of a compound value with their default form.
  fileprivate var members: [(name: String, form: ParameterForm)] {
    switch self {
    case .multiPrompt: [("prompt", .string), ("duration", .number)]
    case .elements: [("frontal", .string), ("angles", .list), ("video", .string), ("voice", .string)]
    default: []
    }
  }

  fileprivate var defaultForm: ParameterForm {
    switch self {
    case .duration: .number
    case .generateAudio: .boolean
    case .references, .videoReferences, .elements, .multiPrompt: .list
    case .prompt, .startImage, .endImage, .negativePrompt, .aspectRatio, .resolution: .string
    }
  }
}

extension FieldMapping {
  private static let optionalMembers: Set<String> = ["angles", "video", "voice"]

  fileprivate init?(_ node: DocumentNode, field: NeutralField, problems: ProblemList) {
    let fields = NeutralField.allCases.map(\.rawValue)
    let path = "fields.\(field.rawValue)"
    let known = ["name", "form", "required", "requires", "not_with", "members"]
    guard let reader = FieldReader(node, path: path, known: known, problems: problems),
      let name = reader.text("name", required: true)
    else { return nil }
    self.name = name
    form = reader.form ?? field.defaultForm
    required = reader.bool("required") ?? false
    func neutral(_ key: String) -> [NeutralField] {
      (reader.texts(key) ?? []).compactMap { text in
        if let field = NeutralField(rawValue: text) { return field }
        reader.report(key, "unknown field \(quoted(text)). \(suggestion(for: text, among: fields))")
        return nil
      }
    }
    requires = neutral("requires")
    notWith = neutral("not_with")
    let compound = reader.fields("members", known: field.members.map(\.name), required: !field.members.isEmpty)
    var members: [String: MemberMapping] = [:]
    for member in field.members {
      guard
        let inner = compound?.fields(
          member.name, known: ["name", "form"], required: !Self.optionalMembers.contains(member.name)),
        let name = inner.text("name", required: true)
      else { continue }
      members[member.name] = MemberMapping(name: name, form: inner.form ?? member.form)
    }
    self.members = members
  }
}

extension FieldReader {
  fileprivate var form: ParameterForm? {
    word("form", among: ParameterForm.allCases.map(\.rawValue)).flatMap(ParameterForm.init)
  }
}
