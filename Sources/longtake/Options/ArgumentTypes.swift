public import ArgumentParser
import Foundation
import Stills
public import Timing

/// A duration: `90s`, `45m`, `1h30m`, `250ms`, or plain seconds.
struct DurationArgument: ExpressibleByArgument, Sendable {
  /// Units in seconds, largest first.
  private static let units: [(name: String, seconds: Rational)] = [
    ("h", Rational(3600)), ("m", Rational(60)), ("s", .one), ("ms", Rational(1, 1000)),
  ]

  /// Never negative.
  let seconds: Rational
  /// Whether it was written with a unit.
  let hasUnit: Bool

  init(seconds: Int) {
    self.seconds = Rational(seconds)
    hasUnit = true
  }

  init?(argument: String) {
    var rest = argument[...]
    var total = Rational.zero
    var units = Self.units[...]
    while !rest.isEmpty {
      let number = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
      guard let value = Rational(parsing: number) else { return nil }
      rest = rest.dropFirst(number.count)
      let name = rest.prefix { $0.isLetter }
      rest = rest.dropFirst(name.count)
      if name.isEmpty, rest.isEmpty, units.count == Self.units.count {
        (seconds, hasUnit) = (value, false)
        return
      }
      guard let index = units.firstIndex(where: { $0.name == name }) else { return nil }
      total = total + value * units[index].seconds
      units = units[(index + 1)...]
    }
    guard !argument.isEmpty, total.isDefined else { return nil }
    (seconds, hasUnit) = (total, true)
  }

  var duration: Duration { .seconds(seconds.doubleValue) }

  /// As written on the command line.
  var defaultValueDescription: String {
    guard seconds.denominator == 1 else { return "\(seconds.doubleValue)s" }
    var rest = seconds.numerator
    guard rest > 0 else { return "0s" }
    return Self.units.dropLast().reduce(into: "") { text, unit in
      let count = rest / unit.seconds.numerator
      if count > 0 { text += "\(count)\(unit.name)" }
      rest %= unit.seconds.numerator
    }
  }
}

extension TimePoint: ExpressibleByArgument {
  public init?(argument: String) { self.init(parsing: argument) }
}

extension TimePoint {
  /// The frame on screen then.
  var request: FrameRequest {
    switch self {
    case .seconds(let time): .time(time)
    case .frame(let number): .index(number)
    case .timecode(let text): .timecode(text)
    }
  }
}

/// Which frame: `first`, `last`, or a time as ``TimePoint`` takes it.
enum FrameArgument: ExpressibleByArgument {
  case first
  case last
  case at(TimePoint)

  init?(argument: String) {
    switch argument {
    case "first": self = .first
    case "last": self = .last
    default:
      guard let time = TimePoint(parsing: argument) else { return nil }
      self = .at(time)
    }
  }

  var defaultValueDescription: String { "first" }

  var request: FrameRequest {
    switch self {
    case .first: .first
    case .last: .last
    case .at(let time): time.request
    }
  }
}
