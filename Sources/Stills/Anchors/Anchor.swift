public import Libav

/// What a model accepts as a start or end image.
public struct ImageLimits: Sendable, Hashable {
  /// Maximum size of the file.
  public var maximumBytes: Int
  /// Minimum pixels of the shorter side.
  public var minimumSide: Int
  /// Width divided by height.
  public var aspect: ClosedRange<Double>
  public var formats: Set<EncodedStill.Format>

  public init(
    maximumBytes: Int = 10_000_000, minimumSide: Int = 300, aspect: ClosedRange<Double> = 0.4...2.5,
    formats: Set<EncodedStill.Format> = [.png, .jpeg]
  ) {
    self.maximumBytes = maximumBytes
    self.minimumSide = minimumSide
    self.aspect = aspect
    self.formats = formats
  }
}

/// The last frame of a shot, encoded to fit what the next shot's model accepts.
public struct Anchor: Sendable {
  public let still: EncodedStill
  public let source: ExactFrame.Facts
  /// How it was chosen among the last frames; nil when none was asked for. The frames after it are dropped when
  /// the shots are joined.
  public let choice: AnchorChoice?
  /// How its colours differ from the video's; nil when they do not.
  public let note: String?
  /// The still shrunk for viewing, at most ``smallLongerSide`` pixels on its longer side.
  public let small: SmallFrame

  /// Pixels.
  public static let smallLongerSide = 960

  /// - Throws: ``LibavError``: `unsupported` when the frame cannot fit the limits; the message names side, aspect or
  ///   bytes.
  public init(of path: String, request: FrameRequest = .last, limits: ImageLimits = ImageLimits()) throws(LibavError) {
    try self.init(of: path, request: request, choice: nil, limits: limits)
  }

  /// The best of a shot's last frames: sharp, and not part of a cut, flash or fade.
  /// - Parameter searching: number of frames compared, from the last backwards.
  public init(of path: String, searching: Int, limits: ImageLimits = ImageLimits()) throws(LibavError) {
    let choice = try AnchorSearch.choose(path, among: searching)
    try self.init(of: path, request: .index(choice.index), choice: choice, limits: limits)
  }

  private init(
    of path: String, request: FrameRequest, choice: AnchorChoice?, limits: ImageLimits
  ) throws(LibavError) {
    let frame = try FrameFinder.frame(request, of: path)
    source = frame.facts
    self.choice = choice
    let encoder = try StillEncoder(frame, deep: false, toneMap: ToneMap(.hable), keepsAlpha: false)
    note = encoder.note
    let keepsSides = frame.facts.rotation % 180 == 0
    let (width, height) =
      keepsSides ? (frame.facts.width, frame.facts.height) : (frame.facts.height, frame.facts.width)
    guard min(width, height) >= limits.minimumSide else {
      throw LibavError(
        .unsupported,
        "the frame is \(width)×\(height); the model takes sides of at least \(limits.minimumSide) pixels",
        file: path)
    }
    guard limits.aspect.contains(Double(width) / Double(height)) else {
      throw LibavError(
        .unsupported,
        "the frame is \(width)×\(height); the model takes aspect ratios from \(limits.aspect.lowerBound) to \(limits.aspect.upperBound)",
        file: path)
    }
    small = try encoder.shrunk(longerSide: Self.smallLongerSide)
    still = try encoder.fitting(maximumBytes: limits.maximumBytes, allowing: limits.formats)
  }
}
