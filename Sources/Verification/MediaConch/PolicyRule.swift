import Foundation
import Presets

/// One rule of a MediaConch policy: a field of MediaInfo, compared with a text.
struct PolicyRule: Sendable {
  enum Operator: String, Sendable, CaseIterable {
    case equal = "="
    case unequal = "!="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
    case startsWith = "starts with"
    case doesNotStartWith = "must not start with"
    case exists = "exists"
    case doesNotExist = "must not exist"
  }

  /// The tracks of a type that a rule is about.
  enum Occurrence: Sendable, Hashable {
    /// It holds for one of them at least.
    case any
    /// It holds for each.
    case all
    /// From 1 on.
    case number(Int)
  }

  let name: String
  let trackType: String
  let key: String
  let occurrence: Occurrence
  let comparison: Operator
  let value: String
  let level: DeliverableRule.Severity

  /// `Video/Width`.
  var field: String { "\(trackType)/\(key)" }
  var title: String { name.isEmpty ? field : name }

  /// What is asked of the field: `= 320`, `exists`.
  var expectation: String {
    switch comparison {
    case .exists, .doesNotExist: comparison.rawValue
    default: "\(comparison.rawValue) \(value)"
    }
  }

  private func found(_ tracks: MediaInfoTracks) -> [MediaInfoTracks.Value] {
    let all = tracks.values(key, of: trackType)
    guard case .number(let number) = occurrence else { return all }
    return all.indices.contains(number - 1) ? [all[number - 1]] : []
  }

  /// The texts that the file has for the field.
  func values(_ tracks: MediaInfoTracks) -> [String] {
    found(tracks).compactMap { if case .text(let text) = $0 { text } else { nil } }
  }

  func isKnown(_ tracks: MediaInfoTracks) -> Bool { !found(tracks).contains(.unknown) }

  func outcome(_ tracks: MediaInfoTracks) -> PolicyOutcome {
    let texts = values(tracks)
    let isKnown = isKnown(tracks)
    func decided(_ holds: Bool, whatever: Bool) -> PolicyOutcome {
      whatever || isKnown ? (holds ? .pass : .fail) : .unknown
    }
    switch comparison {
    case .exists: return decided(!texts.isEmpty, whatever: !texts.isEmpty)
    case .doesNotExist: return decided(texts.isEmpty, whatever: !texts.isEmpty)
    case .doesNotStartWith where texts.isEmpty: return isKnown ? .pass : .unknown
    default:
      // Tracks without the field do not count.
      let holding = texts.count(where: holds)
      guard occurrence == .all else { return decided(holding > 0, whatever: holding > 0) }
      let fails = holding < texts.count
      return decided(!fails && !texts.isEmpty, whatever: fails)
    }
  }

  private func holds(_ text: String) -> Bool {
    switch comparison {
    case .equal: Self.equal(text, value)
    case .less: compare(text, <, <)
    case .lessOrEqual: compare(text, <=, <=)
    case .greater: compare(text, >, >)
    case .greaterOrEqual: compare(text, >=, >=)
    case .startsWith: text.utf8.starts(with: value.utf8)
    case .doesNotStartWith: !text.utf8.starts(with: value.utf8)
    case .unequal: !Self.equal(text, value)
    case .exists, .doesNotExist: true
    }
  }

  /// As numbers where both are, else byte by byte.
  private static func equal(_ a: String, _ b: String) -> Bool {
    if let x = Double(a), let y = Double(b) { return x == y }
    return a.utf8.elementsEqual(b.utf8)
  }

  private func compare(_ text: String, _ numbers: (Double, Double) -> Bool, _ texts: (String, String) -> Bool) -> Bool {
    if let x = Double(text), let y = Double(value) { return numbers(x, y) }
    return texts(text, value)
  }
}
