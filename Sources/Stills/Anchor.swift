public import Libav

/// What a model accepts as a start or end image.
public struct ImageLimits: Sendable, Hashable {
  /// Bytes of the file.
  public var maximumBytes: Int
  /// Pixels of the shorter side.
  public var minimumSide: Int
  /// Width by height, at least and at most.
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

/// The last picture of a shot, made to fit what the next shot's model accepts.
public struct Anchor: Sendable {
  public let still: EncodedStill
  public let source: ExactFrame.Facts

  /// - Throws: ``LibavError``: `unsupported` when the picture cannot fit the limits; the message names side, aspect or bytes.
  public init(of path: String, request: FrameRequest = .last, limits: ImageLimits = ImageLimits()) throws(LibavError) {
    let picture = try FrameFinder(path: path).find(request)
    source = picture.facts
    let encoder = try StillEncoder(picture, deep: false)
    let upright = picture.facts.rotation % 180 == 0
    let (width, height) =
      upright ? (picture.facts.width, picture.facts.height) : (picture.facts.height, picture.facts.width)
    guard min(width, height) >= limits.minimumSide else {
      throw LibavError(
        .unsupported,
        "the picture is \(width)×\(height); the model takes sides of at least \(limits.minimumSide) pixels",
        file: path)
    }
    guard limits.aspect.contains(Double(width) / Double(height)) else {
      throw LibavError(
        .unsupported,
        "the picture is \(width)×\(height); the model takes aspect ratios from \(limits.aspect.lowerBound) to \(limits.aspect.upperBound)",
        file: path)
    }
    still = try encoder.fitting(maximumBytes: limits.maximumBytes, allowing: limits.formats)
  }
}
