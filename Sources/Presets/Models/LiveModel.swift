import Timing

/// A model in the service's catalogue now: its parameters' schema and its price.
///
/// It overrides the bundled descriptor.
public struct LiveModel: Sendable, Hashable {
  /// Parameters of the service and not of a model; a model's schema need not list them.
  public static let serviceParameters: Set<String> = [
    "model", "response_format", "target_namespace", "num_generations",
  ]
  /// Maximum durations that are compared one by one.
  private static let comparedDurations = 1000

  /// Nil when the catalogue has no schema of the parameters.
  public let schema: ParameterSchema?
  /// `pricing` as in the catalogue; nil when it is missing or empty.
  public let pricing: JSONValue?

  /// - Parameter object: the model object of a catalogue.
  public init(_ object: JSONValue) {
    schema = (object["request_schema"] ?? object["json_request_schema"]).flatMap(ParameterSchema.init)
    pricing = object["pricing"].flatMap { $0 == .null || $0 == .object([:]) ? nil : $0 }
  }

  /// Dollars per second of video; nil when the catalogue has no price in a known form.
  /// - Parameter resolution: as the model spells it, for prices by resolution.
  public func pricePerSecond(resolution: String?) -> USD? { pricing.flatMap { Self.price($0, resolution) } }

  private static func price(_ pricing: JSONValue, _ resolution: String?) -> USD? {
    for name in ["cost_per_second", "usd_per_second", "price_per_second", "per_second"] {
      if let price = pricing[name].flatMap(amount) { return price }
    }
    let unit = (pricing["unit"] ?? pricing["method"] ?? pricing["per"])?.stringValue?.lowercased() ?? ""
    if ["second", "seconds", "per_second"].contains(unit) {
      for name in ["price", "cost", "amount", "usd"] { if let price = pricing[name].flatMap(amount) { return price } }
    }
    guard let resolution else { return nil }
    for place in [pricing, pricing["resolutions"], pricing["by_resolution"]].compactMap(\.self) {
      let named = place.objectValue?.first { $0.key.lowercased() == resolution.lowercased() }?.value
      if let named, let price = price(named, nil) { return price }
    }
    return nil
  }

  private static func amount(_ value: JSONValue) -> USD? {
    if let text = value.stringValue { return USD(parsing: text.hasPrefix("$") ? String(text.dropFirst()) : text) }
    guard let dollars = value.doubleValue, dollars >= 0, dollars < 1_000_000 else { return nil }
    return USD(micro: Int64((dollars * 1_000_000).rounded()))
  }

  // MARK: - Against a descriptor

  /// The descriptor with the service's current values, and a sentence for each difference.
  public func applied(to model: ModelDescriptor) -> (model: ModelDescriptor, differences: [String]) {
    var model = model
    var differences: [String] = []
    applyPrice(to: &model, &differences)
    guard let schema else { return (model, differences) }
    let properties = schema.properties
    func rules(_ field: NeutralField) -> JSONValue? { model.fields[field].flatMap { properties[$0.name] } }
    if let rules = rules(.duration), let live = Self.duration(rules, model.limits.duration) {
      if Self.durations(live) != Self.durations(model.limits.duration)
        || live.standard != model.limits.duration?.standard
      {
        differences.append(
          "duration: now \(live.summary), in the descriptor \(model.limits.duration?.summary ?? "unknown")")
        model.limits.duration = live
      }
    }
    if let most = rules(.prompt)?["maxLength"]?.integerValue.flatMap({ Int(exactly: $0) }),
      most != model.limits.promptCharacters
    {
      differences.append(
        "prompt: now at most \(most) characters, in the descriptor "
          + (model.limits.promptCharacters.map { "\($0)" } ?? "unknown")
      )
      model.limits.promptCharacters = most
    }
    let ratios = (rules(.aspectRatio)?["enum"]?.arrayValue ?? []).compactMap(\.stringValue)
    if !ratios.isEmpty, Set(ratios) != Set(model.limits.aspectRatios ?? []) {
      let known = model.limits.aspectRatios?.joined(separator: ", ") ?? "unknown"
      differences.append("aspect_ratio: now \(ratios.joined(separator: ", ")), in the descriptor \(known)")
      model.limits.aspectRatios = ratios
    }
    let resolutions = (rules(.resolution)?["enum"]?.arrayValue ?? []).compactMap(\.stringValue)
    if !resolutions.isEmpty, let known = model.limits.resolutions, Set(resolutions) != Set(known.values) {
      differences.append(
        "resolution: now \(resolutions.joined(separator: ", ")), in the descriptor \(known.values.joined(separator: ", "))"
      )
      model.limits.resolutions?.values = resolutions
    }
    differences += Self.names(schema, model)
    return (model, differences)
  }

