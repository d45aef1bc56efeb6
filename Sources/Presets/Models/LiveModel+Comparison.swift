import Files

extension LiveModel {
  /// A sentence for everything in which a descriptor and the service's own object differ; for those who keep descriptors.
  ///
  /// Beside what ``applied(to:)`` changes: forms of values, values of constants, lists that are shorter, and parameters that
  /// only the service has.
  public func comparison(with model: ModelDescriptor) -> [String] {
    var differences = applied(to: model).differences
    guard let schema else {
      return differences + ["parameters: the catalogue has no schema, so nothing of them is checked"]
    }
    let properties = schema.properties
    for field in NeutralField.allCases {
      guard let mapping = model.fields[field], let rules = properties[mapping.name] else { continue }
      if let problem = Self.form(of: mapping, rules) { differences.append("\(field.rawValue): \(problem)") }
      if !mapping.required, schema.required.contains(mapping.name) {
        differences.append("\(field.rawValue): the service requires \(mapping.name), the descriptor does not")
      }
    }
    for constant in model.constants {
      guard let allowed = properties[constant.name]?["enum"]?.arrayValue, !allowed.contains(constant.value) else {
        continue
      }
      let list = allowed.map(\.canonicalJSON).joined(separator: ", ")
      differences.append(
        "\(constant.name): the descriptor sends \(constant.value.canonicalJSON), the service takes \(list)")
    }
    for (field, known) in [(NeutralField.multiPrompt, model.limits.multiPrompt?.count)] {
      guard let name = model.fields[field]?.name, let most = properties[name]?["maxItems"]?.integerValue,
        Int64(known ?? 0) != most
      else { continue }
      differences.append(
        "\(field.rawValue): now at most \(most) items, in the descriptor \(known.map(String.init) ?? "unknown")")
    }
    let sent = Set(model.fields.mappings.values.map(\.name) + model.constants.map(\.name))
    let others = Set(properties.keys).subtracting(sent).subtracting(Self.serviceParameters)
      .subtracting(schema.required).sorted()
    if !others.isEmpty {
      differences.append("parameters: the service also takes \(others.joined(separator: ", "))")
    }
    return differences
  }

  /// A form that the service's rules refuse.
  private static func form(of mapping: FieldMapping, _ rules: JSONValue) -> String? {
    let types = rules["type"]?.stringValue.map { [$0] } ?? (rules["type"]?.arrayValue ?? []).compactMap(\.stringValue)
    guard !types.isEmpty else { return nil }
    let own: Set<String> =
      switch mapping.form {
      case .number: ["number", "integer"]
      case .string: ["string"]
      case .boolean: ["boolean"]
      case .list: ["array"]
      }
    guard own.isDisjoint(with: types) else { return nil }
    return "the service takes \(mapping.name) as \(types.joined(separator: " or ")), the descriptor sends a "
      + mapping.form.rawValue
  }
}
