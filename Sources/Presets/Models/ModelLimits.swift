public import Timing

/// A model's limits; an unpublished limit is nil and is not checked.
public struct ModelLimits: Sendable, Hashable, Codable {
  /// Of a whole clip, in seconds.
  public internal(set) var duration: DurationLimit?
  public let multiPrompt: MultiPromptLimit?
  /// Unicode scalars of one prompt.
  public internal(set) var promptCharacters: Int?
  /// References and elements together.
  public let referencesAndElements: Int?
  /// The same where a video is among the inputs.
  public let referencesAndElementsWithVideo: Int?
  public let videoReferences: Int?
  /// Further images of an element besides the frontal one.
  public let elementAngles: Int?
  /// Aspect ratios a request may name.
  public internal(set) var aspectRatios: [String]?
  /// Resolutions a request may name.
  public internal(set) var resolutions: ResolutionLimit?
  /// Generations of one request.
  public let takes: Int?
  /// Neutral field → the limits of its images.
  public let images: [String: ImageLimit]
  /// Whether images may be given as `data:` addresses.
  public let takesDataAddresses: Bool?

  public func image(_ field: NeutralField) -> ImageLimit? { images[field.rawValue] }
}

/// The durations in seconds that a model generates.
public struct DurationLimit: Sendable, Hashable, Codable {
  public let min: Rational?
  public let max: Rational?
  /// Durations are multiples of this.
  public let step: Rational?
  /// Only these durations.
  public let values: [Rational]?
  /// The duration when a request has none.
  public let standard: Rational?

  /// Nil when the duration is allowed, otherwise the allowed ones for a message: `3 to 15 s`.
  public func refusal(of seconds: Rational) -> String? {
    if let values { return values.contains(seconds) ? nil : Self.list(values) + " s only" }
    let inRange = seconds >= (min ?? seconds) && seconds <= (max ?? seconds)
    let onStep = step.map { ($0.isPositive ? seconds / $0 : seconds).denominator == 1 } ?? true
    if inRange && onStep { return nil }
    let range =
      switch (min, max) {
      case (let min?, let max?): "\(min.plain) to \(max.plain) s"
      case (let min?, nil): "at least \(min.plain) s"
      case (nil, let max?): "at most \(max.plain) s"
      case (nil, nil): "any duration"
      }
    return step.map { range + ($0 == .one ? ", whole seconds" : ", in steps of \($0.plain) s") } ?? range
  }

  private static func list(_ values: [Rational]) -> String { values.map(\.plain).joined(separator: ", ") }
}

/// The resolutions that a model generates, as it spells them.
public struct ResolutionLimit: Sendable, Hashable, Codable {
  public internal(set) var values: [String]
  /// Sent when a shot names none; nil leaves it to the model.
  public let standard: String?
}

/// Limits of one request with several prompts.
public struct MultiPromptLimit: Sendable, Hashable, Codable {
  public let count: Int?
  /// Of one prompt's part, in seconds.
  public let duration: DurationLimit?
}

/// Limits of an image.
public struct ImageLimit: Sendable, Hashable, Codable {
  /// `jpeg`, `png`.
  public let formats: [String]?
  public let maxBytes: Int64?
  /// Pixels of the shorter side.
  public let minSide: Int?
  /// Pixels of the longer side.
  public let maxSide: Int?
  /// Width over height.
  public let minAspect: Rational?
  public let maxAspect: Rational?
}

extension Rational {
  /// The value for a message: `5`, `2.5`, or the fraction where no short decimal is exact.
  public var plain: String {
    guard isDefined else { return "unknown" }
    if denominator == 1 { return "\(numerator)" }
    var scale: Int64 = 10
    for places in 1...6 {
      let scaled = self * scale
      if scaled.denominator == 1 {
        let digits = String(scaled.numerator.magnitude)
        let padded = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
        return (numerator < 0 ? "-" : "") + padded.dropLast(places) + "." + padded.suffix(places)
      }
      scale *= 10
    }
    return fraction
  }
}
