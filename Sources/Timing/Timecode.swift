/// Hours that no timecode reaches, so that counting their frames cannot overflow.
private let maximumHours = 1_000_000

/// A SMPTE ST 12-1 timecode, `HH:MM:SS:FF`, counted in frames from `00:00:00:00`.
///
/// The nominal rate is the frame rate rounded up to a whole number (24 for 24000/1001). Drop-frame counting, written
/// with `;` before the frames, is defined for multiples of 30000/1001 only.
public struct Timecode: Sendable, Hashable, CustomStringConvertible {
  /// Frames since `00:00:00:00`, ≥ 0.
  public let frame: Int
  public let rate: FrameRate
  public let isDropFrame: Bool

  /// Nil for a negative frame, or drop-frame counting at a rate that has none.
  public init?(frame: Int, rate: FrameRate, dropFrame: Bool = false) {
    guard frame >= 0, !dropFrame || Self.canDropFrames(rate) else { return nil }
    self.frame = frame
    self.rate = rate
    self.isDropFrame = dropFrame
  }

  /// Reads `HH:MM:SS:FF` or, for drop-frame, `HH:MM:SS;FF`. Nil when a part is out of range or names a dropped number.
  public init?(parsing text: String, rate: FrameRate) {
    let dropFrame = text.contains(";")
    guard !dropFrame || Self.canDropFrames(rate) else { return nil }
    let parts = text.split(omittingEmptySubsequences: false) { $0 == ":" || $0 == ";" }.map { Int($0) }
    guard parts.count == 4, let h = parts[0], let m = parts[1], let s = parts[2], let f = parts[3] else { return nil }
    let nominal = Self.nominalRate(rate)
    guard (0..<maximumHours).contains(h), (0..<60).contains(m), (0..<60).contains(s), (0..<nominal).contains(f) else {
      return nil
    }
    let counted = ((h * 60 + m) * 60 + s) * nominal + f
    guard dropFrame else {
      self.init(frame: counted, rate: rate)
      return
    }
    let dropped = nominal / 15
    guard !(s == 0 && f < dropped && m % 10 != 0) else { return nil }
    let minutes = h * 60 + m
    self.init(frame: counted - dropped * (minutes - minutes / 10), rate: rate, dropFrame: true)
  }

  /// Frames from midnight to midnight, where timecodes begin again from zero.
  public static func framesPerDay(at rate: FrameRate, dropFrame: Bool) -> Int {
    let nominal = nominalRate(rate)
    let droppedMinutes = 24 * 60 - 24 * 6
    return 24 * 3600 * nominal - (dropFrame ? nominal / 15 * droppedMinutes : 0)
  }

  /// The timecode of a later frame; after 23:59:59 it goes on from zero.
  public func advanced(by frames: Int) -> Timecode {
    let day = Self.framesPerDay(at: rate, dropFrame: isDropFrame)
    return Timecode(frame: (frame + frames) % max(1, day), rate: rate, dropFrame: isDropFrame) ?? self
  }

  /// Frames a second that are counted: the rate rounded up to a whole number.
  public var framesPerSecond: Int { Self.nominalRate(rate) }

  public var description: String {
    let nominal = Self.nominalRate(rate)
    var counted = frame
    if isDropFrame {
      let dropped = nominal / 15
      let perMinute = nominal * 60 - dropped
      let perTen = perMinute * 10 + dropped
      let (tens, rest) = frame.quotientAndRemainder(dividingBy: perTen)
      counted += dropped * 9 * tens
      if rest >= nominal * 60 { counted += dropped * ((rest - nominal * 60) / perMinute + 1) }
    }
    let (seconds, frames) = counted.quotientAndRemainder(dividingBy: nominal)
    let fields = [seconds / 3600, seconds / 60 % 60, seconds % 60].map(Self.twoDigits).joined(separator: ":")
    return fields + (isDropFrame ? ";" : ":") + Self.twoDigits(frames)
  }

  private static func nominalRate(_ rate: FrameRate) -> Int { max(1, (-rate.rational).floor.map { Int(-$0) } ?? 1) }
  private static func canDropFrames(_ rate: FrameRate) -> Bool {
    rate.rational.denominator == 1001 && rate.rational.numerator % 30_000 == 0
  }
  private static func twoDigits(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
}
