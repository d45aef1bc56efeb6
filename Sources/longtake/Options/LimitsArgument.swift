import ArgumentParser
import Libav

/// `--limits pixels=100000000,streams=1000`: the limits that are not named keep their defaults.
struct LimitsArgument: ExpressibleByArgument, Sendable {
  let limits: MediaLimits

  init?(argument: String) {
    var limits = MediaLimits()
    for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
      let sides = part.split(separator: "=", omittingEmptySubsequences: false)
      guard sides.count == 2, let name = MediaLimits.Name(rawValue: String(sides[0])), let value = Int64(sides[1]),
        value > 0, value <= Int64(Int32.max) * 1024
      else { return nil }
      limits[name] = value
    }
    self.limits = limits
  }

  /// Every limit with its unit.
  static let names =
    "pixels of a frame, streams, packets, boxes, duration and decode-time in s, memory of a block in bytes"

  static var defaults: String {
    MediaLimits.Name.allCases.map { "\($0.rawValue)=\(MediaLimits()[$0])" }.joined(separator: ",")
  }
}
