package import Libav
package import Timing

/// The packet that a decoded frame comes from.
package struct FrameOrigin: Sendable {
  /// Seconds; nil when the stream has no times.
  package let time: Rational?
  /// Whether it is a keyframe.
  package let isKey: Bool
  /// Bytes of its packet; nil when the packet is not known.
  package let codedBytes: Int?
  /// libav's name of the codec.
  package let codecName: String

  package init(time: Rational?, isKey: Bool, codedBytes: Int?, codecName: String) {
    self.time = time
    self.isKey = isKey
    self.codedBytes = codedBytes
    self.codecName = codecName
  }
}

/// Analyses sampled full frames on a thread of its own: about ``FrameSampler/count``, spread evenly over the video.
package protocol FrameAnalyser: AnyObject {
  /// Whether it takes keyframes only.
  var wantsOnlyKeyframes: Bool { get }
  func add(_ frame: borrowing Frame, _ origin: FrameOrigin)
}

/// Samples frames evenly over a video whose duration is known from its header only.
struct FrameSampler {
  /// Frames sampled at most, if the header's duration is right.
  static let count = 12
  /// Seconds between sampled frames when the duration is not known.
  private static let fallbackStep = Rational(1)
  /// Frames sampled at most when the header's duration is too short.
  private static let maximum = 2 * count

  private let step: Rational
  private let start: Rational
  private var next: Rational?
  private var taken = 0

  init(start: Rational?, duration: Rational?) {
    self.start = start ?? .zero
    step = duration.flatMap { $0.isPositive ? $0 / Rational(Self.count) : nil } ?? Self.fallbackStep
  }

  /// Whether a frame at this time is taken.
  mutating func takes(_ time: Rational?) -> Bool {
    guard taken < Self.maximum else { return false }
    guard let time, time.isDefined else {
      taken += 1
      return taken <= Self.count
    }
    if let next, time < next { return false }
    taken += 1
    var following = next ?? start
    while following <= time && following.isDefined {
      following = following + step * max(1, ((time - following) / step).floor ?? 1)
    }
    next = following
    return true
  }
}
