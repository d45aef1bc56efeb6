extension Unicode.Scalar {
  /// Whether a terminal would act on it instead of showing it: control, formatting and unassigned characters.
  fileprivate var isUnsafe: Bool {
    switch properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: true
    default: false
    }
  }
}

extension String {
  /// The text for a terminal: control, formatting and unassigned characters, which could move the cursor, change
  /// colours or hide text, as `\u{…}`.
  public var terminalSafe: String {
    var shown = ""
    for scalar in unicodeScalars { shown.appendSafe(scalar) }
    return shown
  }

  fileprivate mutating func appendSafe(_ scalar: Unicode.Scalar) {
    if scalar.isUnsafe {
      self += "\\u{\(String(scalar.value, radix: 16))}"
    } else {
      unicodeScalars.append(scalar)
    }
  }
}

/// Characters of a foreign text that a message repeats at most.
private let quotedLength = 60

/// A foreign text for a message: in single quotes, shortened to 60 characters, safe for a terminal.
public func quoted(_ text: String) -> String {
  var shown = ""
  for (count, scalar) in text.unicodeScalars.enumerated() {
    guard count < quotedLength else {
      shown += "…"
      break
    }
    shown.appendSafe(scalar)
  }
  return "'\(shown)'"
}
