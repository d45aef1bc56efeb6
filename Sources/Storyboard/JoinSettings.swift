public import Timing

/// The part of a shot's clip that goes into the master: `[start, end)`, as the nearest frames.
public struct ShotTrim: Sendable, Hashable {
  /// Nil for the clip's own start.
  public let start: TimePoint?
  /// Nil for the clip's own end.
  public let end: TimePoint?
}

/// How a shot follows the one before in the master.
public struct ShotTransition: Sendable, Hashable {
  public enum Kind: String, Sendable, Hashable, CaseIterable { case dissolve, dip }

  public let kind: Kind
  public let duration: TimePoint
}

/// The format clips are brought to; nil leaves a field to the first clip.
public struct ConformSettings: Sendable, Hashable {
  public enum Fit: String, Sendable, Hashable, CaseIterable { case pad, crop, stretch }
  public enum RateConversion: String, Sendable, Hashable, CaseIterable { case duplicate, blend }

  /// Pixels.
  public var width: Int?
  public var height: Int?
  public var rate: FrameRate?
  public var fit: Fit?
  public var rateConversion: RateConversion?

  public init() {}
}
