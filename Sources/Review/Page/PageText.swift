import Foundation

/// The page's texts in one language, by key; `{name}` in a text is replaced.
struct PageText: Sendable {
  let texts: [String: String]

  /// English, as `Resources/text.en.json` has it; without texts where ``PageFile/requireAll()`` throws.
  static let english = PageText(json: (try? PageFile.english.text()) ?? "")

  init(json: String) {
    texts = (try? JSONDecoder().decode([String: String].self, from: Data(json.utf8))) ?? [:]
  }

  /// The text of a key; the key itself where there is none.
  subscript(key: String, values: [String: String] = [:]) -> String {
    // In one pass: a value may look like a name in braces.
    (texts[key] ?? key).replacing(#/\{(\w+)\}/#) { values[String($0.1)] ?? String($0.0) }
  }

  /// The texts as nested dictionaries, for templates: `player.play` is `player` → `play`.
  var nested: [String: Any] {
    var result: [String: [String: Any]] = [:]
    for (key, text) in texts {
      let parts = key.split(separator: ".", maxSplits: 1).map(String.init)
      guard parts.count == 2 else { continue }
      result[parts[0], default: [:]][parts[1]] = text
    }
    return result
  }
}
