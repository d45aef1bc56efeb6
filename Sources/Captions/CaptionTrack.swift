import Files
public import Timing

/// Checked captions of one language: cues sorted by start, each with a text, inside the program.
public struct CaptionTrack: Sendable, Hashable {
  /// Errors that a message names.
  private static let shownErrors = 20

  /// ISO 639-2, three letters; nil when it is not known.
  public let language: String?
  /// The file that it was read from.
  public let source: String
  public let cues: [CaptionCue]
  /// Warnings.
  public let problems: [CaptionProblem]

  /// Reads and checks a file.
  /// - Parameters:
  ///   - program: seconds that the program lasts; nil leaves out what depends on it.
  ///   - frame: seconds of one of its frames.
  /// - Throws: ``CaptionError`` `invalid` with every problem when there is an error among them; others as
  ///   ``CaptionFile/init(path:)`` does.
  public init(
    path: String, language: String?, program: Rational?, frame: Rational? = nil, limits: CaptionLimits = .init()
  ) throws(CaptionError) {
    try self.init(try CaptionFile(path: path), language: language, program: program, frame: frame, limits: limits)
  }

  /// - Throws: ``CaptionError`` `invalid`.
  public init(
    _ file: CaptionFile, language: String?, program: Rational?, frame: Rational? = nil, limits: CaptionLimits = .init()
  ) throws(CaptionError) {
    if let language, language.wholeMatch(of: /[a-z]{3}/) == nil {
      throw CaptionError(
        .invalid, "\(quoted(language)) is no language of ISO 639-2; write three letters, such as eng or deu",
        file: file.path)
    }
    let found = (file.problems + limits.problems(of: file, program: program, frame: frame)).sorted {
      ($0.line ?? 0) < ($1.line ?? 0)
    }
    let errors = found.filter { $0.severity == .error }
    if !errors.isEmpty {
      let shown = errors.prefix(Self.shownErrors).map { "\n  \($0.place): \($0.message)" }.joined()
      throw CaptionError(
        .invalid, "\(counted(errors.count, "error")) in the captions; correct them:\(shown)", file: file.path,
        problems: found)
    }
    let sorted = file.cues.filter { !$0.text.isEmpty }.enumerated().sorted {
      ($0.element.start, $0.offset) < ($1.element.start, $1.offset)
    }.map(\.element)
    self.language = language
    source = file.path
    cues = sorted.map { cue in
      var cue = cue
      if let program { cue.end = min(cue.end, program) }
      return cue
    }
    problems = found
    guard segments(until: nil).allSatisfy({ $0.cues.count <= CaptionLimits.mostAtATime }) else {
      throw CaptionError(
        .invalid, "more than \(CaptionLimits.mostAtATime) cues are shown at a time", file: file.path, problems: found)
    }
  }

  /// Cues that are known to be sorted, such as those of a track that was read from a master.
  public init(cues: [CaptionCue], language: String?, source: String, problems: [CaptionProblem] = []) {
    self.cues = cues
    self.language = language
    self.source = source
    self.problems = problems
  }

  /// The captions of a program that starts later, or lasts longer.
  /// - Parameters:
  ///   - offset: seconds in front of the program.
  ///   - stretch: length of the program against what it was.
  public func moved(by offset: Rational, stretch: Rational = .one) -> CaptionTrack {
    CaptionTrack(
      cues: cues.map { cue in
        var cue = cue
        cue.start = offset + cue.start * stretch
        cue.end = offset + cue.end * stretch
        return cue
      }, language: language, source: source, problems: problems)
  }

  /// A time in which the same cues are shown; none of them in a gap.
  public struct Segment: Sendable, Hashable {
    public let start: Rational
    public let end: Rational
    public let cues: [CaptionCue]

    /// All texts, the earliest at the top.
    public var text: CaptionText { CaptionText.stacked(cues.map(\.text)) }
  }

  /// The program from its start on, cut wherever a cue starts or ends.
  /// - Parameter end: seconds; nil for the last cue's end.
  public func segments(until end: Rational?) -> [Segment] {
    let last = end ?? cues.map(\.end).max() ?? .zero
    let edges = Set(cues.flatMap { [$0.start, $0.end] } + [.zero, last]).filter { $0 <= last }.sorted()
    var shown: [CaptionCue] = []
    var next = 0
    return zip(edges, edges.dropFirst()).map { start, end in
      shown.removeAll { $0.end <= start }
      while next < cues.count, cues[next].start <= start {
        if cues[next].end > start { shown.append(cues[next]) }
        next += 1
      }
      return Segment(start: start, end: end, cues: shown)
    }
  }
}
