/// Whether frames are really of the resolution that they claim, and what that rests on.
public struct NativeResolutionReport: Sendable, Hashable {
  public enum Verdict: String, Sendable, Hashable, Codable, CaseIterable {
    /// Detail was found that only a source of this resolution gives.
    case native
    /// The bits spent and the detail found speak for it, but the spectrum falls off steeply.
    case likelyNative = "likely_native"
    /// Scaled up from a smaller source, whose size is estimated.
    case upscaled
    /// Too soft, dark, flat, small or strongly compressed to tell.
    case inconclusive
  }

  /// What was seen along one axis of the frame as it is coded.
  public struct Axis: Sendable, Hashable {
    /// Pixels of the frame.
    public let length: Int
    /// Pixels without black bars, of the last keyframe.
    public let activeLength: Int
    /// Pixels of the source size that stood out most; nil when none could be tried.
    public let candidate: Int?
    /// How strongly the spectrum is mirrored for ``candidate``, above what is usual: 0 not at all, about 1 wholly.
    public let correlation: Double?
    /// The same in standard deviations of the bins around.
    public let score: Double?
    /// Power at 0.2–0.3 and at 0.7–0.8 of the Nyquist frequency where there is most detail, in dB of one squared 8-bit code
    /// value; nil when the frame is too small.
    public let middleDecibels: Double?
    public let highDecibels: Double?
  }

  /// What the method cannot see; goes with every answer.
  public static let limits = """
    AI super-resolution, fine grain added after scaling, frames cut after scaling, and sources of other shapes or of more \
    than three quarters of the size such as 1620 or 1800 lines in 2160, cannot be told from native this way.
    """

  public let verdict: Verdict
  /// Pixels of the frame as coded, before any rotation.
  public let width: Int
  public let height: Int
  /// Pixels of the source; nil unless ``verdict`` is `upscaled`.
  public let estimatedWidth: Int?
  public let estimatedHeight: Int?
  /// 0 to 1: how far the evidence lies beyond what the verdict asks for; no probability. 0 when inconclusive.
  public let confidence: Double
  public let horizontal: Axis
  public let vertical: Axis
  /// Keyframes that the answer rests on.
  public let keyFrames: Int
  /// Mean bits per pixel of these, as they are coded.
  public let bitsPerPixel: Double
  /// The reason in a sentence, then ``limits``.
  public let note: String

  /// `1920×1080` of an upscaled frame's source.
  public var estimatedSize: String? {
    guard let estimatedWidth, let estimatedHeight else { return nil }
    return "\(estimatedWidth)×\(estimatedHeight)"
  }
}

/// A ``NativeResolutionReport`` on a file as `longtake native --json` prints it.
public struct NativeResolutionJSON: Encodable, Sendable {
  public static let schema = "longtake.native/1"

  private let report: NativeResolutionReport
  private let file: String

  public init(_ report: NativeResolutionReport, file: String) {
    self.report = report
    self.file = file
  }

  private enum Key: String, CodingKey {
    case schema, file, verdict, width, height, confidence, axes, note
    case estimatedWidth = "estimated_width"
    case estimatedHeight = "estimated_height"
    case keyFrames = "key_frames"
    case bitsPerPixel = "bits_per_pixel"
  }
  private enum AxesKey: String, CodingKey { case horizontal, vertical }
  private enum AxisKey: String, CodingKey {
    case length, candidate, correlation, score
    case activeLength = "active_length"
    case middleDecibels = "middle_db"
    case highDecibels = "high_db"
  }

  /// Every member is always there; what is not known is `null`.
  public func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: Key.self)
    try fields.encode(Self.schema, forKey: .schema)
    try fields.encode(file, forKey: .file)
    try fields.encode(report.verdict, forKey: .verdict)
    try fields.encode(report.width, forKey: .width)
    try fields.encode(report.height, forKey: .height)
    try fields.encode(report.estimatedWidth, forKey: .estimatedWidth)
    try fields.encode(report.estimatedHeight, forKey: .estimatedHeight)
    try fields.encode(Self.rounded(report.confidence), forKey: .confidence)
    try fields.encode(report.keyFrames, forKey: .keyFrames)
    try fields.encode(Self.rounded(report.bitsPerPixel), forKey: .bitsPerPixel)
    try fields.encode(report.note, forKey: .note)
    var axes = fields.nestedContainer(keyedBy: AxesKey.self, forKey: .axes)
    try Self.encode(report.horizontal, to: axes.nestedContainer(keyedBy: AxisKey.self, forKey: .horizontal))
    try Self.encode(report.vertical, to: axes.nestedContainer(keyedBy: AxisKey.self, forKey: .vertical))
  }

  private static func encode(_ axis: NativeResolutionReport.Axis, to container: KeyedEncodingContainer<AxisKey>) throws
  {
    var fields = container
    try fields.encode(axis.length, forKey: .length)
    try fields.encode(axis.activeLength, forKey: .activeLength)
    try fields.encode(axis.candidate, forKey: .candidate)
    try fields.encode(axis.correlation.map(rounded), forKey: .correlation)
    try fields.encode(axis.score.map(rounded), forKey: .score)
    try fields.encode(axis.middleDecibels.map(rounded), forKey: .middleDecibels)
    try fields.encode(axis.highDecibels.map(rounded), forKey: .highDecibels)
  }

  /// To a ten-thousandth: more digits would claim a precision that is not there.
  private static func rounded(_ value: Double) -> Double { (value * 10_000).rounded() / 10_000 }
}
