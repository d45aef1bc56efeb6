import Files

/// Whether a video is really of the resolution that it claims, with the evidence.
public struct NativeResolutionReport: Sendable, Hashable {
  public enum Verdict: String, Sendable, Hashable, Codable, CaseIterable {
    /// It holds detail that only a source of this resolution gives.
    case native
    /// Bit rate and detail suggest it, but the spectrum falls off steeply.
    case likelyNative = "likely_native"
    /// Scaled up from a smaller source, whose size is estimated.
    case upscaled
    /// Too soft, dark, flat, small or strongly compressed.
    case inconclusive
  }

  /// The evidence along one axis of the coded frame.
  public struct Axis: Sendable, Hashable {
    /// Pixels of the frame.
    public let length: Int
    /// Pixels without black bars, of the last keyframe.
    public let activeLength: Int
    /// Pixels of the source size that stood out most; nil when none could be tried.
    public let candidate: Int?
    /// How strongly the spectrum is mirrored for ``candidate``, above the background: 0 not at all, about 1 wholly.
    public let correlation: Double?
    /// The same in standard deviations of the bins around.
    public let score: Double?
    /// Power at 0.2–0.3 and at 0.7–0.8 of the Nyquist frequency where there is most detail, in dB of one squared 8-bit code
    /// value; nil when the frame is too small.
    public let middleDecibels: Double?
    public let highDecibels: Double?
  }

  /// The limits of the method, for every answer.
  public static let limits = """
    AI super-resolution, fine grain added after scaling, cropping after scaling, and sources of other aspect ratios or of \
    more than three quarters of the size, such as 1620 or 1800 lines in 2160, are not detected.
    """

  public let verdict: Verdict
  /// Pixels of the frame as coded, before any rotation.
  public let width: Int
  public let height: Int
  /// Pixels of the source; nil unless ``verdict`` is `upscaled`.
  public let estimatedWidth: Int?
  public let estimatedHeight: Int?
  /// 0 to 1: how far the evidence exceeds the thresholds of the verdict; not a probability. 0 when inconclusive.
  public let confidence: Double
  public let horizontal: Axis
  public let vertical: Axis
  /// Keyframes used.
  public let keyFrames: Int
  /// Mean bits per pixel of these, as they are coded.
  public let bitsPerPixel: Double
  /// The reason, lower case and without a full stop.
  public let reason: String
  /// The reason in a sentence, then ``limits``.
  public var note: String { "\(reason.prefix(1).uppercased())\(reason.dropFirst()). \(Self.limits)" }

  /// `1920×1080` of an upscaled frame's source.
  public var estimatedSize: String? {
    guard let estimatedWidth, let estimatedHeight else { return nil }
    return "\(estimatedWidth)×\(estimatedHeight)"
  }
}

/// The answer of `longtake native --json` on one file.
public struct NativeResolutionJSON: Encodable, Sendable {
  public static let schema = "longtake.native/1"

  private struct Axes: Encodable {
    let horizontal: Axis
    let vertical: Axis
  }

  private struct Axis: Encodable {
    let length: Int
    let activeLength: Int
    @Nullable var candidate: Int?
    @Nullable var correlation: Double?
    @Nullable var score: Double?
    @Nullable var middleDecibels: Double?
    @Nullable var highDecibels: Double?

    init(_ axis: NativeResolutionReport.Axis) {
      length = axis.length
      activeLength = axis.activeLength
      candidate = axis.candidate
      correlation = axis.correlation.map(rounded)
      score = axis.score.map(rounded)
      middleDecibels = axis.middleDecibels.map(rounded)
      highDecibels = axis.highDecibels.map(rounded)
    }

    enum CodingKeys: String, CodingKey {
      case length, candidate, correlation, score
      case activeLength = "active_length"
      case middleDecibels = "middle_db"
      case highDecibels = "high_db"
    }
  }

  private let schema = Self.schema
  private let file: String
  private let verdict: NativeResolutionReport.Verdict
  private let width: Int
  private let height: Int
  @Nullable private var estimatedWidth: Int?
  @Nullable private var estimatedHeight: Int?
  private let confidence: Double
  private let keyFrames: Int
  private let bitsPerPixel: Double
  private let note: String
  private let axes: Axes

  public init(_ report: NativeResolutionReport, file: String) {
    self.file = file
    verdict = report.verdict
    width = report.width
    height = report.height
    estimatedWidth = report.estimatedWidth
    estimatedHeight = report.estimatedHeight
    confidence = rounded(report.confidence)
    keyFrames = report.keyFrames
    bitsPerPixel = rounded(report.bitsPerPixel)
    note = report.note
    axes = Axes(horizontal: Axis(report.horizontal), vertical: Axis(report.vertical))
  }

  private enum CodingKeys: String, CodingKey {
    case schema, file, verdict, width, height, confidence, axes, note
    case estimatedWidth = "estimated_width"
    case estimatedHeight = "estimated_height"
    case keyFrames = "key_frames"
    case bitsPerPixel = "bits_per_pixel"
  }
}

/// To a ten-thousandth, the precision of the estimate.
private func rounded(_ value: Double) -> Double { (value * 10_000).rounded() / 10_000 }
