import ArgumentParser
import Stills
import Timing

/// A time on the command line: seconds (`12.5`), `HH:MM:SS.mmm`, timecode `HH:MM:SS:FF`, or a frame as `#123`.
enum TimeArgument: ExpressibleByArgument, Hashable {
  case seconds(Rational)
  /// Needs the video's frame rate to mean a picture.
  case timecode(String)
  case frame(Int)

  init?(argument: String) {
    if argument.hasPrefix("#") {
      guard let number = Int(argument.dropFirst()), number >= 0 else { return nil }
      self = .frame(number)
      return
    }
    let parts = argument.split(separator: ":", omittingEmptySubsequences: false)
    if parts.count == 4 || argument.contains(";") {
      self = .timecode(argument)
      return
    }
    guard let last = parts.last, let seconds = Rational(parsing: last), !last.contains("/"), seconds >= .zero,
      parts.count <= 3
    else { return nil }
    var total = seconds
    for (part, weight) in zip(parts.dropLast().reversed(), [60, 3600] as [Int64]) {
      guard let value = Int64(part), value >= 0 else { return nil }
      total = total + Rational(value) * weight
    }
    self = .seconds(total)
  }

  /// The picture that is meant.
  var request: FrameRequest {
    switch self {
    case .seconds(let time): .time(time)
    case .frame(let number): .index(number)
    case .timecode(let text): .timecode(text)
    }
  }
}
