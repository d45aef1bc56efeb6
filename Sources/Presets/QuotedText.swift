/// Characters of a foreign text that a message repeats at most.
private let quotedLength = 60

/// A foreign text for a message: in single quotes, shortened, with control characters made visible.
public func quoted(_ text: String) -> String {
  var shown = ""
  var count = 0
  for scalar in text.unicodeScalars {
    guard count < quotedLength else {
      shown += "…"
      break
    }
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned:
      shown += "\\u{\(String(scalar.value, radix: 16))}"
    default: shown.unicodeScalars.append(scalar)
    }
    count += 1
  }
  return "'\(shown)'"
}
