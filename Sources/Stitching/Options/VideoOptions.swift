public import Timing

/// What is done to the frames of a master besides joining them.
public struct VideoOptions: Sendable, Hashable {
  public enum MatchColor: String, Sendable, CaseIterable, Codable {
    /// Colour steps are reported, not corrected.
    case off
    /// Same as `off`.
    case report
    /// Corrects the first frames of a shot towards the shot before, fading out.
    case ease
    /// Corrects whole shots towards the first one, through the joins between them.
    case first
  }

  public var matchColor: MatchColor = .report
  /// Frames over which a correction fades out, at least 1.
  public var easeFrames = 24
  /// Nil refuses shots whose formats differ.
  public var conform: ConformOptions?

  public init() {}
}

/// The format that differing shots are conformed to: the first shot's, except for what is set here.
///
/// Video is H.264 where the first shot is neither H.264 nor HEVC.
public struct ConformOptions: Sendable, Hashable {
  public enum Fit: String, Sendable, CaseIterable, Codable {
    /// Shows the whole source frame, with black bars.
    case pad
    /// Fills the master's frame and cuts off the source's edges.
    case crop
    /// Fills the master's frame with the whole source frame, distorted.
    case stretch
  }

  public enum RateConversion: String, Sendable, CaseIterable, Codable {
    /// Repeats or drops frames.
    case duplicate
    /// Makes each frame the mean of those on screen during its time.
    case blend
  }

  /// Pixels of the master; nil for the first shot's.
  public var width: Int?
  public var height: Int?
  /// Nil for the first shot's.
  public var rate: FrameRate?
  public var fit: Fit = .pad
  /// Nil refuses shots of another rate.
  public var rateConversion: RateConversion?

  public init() {}
}
