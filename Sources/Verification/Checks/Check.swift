public import Presets
import Timing

/// One property that can be measured of a deliverable and compared with a rule.
public struct Check: Sendable, Identifiable {
  /// The name in presets and reports, `video.frame_rate`.
  public let id: String
  /// The property as the subject of a finding: `frame rate` in `frame rate 25/1, expected 24/1`.
  public let title: String
  /// Of the measured value: `s`, `bytes`, `bit/s`, `yes/no`, `name`, …
  public let unit: String
  /// How it is measured.
  public let detail: String
  /// What to do when a rule about it is broken; a whole sentence.
  public let advice: String
  /// The value a rule without a condition expects; nil when such a rule only informs.
  public let ideal: JSONValue?
  /// How the values of a `yes/no` check read: `constant` and `variable` of a frame rate.
  let states: (yes: String, no: String)
  /// Whether it needs every frame or all audio decoded.
  public var needsDecoding: Bool { needs.needsDecoding }
  /// Whether it counts defects of audio: not run where there is no audio, while other audio rules fail there.
  var isDefectOfAudio: Bool { id.hasPrefix("audio.") && (ideal == false || ideal == 0) }
  let needs: Analyses
  let measure: @Sendable (CheckInput) -> Measurement

  init(
    _ id: String, _ title: String, unit: String, detail: String, advice: String, ideal: JSONValue? = nil,
    states: (yes: String, no: String) = ("yes", "no"), needs: Analyses = [],
    measure: @escaping @Sendable (CheckInput) -> Measurement
  ) {
    self.id = id
    self.title = title
    self.unit = unit
    self.detail = detail
    self.advice = advice
    self.ideal = ideal
    self.states = states
    self.needs = needs
    self.measure = measure
  }
}

/// The result of a check on one file, before any rule.
struct Measurement: Sendable {
  enum State: Sendable { case measured, absent, unknown, notRun }

  let state: State
  var value: JSONValue = .null
  /// What the value alone does not show, as the end of a finding: lower case, no full stop.
  var detail: String?
  /// Where it was found, in presentation order.
  var intervals: [Interval] = []
  /// What the check itself expects and whether it holds, for checks that compare without a rule's condition.
  var expected: JSONValue?
  var holds: Bool?

  static func measured(
    _ value: JSONValue, _ detail: String? = nil, at intervals: [Interval] = []
  ) -> Measurement {
    Measurement(state: .measured, value: value, detail: detail, intervals: intervals)
  }

  static func count(_ value: Int, _ detail: String? = nil, at intervals: [Interval] = []) -> Measurement {
    measured(.integer(Int64(value)), detail, at: intervals)
  }

  /// Seconds, rounded to the microsecond.
  static func seconds(_ value: Rational) -> Measurement { measured(.number(value.decimalSeconds)) }

  static func compared(_ value: JSONValue, with expected: JSONValue, holds: Bool) -> Measurement {
    Measurement(state: .measured, value: value, expected: expected, holds: holds)
  }

  /// The file does not have it: every rule about it is broken.
  static func absent(_ reason: String) -> Measurement { Measurement(state: .absent, detail: reason) }
  /// It cannot be measured on this file.
  static func unknown(_ reason: String) -> Measurement { Measurement(state: .unknown, detail: reason) }
  static func notRun(_ reason: String) -> Measurement { Measurement(state: .notRun, detail: reason) }
}

extension Rational {
  /// Rounded to a microsecond, so that a decimal stays readable.
  var decimalSeconds: Double { (self * 1_000_000).rounded.map { Double($0) / 1_000_000 } ?? doubleValue }
}
