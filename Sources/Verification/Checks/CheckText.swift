import Foundation
import Presets

extension Check {
  /// Units that follow a number in text; others, such as `name` or `ratio`, do not.
  private static let shownUnits: Set<String> = [
    "s", "bytes", "bit/s", "Hz", "bits", "frames", "degrees", "channels", "tracks", "LUFS", "LU", "dBTP", "dBFS",
    "places", "code values", "pixels", "entries",
  ]

  private static let singulars = [
    "bytes": "byte", "bits": "bit", "frames": "frame", "degrees": "degree", "channels": "channel", "tracks": "track",
    "places": "place", "code values": "code value", "pixels": "pixel", "entries": "entry",
  ]

  /// The unit after a number: ` frames`, ` frame` after 1.
  private func suffix(after value: JSONValue?) -> String {
    guard let number = value?.doubleValue, Self.shownUnits.contains(unit) else { return "" }
    return " " + (number == 1 ? Self.singulars[unit] ?? unit : unit)
  }

  /// A measured value for people: `1280x720`, `−23 LUFS`, `variable`.
  func text(_ value: JSONValue) -> String {
    switch value {
    case .integer, .number: plain(value) + suffix(after: value)
    case .array(let values):
      values.isEmpty ? "none" : values.map(plain).joined(separator: ", ") + suffix(after: values.last)
    case .object(let parts): Self.named(parts, plain)
    default: plain(value)
    }
  }

  /// What a rule expects for people: `24/1 | 30/1`, `≤ −1 dBTP`, `−24 to −22 LUFS`.
  /// - Parameter isList: an array is one value rather than a choice.
  func text(expecting value: JSONValue, isList: Bool = false) -> String {
    switch value {
    case .array(let values) where !isList:
      return values.map(plain).joined(separator: " | ") + suffix(after: values.last)
    case .object(let ends):
      switch (ends["min"], ends["max"]) {
      case (let low?, let high?): return "\(plain(low)) to \(plain(high))\(suffix(after: high))"
      case (let low?, nil): return "≥ \(plain(low))\(suffix(after: low))"
      case (nil, let high?): return "≤ \(plain(high))\(suffix(after: high))"
      default: return Self.named(ends, plain)
      }
    default: return text(value)
    }
  }

  private func plain(_ value: JSONValue) -> String {
    switch value {
    case .null: "none"
    case .bool(let flag): flag ? states.yes : states.no
    case .integer(let number): number < 0 ? "−\(number.magnitude)" : "\(number)"
    case .number(let number): Self.decimal(number)
    case .string(let text): text
    case .array(let values): values.map(plain).joined(separator: ", ")
    case .object(let parts): Self.named(parts, plain)
    }
  }

  /// Names of the parts of a measured object, `ssim_min` among them.
  private static let partNames = ["delta_e": "ΔE", "ssim": "SSIM"]

  private static func named(_ parts: [String: JSONValue], _ text: (JSONValue) -> String) -> String {
    parts.sorted { $0.key < $1.key }.map { key, value in
      let sign = key.hasSuffix("_min") ? "≥ " : key.hasSuffix("_max") ? "≤ " : ""
      let name = sign.isEmpty ? key : String(key.dropLast(4))
      return "\(partNames[name] ?? name) \(sign)\(text(value))"
    }.joined(separator: ", ")
  }

  /// At most six decimals, no exponent, a true minus sign.
  static func decimal(_ number: Double) -> String {
    guard number.isFinite else { return "\(number)" }
    var text = String(format: "%.6f", number.magnitude)
    while text.hasSuffix("0") { text.removeLast() }
    if text.hasSuffix(".") { text.removeLast() }
    return number < 0 && text != "0" ? "−\(text)" : text
  }
}
