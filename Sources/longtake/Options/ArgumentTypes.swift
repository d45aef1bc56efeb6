public import ArgumentParser
import Foundation
import Stills
public import Timing

/// A duration on the command line, as ``DurationText`` takes it.
struct DurationArgument: ExpressibleByArgument, Sendable {
  private let text: DurationText

  /// Never negative.
  var seconds: Rational { text.seconds }
  /// Whether it was written with a unit.
  var hasUnit: Bool { text.hasUnit }
  var duration: Duration { .seconds(seconds.doubleValue) }
  /// As written on the command line.
  var defaultValueDescription: String { text.text }

  init(seconds: Int) { text = DurationText(seconds: seconds) }

  init?(argument: String) {
    guard let text = DurationText(parsing: argument) else { return nil }
    self.text = text
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
