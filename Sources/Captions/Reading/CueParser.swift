import Files
import Timing

/// Reads the blocks of a caption file: tolerant of what players take, with a problem for what they drop.
struct CueParser {
  /// Problems of form that are kept.
  private static let mostProblems = 100
  /// Bytes of a cue's text: all that are shown at a time fit into one sample of timed text.
  private static let longestText = 4000
  private static let quotedText = 80
  private static let hours = 9999

  private let lines: [Substring]
  private let format: CaptionFile.Format
  private let path: String
  private var at = 0
  private var hasReportedNumbers = false
  private(set) var cues: [CaptionCue] = []
  private(set) var cueLines: [Int] = []
  private(set) var problems: [CaptionProblem] = []

  init(_ text: String, format: CaptionFile.Format, path: String) {
    lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    self.format = format
    self.path = path
  }

  /// - Throws: ``CaptionError`` for more cues than a caption file has.
  mutating func parse() throws(CaptionError) {
    if format == .webVTT { skipBlock() }
    while at < lines.count {
      if isBlank(at) {
        at += 1
      } else if format == .webVTT, isComment(lines[at]) {
        skipBlock()
      } else {
        readCue()
      }
      guard cues.count <= CaptionFile.mostCues else {
        throw CaptionError(.unreadable, "has more than \(CaptionFile.mostCues) cues", file: path)
      }
    }
  }

  private func isBlank(_ line: Int) -> Bool { lines[line].allSatisfy(\.isWhitespace) }

  /// Notes, style sheets and regions; styles are not carried.
  private func isComment(_ line: Substring) -> Bool {
    ["NOTE", "STYLE", "REGION"].contains {
      line.hasPrefix($0) && (line.dropFirst($0.count).first?.isWhitespace ?? true)
    }
  }

  private mutating func skipBlock() {
    while at < lines.count, !isBlank(at) { at += 1 }
  }

  private mutating func readCue() {
    let first = at
    var label: Substring?
    if times(of: lines[at]) == nil {
      guard !lines[at].contains("-->"), at + 1 < lines.count, lines[at + 1].contains("-->") else {
        report(.syntax, line: first, Self.misplaced(lines[first]))
        return skipBlock()
      }
      label = lines[at]
      at += 1
    }
    guard let (start, end, rest) = times(of: lines[at]) else {
      report(
        .syntax, line: at,
        "\(quoted(String(lines[at].prefix(Self.quotedText)))) is no line of times, such as \(format == .subRip ? "00:00:01,000 --> 00:00:02,500" : "00:01.000 --> 00:02.500")"
      )
      return skipBlock()
    }
    let timeLine = at + 1
    at += 1
    var own: [Substring] = []
    while at < lines.count, !isBlank(at), !startsCue(at) {
      own.append(lines[at])
      at += 1
    }
    let markup = CaptionMarkup(format)
    let raw = own.joined(separator: "\n")
    let isLong = raw.utf8.count > Self.longestText
    let (text, isTop) = markup.text(isLong ? String(raw.prefix(Self.quotedText)) : raw)
    var cue = CaptionCue(start: start, end: end, text: text)
    cue.settings = format == .webVTT ? CueSettings.kept(rest) : ""
    cue.isTop = isTop || CueSettings.isTop(cue.settings)
    cues.append(cue)
    cueLines.append(timeLine)
    checkNumber(label, line: first)
    if isLong {
      report(.text, line: timeLine - 1, isCue: true, "its text is longer than \(Self.longestText) bytes")
    }
  }

  /// A cue that follows without an empty line.
  private func startsCue(_ line: Int) -> Bool {
    if times(of: lines[line]) != nil { return true }
    return line + 1 < lines.count && lines[line].allSatisfy({ $0.isASCII && $0.isNumber })
      && times(of: lines[line + 1]) != nil
  }

