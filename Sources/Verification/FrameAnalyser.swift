import Libav
import Timing

/// Where a decoded frame comes from.
struct FrameFacts: Sendable {
  /// Seconds; nil when the stream has no times.
  let time: Rational?
  /// Whether the frame can be decoded by itself.
  let isKey: Bool
  /// Bytes of its packet; nil when the packet is not known.
  let codedBytes: Int?
  /// libav's name of the codec.
  let codecName: String
}

/// Looks at a few whole frames, away from the thread that decodes: at most ``FrameChooser/count`` of them, evenly
/// spread over the video, one after the other.
protocol FrameAnalyser: AnyObject {
  /// Whether only frames that can be decoded by themselves are of use.
  var wantsOnlyKeyframes: Bool { get }
  func look(at frame: borrowing Frame, _ facts: FrameFacts)
}

/// Chooses frames evenly spread over a film whose length is known from its header only.
struct FrameChooser {
  /// Frames chosen at most, if the header tells the truth about the length.
  static let count = 12
  /// Seconds between chosen frames when the length is not known.
  private static let fallbackStep = Rational(1)
  /// A header that claims too little must not make every frame be looked at.
  private static let maximum = 2 * count

  private let step: Rational
  private let start: Rational
  private var next: Rational?
  private var chosen = 0

  init(start: Rational?, duration: Rational?) {
    self.start = start ?? .zero
    step = duration.flatMap { $0.isPositive ? $0 / Rational(Self.count) : nil } ?? Self.fallbackStep
  }

  mutating func wants(_ time: Rational?) -> Bool {
    guard chosen < Self.maximum else { return false }
    guard let time, time.isDefined else {
      chosen += 1
      return chosen <= Self.count
    }
    if let next, time < next { return false }
    chosen += 1
    var following = next ?? start
    while following <= time && following.isDefined {
      following = following + step * max(1, ((time - following) / step).floor ?? 1)
    }
    next = following
    return true
  }
}
