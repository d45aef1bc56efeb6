public import Timing

/// How the master and its delivery versions are marked as generated media; nil leaves it to the clips' own marks.
public struct MarkingSettings: Sendable, Hashable {
  /// `auto`, `none` or a term of IPTC's digital source types.
  public var sourceType: String?
  /// Fields of the AIGC metadata of GB 45438-2025; nil carries that of the clips.
  public var aigc: [String: String]?

  public init() {}
}

/// A text in the frames of delivery versions.
public struct LabelSettings: Sendable, Hashable {
  /// Nil for that of the language, such as `AI-generated`.
  public var text: String?
  /// ISO 639-2, of a label without a text; nil for that of the master.
  public var language: String?
  /// Nil leaves this and what follows to the usual.
  public var position: String?
  /// Height of the text in percent of the frame's shorter side, 1–25.
  public var size: Rational?
  /// From the start; nil for the whole program.
  public var seconds: Rational?

  public init() {}
}