  /// SubRip counts its cues from 1; players do not look at it.
  private mutating func checkNumber(_ label: Substring?, line: Int) {
    guard format == .subRip, !hasReportedNumbers else { return }
    let number = label.flatMap { Int($0.filter { !$0.isWhitespace }) }
    guard number != cues.count else { return }
    hasReportedNumbers = true
    let shown = label.map { quoted(String($0.prefix(20))) } ?? "none"
    report(
      .numbers, .warning, line: line, isCue: true,
      "number \(shown), expected \(cues.count); numbers are rewritten, further ones are not reported")
  }

  private static func misplaced(_ line: Substring) -> String {
    "\(quoted(String(line.prefix(Self.quotedText)))) belongs to no cue: there is no line of times before it; an empty line inside "
      + "a cue's text ends the cue"
  }

  private mutating func report(
    _ check: CaptionProblem.Check, _ severity: CaptionProblem.Severity = .error, line: Int, isCue: Bool = false,
    _ message: String
  ) {
    guard problems.count < Self.mostProblems else { return }
    problems.append(
      CaptionProblem(
        check, severity, file: path, cue: isCue ? cues.count : nil, line: line + 1,
        time: isCue ? cues.last?.start : nil, message))
  }

  // MARK: - Times

  /// Start, end and what follows them.
  private func times(of line: Substring) -> (start: Rational, end: Rational, rest: Substring)? {
    guard let arrow = line.firstRange(of: "-->"), let start = time(line[..<arrow.lowerBound]) else { return nil }
    let after = line[arrow.upperBound...].drop(while: \.isWhitespace)
    let token = after.prefix { !$0.isWhitespace }
    guard let end = time(token) else { return nil }
    return (start, end, after.dropFirst(token.count))
  }

  /// `HH:MM:SS,mmm`; WebVTT has a full stop, and may leave the hours out. Both separators are taken for both.
  private func time(_ text: Substring) -> Rational? {
    let trimmed = text.drop(while: \.isWhitespace).prefix { !$0.isWhitespace }
    guard text.dropFirst(text.prefix(while: \.isWhitespace).count + trimmed.count).allSatisfy(\.isWhitespace) else {
      return nil
    }
    let parts = trimmed.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 3 || parts.count == 2 && format == .webVTT, let last = parts.last else { return nil }
    let seconds = last.split(omittingEmptySubsequences: false) { $0 == "," || $0 == "." }
    func number(_ digits: Substring, _ counts: ClosedRange<Int>) -> Int64? {
      guard counts.contains(digits.count), digits.allSatisfy({ ("0"..."9").contains($0) }) else { return nil }
      return Int64(digits)
    }
    guard seconds.count == 2, let whole = number(seconds[0], 2...2), let milliseconds = number(seconds[1], 3...3),
      let minutes = number(parts[parts.count - 2], 1...2),
      let hours = parts.count == 3 ? number(parts[0], 1...6) : 0, whole < 60, minutes < 60, hours <= Self.hours
    else { return nil }
    return Rational(((hours * 60 + minutes) * 60 + whole) * 1000 + milliseconds, 1000)
  }
}

/// WebVTT's cue settings.
enum CueSettings {
  /// A literal in a function is compiled again at each call, which takes longer than to read a cue. Unsafe by name only: a
  /// `Regex` is not `Sendable`, but nothing changes it.
  private nonisolated(unsafe) static let known = /(vertical|line|position|size|align):[A-Za-z0-9.,%+-]{1,40}/
  /// Static and unsafe by name only, as ``known``.
  private nonisolated(unsafe) static let line = /(?:^| )line:([0-9]{1,6})(\.[0-9]+)?(%?)/

  /// The ones that are known, in their order.
  static func kept(_ text: Substring) -> String {
    text.split(whereSeparator: \.isWhitespace).prefix(8).filter { setting in
      setting.wholeMatch(of: known) != nil
    }.joined(separator: " ")
  }

  static func isTop(_ settings: String) -> Bool {
    guard !settings.isEmpty, let match = settings.firstMatch(of: line), let value = Int(match.1) else { return false }
    return match.3.isEmpty ? value < 5 : value < 40
  }
}
