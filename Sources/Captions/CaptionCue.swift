public import Timing

/// A text and the time for which it is shown.
public struct CaptionCue: Sendable, Hashable {
  /// Seconds.
  public var start: Rational
  /// Seconds, above ``start``.
  public var end: Rational
  public var text: CaptionText
  /// Shown at the top of the frame rather than at the bottom.
  public var isTop = false
  /// WebVTT's cue settings as they were written, `line:0 align:start`; empty for none.
  public var settings = ""

  public init(start: Rational, end: Rational, text: CaptionText) {
    self.start = start
    self.end = end
    self.text = text
  }

  public init(start: Rational, end: Rational, text: String) {
    self.init(start: start, end: end, text: CaptionText(text))
  }
}

/// Lines of text, of which parts may be italic, bold or underlined.
public struct CaptionText: Sendable, Hashable {
  public struct Style: OptionSet, Sendable, Hashable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    // The values of 3GPP TS 26.245's face style flags.
    public static let bold = Style(rawValue: 1)
    public static let italic = Style(rawValue: 2)
    public static let underlined = Style(rawValue: 4)
  }

  public struct Run: Sendable, Hashable {
    public var text: String
    public var style: Style
  }

  /// In reading order; lines end with `\n`, the last one with nothing.
  public private(set) var runs: [Run]

  public init(_ plain: String = "") { runs = plain.isEmpty ? [] : [Run(text: plain, style: [])] }

  public var plain: String { runs.map(\.text).joined() }
  public var isEmpty: Bool { runs.isEmpty }
  public var lines: [Substring] { plain.split(separator: "\n", omittingEmptySubsequences: false) }

  mutating func append(_ text: String, _ style: Style) {
    guard !text.isEmpty else { return }
    if let last = runs.indices.last, runs[last].style == style {
      runs[last].text += text
    } else {
      runs.append(Run(text: text, style: style))
    }
  }

  /// The lines of several texts, one after the other.
  static func stacked(_ texts: [CaptionText]) -> CaptionText {
    texts.enumerated().reduce(into: CaptionText()) { result, item in
      if item.offset > 0 { result.append("\n", []) }
      for run in item.element.runs { result.append(run.text, run.style) }
    }
  }
}
