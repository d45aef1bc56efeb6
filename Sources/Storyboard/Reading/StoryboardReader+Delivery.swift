import Files
import Presets

extension StoryboardReader {
  private static let deliveryKeys = [
    "presets", "name", "title", "ad_id", "advertiser", "fit", "center", "keep_pitch",
  ]

  /// `deliver`: a list of presets, or fields.
  func delivery(of reader: FieldReader) -> DeliverySettings? {
    guard let node = reader.node("deliver") else { return nil }
    if case .list = node.value {
      let presets = presets("deliver", of: reader)
      return presets.isEmpty ? nil : DeliverySettings(presets: presets)
    }
    guard let fields = reader.fields("deliver", known: Self.deliveryKeys) else { return nil }
    var settings = DeliverySettings(presets: presets("presets", of: fields))
    settings.name = fields.text("name")
    settings.title = fields.text("title", anyScalar: true)
    settings.adID = fields.text("ad_id", anyScalar: true)
    settings.advertiser = fields.text("advertiser", anyScalar: true)
    settings.fit = fields.word("fit", among: DeliveryRecipe.Fit.allCases.map(\.rawValue))
      .flatMap(DeliveryRecipe.Fit.init)
    settings.center = center(of: fields)
    settings.keepsPitch = fields.bool("keep_pitch")
    return settings
  }

  private func presets(_ key: String, of reader: FieldReader) -> [String] {
    let names = reader.texts(key, required: true) ?? []
    if names.isEmpty, reader.has(key) { reader.report(key, "name at least one delivery preset.") }
    for (number, name) in names.enumerated() where names[..<number].contains(name) {
      reader.report(key, "the preset \(quoted(name)) is in the list twice.")
    }
    return names
  }

  private func center(of fields: FieldReader) -> [Double]? {
    guard let items = fields.list("center") else { return nil }
    let parts = items.compactMap { item -> Double? in
      switch item.node.value {
      case .integer(let number): Double(number)
      case .number(let number): number
      default: nil
      }
    }
    guard parts.count == 2, items.count == 2, parts.allSatisfy((0...1).contains) else {
      fields.report("center", "'center' must be two numbers from 0 to 1, such as [0.5, 0.4].")
      return nil
    }
    return parts
  }
}
