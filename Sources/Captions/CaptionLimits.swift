import Timing

/// What viewers can read: common practice; the project's choice.
public struct CaptionLimits: Sendable, Hashable {
  /// Allowed values of each.
  public static let speeds = 5.0...60
  public static let lineLengths = 10...200
  public static let lineCounts = 1...10

  /// Characters a second, spaces included.
  public var speed = 20.0
  /// Characters of a line.
  public var lineLength = 42
  /// Lines of a cue.
  public var lines = 2

  public init() {}

  /// Cues that may be shown at a time.
  static let mostAtATime = 8

  /// What is wrong with a file's cues in a program.
  /// - Parameters:
  ///   - program: seconds that it lasts; nil when that is not known yet.
  ///   - frame: seconds of one of its frames.
  func problems(of file: CaptionFile, program: Rational?, frame: Rational?) -> [CaptionProblem] {
    var found: [CaptionProblem] = []
    var latest: (end: Rational, cue: Int)?
    var previousStart: Rational?
    for (index, cue) in file.cues.enumerated() {
      func add(
        _ check: CaptionProblem.Check, _ severity: CaptionProblem.Severity, measured: Double? = nil,
        limit: Double? = nil, _ message: String
      ) {
        found.append(
          CaptionProblem(
            check, severity, file: file.path, cue: index + 1, line: file.lines[index], time: cue.start,
            measured: measured, limit: limit, message))
      }
      if let character = cue.text.plain.unicodeScalars.first(where: { $0.isControl }) {
        add(
          .text, .error, "its text has the control character U+\(String(character.value, radix: 16, uppercase: true))")
      }
      guard cue.end > cue.start else {
        add(
          .duration, .error, measured: (cue.end - cue.start).doubleValue, limit: 0,
          "it ends at \(CaptionTime.text(cue.end)), not after its start \(CaptionTime.text(cue.start))")
        continue
      }
      if let previousStart, cue.start < previousStart {
        add(.order, .warning, "it starts before the cue before it; cues are sorted by their times")
      }
      if let latest, cue.start < latest.end, previousStart.map({ cue.start >= $0 }) ?? false {
        let overlap = (min(latest.end, cue.end) - cue.start).doubleValue
        add(
          .overlap, .warning, measured: overlap, limit: 0,
          "it starts \(Self.plain(overlap)) s before cue \(latest.cue) ends; both are shown, one above the other")
      }
      previousStart = cue.start
      if latest.map({ cue.end > $0.end }) ?? true { latest = (cue.end, index + 1) }
      checkEnd(cue, program, frame, add)
      checkText(cue, add)
    }
    return found
  }

  private typealias Add = (CaptionProblem.Check, CaptionProblem.Severity, Double?, Double?, String) -> Void

  private func checkEnd(_ cue: CaptionCue, _ program: Rational?, _ frame: Rational?, _ add: Add) {
    guard let program else { return }
    if cue.start >= program {
      add(
        .end, .error, cue.start.doubleValue, program.doubleValue,
        "it starts at \(CaptionTime.text(cue.start)), after the program's end at \(CaptionTime.text(program))")
    } else if cue.end > program + (frame ?? .zero) {
      add(
        .end, .warning, cue.end.doubleValue, program.doubleValue,
        "it ends at \(CaptionTime.text(cue.end)), and is cut at the program's end at \(CaptionTime.text(program))")
    }
  }

  private func checkText(_ cue: CaptionCue, _ add: Add) {
    guard !cue.text.isEmpty else { return add(.text, .warning, nil, nil, "it has no text, and is left out") }
    let own = cue.text.lines
    let count = own.reduce(0) { $0 + $1.count }
    let measured = Double(count) / (cue.end - cue.start).doubleValue
    if measured > speed {
      add(
        .speed, .warning, measured, speed,
        "\(Self.plain(measured)) characters a second, at most \(Self.plain(speed)) can be read")
    }
    if let longest = own.map(\.count).max(), longest > lineLength {
      add(
        .lineLength, .warning, Double(longest), Double(lineLength),
        "a line of \(longest) characters, at most \(lineLength)")
    }
    if own.count > lines {
      add(.lines, .warning, Double(own.count), Double(lines), "\(own.count) lines, at most \(lines)")
    }
  }

  private static func plain(_ value: Double) -> String {
    let tenths = (value * 10).rounded() / 10
    return tenths == tenths.rounded() ? "\(Int(tenths))" : "\(tenths)"
  }
}

extension Unicode.Scalar {
  /// Whether it is no character of a text; line feeds and tabs are.
  fileprivate var isControl: Bool {
    switch properties.generalCategory {
    case .control: self != "\n" && self != "\t"
    case .lineSeparator, .paragraphSeparator, .surrogate: true
    default: false
    }
  }
}
