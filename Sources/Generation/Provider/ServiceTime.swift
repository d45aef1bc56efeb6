import Foundation
import Presets

/// The times that services report, in whatever form they write them.
enum ServiceTime {
  /// Seconds by which the westernmost zone is after UTC.
  private static let longestOffset: Double = 12 * 3600
  /// Numbers from here on are milliseconds, from the next on microseconds: as seconds they would lie thousands of years
  /// ahead.
  private static let milliseconds = 1e11
  private static let microseconds = 1e14

  /// Unix seconds; nil for what is no time.
  ///
  /// A text without a zone is the latest time that it can mean, so that a request is never taken for older than it is.
  static func seconds(_ value: JSONValue?) -> Double? {
    guard let value else { return nil }
    guard let text = value.stringValue?.trimmingCharacters(in: .whitespaces) else {
      return value.doubleValue.map(scaled)
    }
    if let number = Double(text) { return number.isFinite ? scaled(number) : nil }
    return date(text)
  }

  private static func scaled(_ number: Double) -> Double {
    abs(number) >= microseconds ? number / 1_000_000 : abs(number) >= milliseconds ? number / 1000 : number
  }

  /// ISO 8601, with or without fractions and zone.
  private static func date(_ text: String) -> Double? {
    var text = text.replacing(" ", with: "T", maxReplacements: 1)
    let hasZone = text.firstMatch(of: /(Z|z|[+\-]\d\d:?\d\d)$/) != nil
    if !hasZone { text += "Z" }
    let fraction = text.firstMatch(of: /\.\d+/).map { String($0.output) } ?? ""
    let whole = fraction.isEmpty ? text : text.replacing(fraction, with: "", maxReplacements: 1)
    guard let date = try? Date(whole, strategy: .iso8601) else { return nil }
    return date.timeIntervalSince1970 + (Double("0" + fraction) ?? 0) + (hasZone ? 0 : longestOffset)
  }
}
