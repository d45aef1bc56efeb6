import Files
public import Presets

/// All checks: the registry of presets and `--list-checks`.
public enum CheckCatalogue {
  /// In the order of reports.
  public static let all: [Check] =
    container + marking + video + videoTiming + color + videoContent + destination + audio + audioContent + joins
    + request

  private static let byID = Dictionary(uniqueKeysWithValues: all.map { ($0.id, $0) })
  private static let order = Dictionary(uniqueKeysWithValues: all.enumerated().map { ($1.id, $0) })

  public static func check(_ id: String) -> Check? { byID[id] }

  static func position(of id: String) -> Int { order[id] ?? all.count }

  /// Names that a rule's `when` may use: checks, also with `_` for `.`, and members of the request.
  static let circumstances: Set<String> = Set(
    all.flatMap { [$0.id, underscored($0.id)] } + CheckInput.requestedNames)

  static func underscored(_ id: String) -> String { id.split(separator: ".").joined(separator: "_") }

  /// The unknown names in a preset, each with the nearest known one; empty when there are none.
  public static func mistakes(in spec: DeliverableSpec) -> [String] {
    spec.rules.sorted { $0.key < $1.key }.flatMap { id, rule -> [String] in
      guard byID[id] != nil else {
        return ["preset \(quoted(spec.id)): unknown check \(quoted(id)). \(hint(id, all.map(\.id)))"]
      }
      return rule.when.keys.sorted().filter { !circumstances.contains($0) }.map { name in
        "preset \(quoted(spec.id)): unknown name \(quoted(name)) in 'when' of \(quoted(id)). "
          + hint(name, circumstances.sorted())
      }
    }
  }

  private static func hint(_ word: String, _ known: [String]) -> String {
    nearest(to: word, among: known).map { "Did you mean '\($0)'?" }
      ?? "'longtake verify --list-checks' lists all checks."
  }
}
