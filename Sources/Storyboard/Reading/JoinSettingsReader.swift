import Files
import Presets
import Timing

/// Pixels per side of a master.
private let sides = 16...16_384
/// Frames per second of a master.
private let sensibleRates = Rational(1)...Rational(1000)

/// Reads the fields of a storyboard that shape the master: trims, transitions, conforming.
struct JoinSettingsReader {
  let problems: ProblemList

  /// `{in: 0.5, out: "#100"}`, at least one of both.
  func trim(of shot: FieldReader) -> ShotTrim? {
    guard let fields = shot.fields("trim", known: ["in", "out"]) else { return nil }
    let (start, end) = (time("in", of: fields), time("out", of: fields))
    if !fields.has("in"), !fields.has("out") {
      shot.report("trim", "'trim' has neither 'in' nor 'out'; give one or remove the key.")
    }
    if let start, let end, Self.isReversed(start, end) {
      fields.report("out", "'out' must be after 'in': the trim from \(start) to \(end) keeps nothing.")
      return nil
    }
    return start == nil && end == nil ? nil : ShotTrim(start: start, end: end)
  }

  /// False where that depends on the clip's frame rate.
  private static func isReversed(_ start: TimePoint, _ end: TimePoint) -> Bool {
    switch (start, end) {
    case (.seconds(let a), .seconds(let b)): a >= b
    case (.frame(let a), .frame(let b)): a >= b
    default: false
    }
  }

  /// `{kind: dissolve, duration: 0.5}`, into the shot from the one before.
  func transition(of shot: FieldReader, index: Int) -> ShotTransition? {
    guard let fields = shot.fields("transition", known: ["kind", "duration"]) else { return nil }
    if index == 0 {
      shot.report("transition", "the first shot has no shot before it; remove 'transition'.")
    }
    let kind = fields.word("kind", among: ShotTransition.Kind.allCases.map(\.rawValue), required: true)
      .flatMap(ShotTransition.Kind.init)
    let duration = time("duration", of: fields, required: true)
    if duration == .seconds(.zero) || duration == .frame(0) {
      fields.report("duration", "'duration' must be above 0.")
      return nil
    }
    guard let kind, let duration, index > 0 else { return nil }
    return ShotTransition(kind: kind, duration: duration)
  }

  /// `true`, `false` or a mapping of the format's fields.
  func conform(of join: FieldReader) -> ConformSettings? {
    guard let node = join.node("conform") else { return nil }
    if case .bool(let isWanted) = node.value { return isWanted ? ConformSettings() : nil }
    guard let fields = join.fields("conform", known: ["size", "rate", "fit", "rate_conversion"]) else { return nil }
    var settings = ConformSettings()
    if let size = fields.text("size") {
      let numbers = size.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
      if numbers.count == 2, let width = numbers[0], let height = numbers[1], sides.contains(width),
        sides.contains(height)
      {
        (settings.width, settings.height) = (width, height)
      } else {
        fields.report("size", "'size' must be width by height in pixels, such as \"3840x2160\", not \(quoted(size)).")
      }
    }
    settings.rate = rate("rate", of: fields)
    settings.fit = fields.word("fit", among: ConformSettings.Fit.allCases.map(\.rawValue))
      .flatMap(ConformSettings.Fit.init)
    settings.rateConversion = fields.word(
      "rate_conversion", among: ConformSettings.RateConversion.allCases.map(\.rawValue)
    ).flatMap(ConformSettings.RateConversion.init)
    return settings
  }

  /// Frames per second.
  func rate(_ key: String, of fields: FieldReader) -> FrameRate? {
    guard let text = fields.text(key, anyScalar: true) else { return nil }
    if let rational = Rational(parsing: text), sensibleRates.contains(rational), let rate = FrameRate(rational) {
      return rate
    }
    fields.report(key, "'\(key)' must be frames per second, such as 24 or \"24000/1001\", not \(quoted(text)).")
    return nil
  }

  private func time(_ key: String, of fields: FieldReader, required: Bool = false) -> TimePoint? {
    guard let text = fields.text(key, required: required, anyScalar: true) else { return nil }
    guard let point = TimePoint(parsing: text) else {
      fields.report(
        key, "'\(key)' must be seconds, HH:MM:SS.mmm, HH:MM:SS:FF or \"#frame\" (in quotes), not \(quoted(text)).")
      return nil
    }
    return point
  }
}
