public import Files
import Timing

/// Something wrong with a cue, or with a place of the file that is no cue.
public struct CaptionProblem: Sendable, Hashable, Codable, CustomStringConvertible {
  public enum Severity: String, Sendable, Hashable, Codable {
    /// The cue cannot be shown as it is written.
    case error
    /// It can, but viewers or destinations may object.
    case warning
  }

  public enum Check: String, Sendable, Hashable, Codable, CaseIterable {
    /// A place that is no cue.
    case syntax = "captions.syntax"
    /// Numbers of SubRip that do not count up from 1.
    case numbers = "captions.numbers"
    case order = "captions.order"
    case duration = "captions.duration"
    case overlap = "captions.overlap"
    case end = "captions.end"
    case text = "captions.text"
    case speed = "captions.speed"
    case lineLength = "captions.line_length"
    case lines = "captions.lines"
  }

  public let check: Check
  public let severity: Severity
  public let file: String
  /// Position among the file's cues, from 1; null outside a cue.
  @Nullable public private(set) var cue: Int?
  /// Line of the file, from 1; null for what is known only of the whole file.
  @Nullable public private(set) var line: Int?
  /// Seconds at which the cue starts.
  @Nullable public private(set) var time: Double?
  @Nullable public private(set) var measured: Double?
  @Nullable public private(set) var limit: Double?
  public let message: String

  init(
    _ check: Check, _ severity: Severity, file: String, cue: Int? = nil, line: Int? = nil, time: Rational? = nil,
    measured: Double? = nil, limit: Double? = nil, _ message: String
  ) {
    self.check = check
    self.severity = severity
    self.file = file
    _cue = Nullable(wrappedValue: cue)
    _line = Nullable(wrappedValue: line)
    _time = Nullable(wrappedValue: time?.doubleValue)
    _measured = Nullable(wrappedValue: measured.map { ($0 * 1000).rounded() / 1000 })
    _limit = Nullable(wrappedValue: limit)
    self.message = message
  }

  public var description: String { "\(file): \(place): \(message)" }

  /// `line 12, cue 3`
  public var place: String {
    [line.map { "line \($0)" }, cue.map { "cue \($0)" }].compactMap(\.self).joined(separator: ", ")
  }
}
