public import Captions
public import Files
import Timing

/// A caption file for a text track of the master.
public struct CaptionSource: Sendable, Hashable {
  public var file: String
  /// ISO 639-2, three letters; nil leaves the track untagged.
  public var language: String?

  public init(file: String, language: String? = nil) {
    self.file = file
    self.language = language
  }
}

extension StitchPlan {
  /// The captions of the options, checked against the joined shots.
  /// - Throws: `CaptionError`; ``StitchError`` `badRequest` for two of one language.
  func captions(_ options: StitchOptions) throws -> [CaptionTrack] {
    let languages = options.captions.map { $0.language ?? "" }
    if let twice = languages.first(where: { language in languages.count { $0 == language } > 1 }) {
      throw StitchError(
        .badRequest,
        "captions are given twice \(twice.isEmpty ? "without a language" : "for \(twice)"); give each its language")
    }
    return try options.captions.map { source in
      try CaptionTrack(
        path: source.file, language: source.language, program: sourceRate.duration(frames: frameCount),
        frame: sourceRate.frameDuration, limits: options.captionLimits
      ).moved(by: .zero, stretch: retiming.stretch)
    }
  }
}

extension StitchReport {
  /// A text track of the master.
  public struct Captions: Sendable, Codable {
    public let file: String
    /// Null when it is not known.
    @Nullable public private(set) var language: String?
    public let cues: Int
    /// Warnings.
    public let problems: [CaptionProblem]

    init(_ track: CaptionTrack) {
      file = track.source
      _language = Nullable(wrappedValue: track.language)
      cues = track.cues.count
      problems = track.problems
    }
  }
}
