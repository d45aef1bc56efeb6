package import Libav

/// Samples, one plane per channel.
package typealias Planes = [[Float]]

extension Frame {
  /// A frame of planar samples.
  package init(_ samples: Planes, format: AudioFormat) throws(LibavError) {
    let count = samples[0].count
    try self.init(audio: format, sampleCount: count)
    for channel in samples.indices {
      withMutableSamples(channel) { target in
        for index in 0..<count { target[index] = samples[channel][index] }
      }
    }
  }
}

/// Samples that wait to be taken, in order.
package struct SampleQueue: Sendable {
  /// Taken samples that are kept before the rest is moved to the front.
  private static let compactionThreshold = 1 << 14

  private var planes: Planes
  private var start = 0

  package init(channels: Int) { planes = Planes(repeating: [], count: channels) }

  /// Samples of each channel.
  package var count: Int { planes[0].count - start }

  package mutating func append(_ samples: Planes) {
    for channel in planes.indices { planes[channel] += samples[channel] }
  }

  /// Appends a frame's samples; where it has fewer channels, its last one fills the others.
  package mutating func append(_ frame: borrowing Frame, droppingFirst dropped: Int = 0) {
    for channel in planes.indices {
      frame.withSamples(min(channel, frame.channelCount - 1)) { samples in
        samples.withUnsafeBufferPointer { planes[channel].append(contentsOf: $0.dropFirst(dropped)) }
      }
    }
  }

  package mutating func appendSilence(_ count: Int) {
    for channel in planes.indices { planes[channel].append(contentsOf: repeatElement(0, count: count)) }
  }

  /// Takes the first `count` samples, or all where there are fewer.
  package mutating func take(_ count: Int) -> Planes {
    let end = start + min(count, self.count)
    let taken = planes.map { Array($0[start..<end]) }
    start = end
    if start >= Self.compactionThreshold || start == planes[0].count {
      for channel in planes.indices { planes[channel].removeFirst(start) }
      start = 0
    }
    return taken
  }

  /// Keeps the first `count` samples.
  package mutating func truncate(to count: Int) {
    let extra = self.count - count
    guard extra > 0 else { return }
    for channel in planes.indices { planes[channel].removeLast(extra) }
  }
}
