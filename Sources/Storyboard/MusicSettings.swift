public import Timing

/// Music under the shots' own audio; nil leaves a choice to the stitcher's defaults.
public struct MusicSettings: Sendable, Hashable {
  /// An absolute path, or relative to where the program runs.
  public var file: String
  /// dB, against the file's own level.
  public var level: Rational?
  /// Seconds in which it comes up at the start and goes away at the end.
  public var fade: Rational?
  /// dB by which it gives way while the shots audio.
  public var duck: Rational?
  /// Whether it begins again where it ends.
  public var loops: Bool?

  public init(
    file: String, level: Rational? = nil, fade: Rational? = nil, duck: Rational? = nil, loops: Bool? = nil
  ) {
    self.file = file
    self.level = level
    self.fade = fade
    self.duck = duck
    self.loops = loops
  }
}
