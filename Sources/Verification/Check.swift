public import Presets
import Timing

/// One thing that can be measured of a deliverable and held against a rule.
public struct Check: Sendable, Identifiable {
  /// What presets call it, `video.frame_rate`.
  public let id: String
  /// What it measures, as the subject of a sentence: `the frame rate`.
  public let title: String
  /// Of the measured value: `s`, `bytes`, `bit/s`, `yes/no`, `name`, …
  public let unit: String
  /// How it is measured.
  public let detail: String
  /// What to do when it fails; a whole sentence.
  public let advice: String
  /// What it must be when a rule gives no condition of its own; nil when such a rule only informs.
  public let ideal: JSONValue?
  /// Whether it needs every frame or all audio decoded.
  public var needsDecoding: Bool { needs.needsDecoding }
  /// Whether it counts what audio must not have: where there is no audio, only `audio.present` and rules that ask for
  /// something of it are broken.
  var isDefectOfAudio: Bool { id.hasPrefix("audio.") && (ideal == false || ideal == 0) }
  let needs: Work
  let measure: @Sendable (Evidence) -> Measurement

  init(
    _ id: String, _ title: String, unit: String, detail: String, advice: String, ideal: JSONValue? = nil,
    needs: Work = [], measure: @escaping @Sendable (Evidence) -> Measurement
  ) {
    self.id = id
    self.title = title
    self.unit = unit
    self.detail = detail
    self.advice = advice
    self.ideal = ideal
    self.needs = needs
    self.measure = measure
  }
}

/// What a check found.
struct Measurement: Sendable {
  enum State: Sendable { case measured, absent, unknown, notRun }

  let state: State
  var value: JSONValue = .null
  /// More words on it, for the message.
  var detail: String?
  /// Where it is, in the order of the video.
  var intervals: [Interval] = []
  /// What the check itself demands, and whether that is so; for checks that know it without a rule.
  var expected: JSONValue?
  var holds: Bool?

  static func measured(
    _ value: JSONValue, _ detail: String? = nil, at intervals: [Interval] = []
  ) -> Measurement {
    Measurement(state: .measured, value: value, detail: detail, intervals: intervals)
  }

  /// Seconds, as a decimal to the microsecond.
  static func seconds(_ value: Rational) -> Measurement { measured(.number(value.decimalSeconds)) }

  static func judged(_ value: JSONValue, against expected: JSONValue, holds: Bool) -> Measurement {
    Measurement(state: .measured, value: value, expected: expected, holds: holds)
  }

  /// The thing to measure is not in the file: no rule about it can hold.
  static func absent(_ why: String) -> Measurement { Measurement(state: .absent, detail: why) }
  /// It may be there, but cannot be measured.
  static func unknown(_ why: String) -> Measurement { Measurement(state: .unknown, detail: why) }
  static func notRun(_ why: String) -> Measurement { Measurement(state: .notRun, detail: why) }
}

extension Rational {
  /// Rounded to a microsecond, so that a decimal stays readable.
  var decimalSeconds: Double { (self * 1_000_000).rounded.map { Double($0) / 1_000_000 } ?? doubleValue }
}
