public import ArgumentParser
import Stills
public import Timing

extension TimePoint: ExpressibleByArgument {
  public init?(argument: String) { self.init(parsing: argument) }
}

extension TimePoint {
  /// The frame that is meant.
  var request: FrameRequest {
    switch self {
    case .seconds(let time): .time(time)
    case .frame(let number): .index(number)
    case .timecode(let text): .timecode(text)
    }
  }
}
