import Files
import Presets
import Timing

extension StoryboardReader {
  private static let deliveryKeys = [
    "presets", "name", "title", "ad_id", "advertiser", "fit", "center", "keep_pitch", "captions_as", "burn_captions",
    "label",
  ]
  private static let labelKeys = ["text", "language", "position", "size", "seconds"]
  private static let labelPositions = [
    "top-left", "top-right", "bottom-left", "bottom-right", "top", "bottom", "center",
  ]
  private static let captionForms = ["track", "srt", "vtt"]
  /// Percent of the frame's shorter side.
  private static let labelSizes = Rational.one...Rational(25)
  /// Seconds from the start.
  private static let labelSeconds = Rational(1, 10)...Rational(3600)

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
    settings.captionForms = captionForms(of: fields)
    settings.burnsCaptions = fields.bool("burn_captions")
    settings.label = label(of: fields)
    return settings
  }

  private func captionForms(of fields: FieldReader) -> [String]? {
    guard let forms = fields.texts("captions_as") else { return nil }
    for form in forms where !Self.captionForms.contains(form) {
      fields.report(
        "captions_as", "\(quoted(form)) is no form of captions; use \(Self.captionForms.joined(separator: ", ")).")
    }
    if forms.isEmpty { fields.report("captions_as", "name at least one form, or leave 'captions_as' out.") }
    return forms
  }

  /// `label`: a text, `auto`, or fields.
  private func label(of fields: FieldReader) -> LabelSettings? {
    guard let node = fields.node("label") else { return nil }
    var settings = LabelSettings()
    if case .mapping = node.value {
      guard let own = fields.fields("label", known: Self.labelKeys) else { return nil }
      settings.text = own.text("text", anyScalar: true)
      settings.language = own.has("language") ? language(of: own) : nil
      settings.position = own.word("position", among: Self.labelPositions)
      settings.size = number("size", of: own, in: Self.labelSizes, unit: "percent of the frame's shorter side")
      settings.seconds = number("seconds", of: own, in: Self.labelSeconds, unit: "seconds")
    } else {
      settings.text = fields.text("label", anyScalar: true)
      if settings.text == nil { return nil }
    }
    if settings.text == "auto" { settings.text = nil }
    return settings
  }

  func marking(of reader: FieldReader) -> MarkingSettings? {
    guard let fields = reader.fields("marking", known: ["source_type", "aigc"]) else { return nil }
    var settings = MarkingSettings()
    settings.sourceType = fields.text("source_type")
    if let members = fields.members("aigc") {
      var texts: [String: String] = [:]
      for member in members {
        switch member.value.value {
        case .text(let text): texts[member.key] = text
        case .integer(let number): texts[member.key] = "\(number)"
        default: fields.report("aigc", "the field \(quoted(member.key)) of 'aigc' must be text.")
        }
      }
      settings.aigc = texts
    }
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
