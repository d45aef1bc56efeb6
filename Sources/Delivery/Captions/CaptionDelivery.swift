public import Captions
public import Files
import Foundation
import Presets
import Stitching
import Timing

/// How captions leave.
public enum CaptionForm: String, Sendable, Hashable, CaseIterable {
  /// A text track in MP4 or MOV.
  case track
  /// A file of SubRip beside the version.
  case srt
  /// A file of WebVTT beside the version.
  case vtt

  var fileFormat: CaptionFile.Format? {
    switch self {
    case .track: nil
    case .srt: .subRip
    case .vtt: .webVTT
    }
  }
}

/// The captions of one version: in its tracks, and in the files beside it.
struct CaptionDelivery: Sendable {
  /// The captions in the version's own time.
  private let tracks: [CaptionTrack]
  private let forms: Set<CaptionForm>
  private let burned: String?

  /// - Parameters:
  ///   - plan: of the version.
  ///   - tracks: in the master's time.
  init(_ tracks: [CaptionTrack], plan: DeliveryPlan, options: DeliveryOptions) {
    let head = plan.rate.duration(frames: plan.headFrames)
    self.tracks = tracks.map { $0.moved(by: head, stretch: plan.stretch) }
    forms = options.captionForms
    burned = plan.burned?.track.source
  }

  /// Those of the text tracks.
  var embedded: [CaptionTrack] { forms.contains(.track) ? tracks : [] }

  /// Where the files of a version's captions stand.
  static func files(_ tracks: [CaptionTrack], beside path: String, forms: Set<CaptionForm>) -> [String] {
    tracks.flatMap { track in
      CaptionForm.allCases.filter(forms.contains).compactMap(\.fileFormat).map { name(track, $0, beside: path) }
    }
  }

  private static func name(_ track: CaptionTrack, _ format: CaptionFile.Format, beside path: String) -> String {
    let stem = URL(fileURLWithPath: path).deletingPathExtension().path(percentEncoded: false)
    return stem + (track.language.map { ".\($0)" } ?? "") + ".\(format.rawValue)"
  }

  /// Compares the text tracks of a written file with what they should be.
  /// - Throws: ``DeliveryError`` `inconsistent`; ``LibavError``.
  func prove(_ path: String, duration: Rational) throws {
    guard !embedded.isEmpty else { return }
    let found = try CaptionTrack.tracks(of: path)
    let isSame =
      found.count == embedded.count
      && zip(found, embedded).allSatisfy { found, own in
        let wanted = own.segments(until: duration).filter { !$0.cues.isEmpty && $0.start < $0.end }
        return found.language == own.language && found.cues.map(\.text.plain) == wanted.map(\.text.plain)
      }
    guard isSame else {
      throw DeliveryError(.inconsistent, "the captions that were written are not those that are read back", file: path)
    }
  }

  /// Writes the files beside a version.
  /// - Throws: `FileError`.
  func write(beside path: String, overwrite: Bool) throws -> [Deliverable.Captions] {
    try tracks.map { track in
      let files = try CaptionForm.allCases.filter(forms.contains).compactMap(\.fileFormat).map { format in
        let name = Self.name(track, format, beside: path)
        let bytes = Array(track.text(as: format).utf8)
        let output = try OutputFile(name, overwrite: overwrite)
        try output.write(bytes)
        try output.commit()
        return Deliverable.Captions.File(
          file: name, sha256: SHA256Text.of(bytes), bytes: Int64(bytes.count))
      }
      return Deliverable.Captions(
        track, isTrack: forms.contains(.track), isBurned: track.source == burned, files: files)
    }
  }
}

extension Deliverable {
  /// Captions of one language.
  public struct Captions: Sendable, Hashable, Codable {
    /// A file beside the version.
    public struct File: Sendable, Hashable, Codable {
      public internal(set) var file: String
      public let sha256: String
      public let bytes: Int64
    }

    /// ISO 639-2; null when it is not known.
    @Nullable public private(set) var language: String?
    /// What they were read from.
    public let source: String
    public let cues: Int
    /// Whether the version has a text track of them.
    public let isTrack: Bool
    /// Whether they are drawn into its frames.
    public let isBurned: Bool
    public internal(set) var files: [File]
    /// Warnings.
    public let problems: [CaptionProblem]

    init(_ track: CaptionTrack, isTrack: Bool, isBurned: Bool, files: [File]) {
      _language = Nullable(wrappedValue: track.language)
      source = track.source
      cues = track.cues.count
      self.isTrack = isTrack
      self.isBurned = isBurned
      self.files = files
      problems = track.problems
    }

    private enum CodingKeys: String, CodingKey {
      case language, source, cues, files, problems
      case isTrack = "track"
      case isBurned = "burned"
    }
  }
}