  private func applyPrice(to model: inout ModelDescriptor, _ differences: inout [String]) {
    guard let pricing else { return }
    let resolution = model.standardResolution
    let known = model.price().map { "\($0) per second" } ?? "no price"
    for (index, rate) in model.rates.enumerated() {
      guard let price = pricePerSecond(resolution: rate.resolution ?? resolution), price != rate.usdPerSecond else {
        continue
      }
      let what = rate.resolution.map { " at \($0)" } ?? ""
      differences.append("price\(what): now \(price) per second, in the descriptor \(rate.usdPerSecond) per second")
      model.rates[index].usdPerSecond = price
    }
    guard let price = pricePerSecond(resolution: resolution) else {
      differences.append(
        "price: unknown form in the catalogue (\(pricing.canonicalJSON.prefix(120))); "
          + "calculating with \(known)")
      return
    }
    guard model.rates.isEmpty || model.pricePerSecond != nil, price != model.pricePerSecond else { return }
    differences.append("price: now \(price) per second, in the descriptor \(known)")
    model.pricePerSecond = price
  }

  /// Parameters that only one of the two has, where that matters.
  private static func names(_ schema: ParameterSchema, _ model: ModelDescriptor) -> [String] {
    let sent = Set(model.fields.mappings.values.map(\.name) + model.constants.map(\.name))
    let known = Set(schema.properties.keys)
    let gone = sent.subtracting(known).subtracting(serviceParameters).sorted()
    let needed = schema.required.subtracting(sent).subtracting(serviceParameters).sorted()
    return [
      gone.isEmpty ? nil : "parameters: the service's schema does not list \(gone.joined(separator: ", "))",
      needed.isEmpty
        ? nil
        : "parameters: the service requires \(needed.joined(separator: ", ")), missing in the descriptor",
    ].compactMap(\.self)
  }

  private static func number(_ value: JSONValue) -> Rational? {
    if let text = value.stringValue { return Rational(parsing: text) }
    if let whole = value.integerValue { return Rational(whole) }
    return value.doubleValue.flatMap { Rational(parsing: "\($0)") }
  }

  /// Nil when the rules do not limit the duration.
  private static func duration(_ rules: JSONValue, _ known: DurationLimit?) -> DurationLimit? {
    let values = (rules["enum"]?.arrayValue ?? []).compactMap(number)
    let standard = rules["default"].flatMap(number) ?? known?.standard
    if !values.isEmpty { return DurationLimit(min: nil, max: nil, step: nil, values: values, standard: standard) }
    let (min, max) = (rules["minimum"].flatMap(number), rules["maximum"].flatMap(number))
    guard min != nil || max != nil else { return nil }
    let step = rules["type"]?.stringValue == "integer" ? .one : known?.step
    return DurationLimit(min: min ?? known?.min, max: max ?? known?.max, step: step, values: nil, standard: standard)
  }

  /// The allowed durations in one form for comparison: each of them where they are few.
  private static func durations(_ limit: DurationLimit?) -> [Rational] {
    guard let limit else { return [] }
    if let values = limit.values { return values.sorted() }
    guard let min = limit.min, let max = limit.max, let step = limit.step, step.isPositive,
      (max - min) / step < Rational(Int64(comparedDurations))
    else { return [limit.min ?? .zero, limit.max ?? .zero, limit.step ?? .zero] }
    var durations: [Rational] = []
    var next = min
    while next <= max {
      durations.append(next)
      next = next + step
    }
    return durations
  }
}

extension DurationLimit {
  /// `3 to 15 s, default 5 s`.
  fileprivate var summary: String {
    let range =
      values.map { $0.map(\.plain).joined(separator: ", ") + " s" } ?? "\(min?.plain ?? "?") to \(max?.plain ?? "?") s"
    return range + (standard.map { ", default \($0.plain) s" } ?? "")
  }
}

extension ModelDescriptor {
  /// The descriptor without the limits that a service's schema may have replaced.
  public var withoutReplaceableLimits: ModelDescriptor {
    var model = self
    model.limits.duration = model.limits.duration.map {
      DurationLimit(min: nil, max: nil, step: nil, values: nil, standard: $0.standard ?? $0.min ?? .one)
    }
    model.limits.promptCharacters = nil
    model.limits.aspectRatios = nil
    model.limits.resolutions = nil
    return model
  }
}
