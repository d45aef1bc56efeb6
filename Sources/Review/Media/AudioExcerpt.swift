import Foundation

/// A short piece of audio around a join.
struct AudioExcerpt: Sendable {
  let sampleRate: Int
  /// Samples before the join.
  let before: Int
  /// One plane for each of one or two channels.
  private(set) var planes: [[Float]]

  init(sampleRate: Int, before: Int, count: Int, channels: Int) {
    self.sampleRate = sampleRate
    self.before = before
    planes = [[Float]](repeating: [Float](repeating: 0, count: count), count: channels)
  }

  /// - Parameters:
  ///   - start: position of the first sample.
  ///   - origin: position at which the excerpt starts.
  mutating func take(_ source: [[Float]], from start: Int, origin: Int) {
    guard let count = source.first?.count, let length = planes.first?.count else { return }
    let first = max(start, origin)
    let last = min(start + count, origin + length)
    guard first < last else { return }
    for channel in planes.indices {
      let plane = source[min(channel, source.count - 1)]
      for position in first..<last { planes[channel][position - origin] = plane[position - start] }
    }
  }

  /// Lowest and highest sample of equal parts within some seconds of the join.
  func envelope(reach: Double, parts: Int) -> (low: [Double], high: [Double]) {
    let count = Int(reach * Double(sampleRate))
    let range = max(0, before - count)..<min(planes.first?.count ?? 0, before + count)
    var (low, high) = ([Double](), [Double]())
    for part in 0..<parts {
      let start = range.lowerBound + range.count * part / parts
      let end = max(start + 1, range.lowerBound + range.count * (part + 1) / parts)
      var (least, most) = (Float(0), Float(0))
      for plane in planes {
        for index in start..<min(end, plane.count) {
          least = min(least, plane[index])
          most = max(most, plane[index])
        }
      }
      low.append(Self.rounded(least))
      high.append(Self.rounded(most))
    }
    return (low, high)
  }

  private static func rounded(_ value: Float) -> Double { (Double(value) * 10_000).rounded() / 10_000 }

  /// Seconds on either side of the join in which a click is looked for.
  private static let clickReach = 0.002

  /// Greatest step between neighbouring samples at the join.
  var click: Double {
    let reach = max(1, Int(Self.clickReach * Double(sampleRate)))
    var greatest: Float = 0
    for plane in planes {
      for index in max(1, before - reach)..<min(plane.count, before + reach) {
        greatest = max(greatest, abs(plane[index] - plane[index - 1]))
      }
    }
    return Self.rounded(greatest)
  }

  var isSilent: Bool { planes.allSatisfy { $0.allSatisfy { $0 == 0 } } }

  /// A WAVE file of 16-bit samples.
  var wave: [UInt8] {
    let (channels, count) = (planes.count, planes.first?.count ?? 0)
    let bytes = count * channels * 2
    func little(_ value: Int, _ size: Int) -> [UInt8] {
      (0..<size).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
    var file = Array("RIFF".utf8) + little(36 + bytes, 4) + Array("WAVEfmt ".utf8) + little(16, 4) + little(1, 2)
    file += little(channels, 2) + little(sampleRate, 4) + little(sampleRate * channels * 2, 4)
    file += little(channels * 2, 2) + little(16, 2) + Array("data".utf8) + little(bytes, 4)
    file.reserveCapacity(file.count + bytes)
    for index in 0..<count {
      for plane in planes {
        file += little(Int((max(-1, min(1, plane[index])) * 32_767).rounded()), 2)
      }
    }
    return file
  }
}
