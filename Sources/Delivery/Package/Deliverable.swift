public import Files
import Stitching
public import Verification

/// One delivered file, or one that was not delivered because it fails its verify preset.
public struct Deliverable: Sendable, Encodable {
  public static let schema = "longtake.deliverable/1"

  /// A finding that is no pass.
  public struct Problem: Sendable, Hashable, Codable {
    public let check: String
    /// `warn`, `fail` or `inconclusive`.
    public let status: String
    public let message: String
  }

  /// One rule of the verify preset and its result, in words.
  public struct Check: Sendable, Hashable, Codable {
    public let check: String
    /// `pass`, `warn`, `fail`, `info`, `inconclusive` or `not_run`.
    public let outcome: String
    public let measured: String
    public let expected: String
    /// Where it was found, or why it was not run.
    public let place: String
    /// Details and what to do; null where the rule holds.
    @Nullable public private(set) var remark: String?

    init(_ finding: Finding) {
      let text = FindingText(finding)
      (check, outcome, measured, expected, place) = (
        text.check, text.outcome, text.measured, text.expected, text.place
      )
      _remark = Nullable(wrappedValue: text.remark)
    }
  }

  public struct Video: Sendable, Hashable, Codable {
    public let codec: String
    public let width: Int
    public let height: Int
    /// Exact fraction.
    public let frameRate: String
    public let frames: Int
    /// Frames of slate and black in front.
    public let headFrames: Int
    /// The master's rate.
    public let masterFrameRate: String

    private enum CodingKeys: String, CodingKey {
      case codec, width, height, frames
      case frameRate = "frame_rate"
      case headFrames = "head_frames"
      case masterFrameRate = "master_frame_rate"
    }
  }

  public struct Audio: Sendable, Hashable, Codable {
    public let codec: String
    public let sampleRate: Int
    public let channels: String
    @Nullable public private(set) var integratedLUFS: Double?
    @Nullable public private(set) var truePeakDBTP: Double?
    public let gainDB: Double
    public let limitedDB: Double

    init(_ result: VersionAudio.Result, codec: String, sampleRate: Int, channels: String) {
      func hundredth(_ value: Double) -> Double { (value * 100).rounded() / 100 }
      self.codec = codec
      self.sampleRate = sampleRate
      self.channels = channels
      _integratedLUFS = Nullable(wrappedValue: result.loudness.map(hundredth))
      _truePeakDBTP = Nullable(wrappedValue: result.truePeak.map(hundredth))
      gainDB = hundredth(result.gain)
      limitedDB = hundredth(result.reduction)
    }

    private enum CodingKeys: String, CodingKey {
      case codec, channels
      case sampleRate = "sample_rate"
      case integratedLUFS = "integrated_lufs"
      case truePeakDBTP = "true_peak_dbtp"
      case gainDB = "gain_db"
      case limitedDB = "limited_db"
    }
  }

  public let preset: String
  /// ISO 639-2; null when it is not known.
  @Nullable public private(set) var language: String?
  /// The file of the voice over its audio; null for none.
  @Nullable public private(set) var voice: String?
  /// The path; the name that it would have had where it was not delivered.
  public let file: String
  /// False where it fails its verify preset: nothing is left under ``file`` then.
  public let isDelivered: Bool
  public let verdict: Verdict
  public let verifyPreset: String
  public let problems: [Problem]
  /// Every rule of the verify preset; not part of the JSON, but of the manifest's.
  public let checks: [Check]
  /// Lower-case hexadecimal.
  public let sha256: String
  public let bytes: Int64
  /// Seconds.
  public let duration: Double
  public let marking: Marks
  @Nullable public private(set) var video: Video?
  @Nullable public private(set) var audio: Audio?
  public let captions: [Captions]
  /// Chunks that the video was encoded in, and those of an earlier, interrupted delivery.
  public let chunks: Int
  public let resumedChunks: Int
  /// Seconds that it took.
  public let seconds: Double

  init(
    preset: String, file: String, verdict: Verdict, verifyPreset: String, problems: [Problem], checks: [Check],
    sha256: String, bytes: Int64, duration: Double, marks: Marks, video: Video?, audio: Audio?,
    captions: [Captions] = [], chunks: Int = 0, resumedChunks: Int = 0, seconds: Double,
    version: DeliveryOptions? = nil
  ) {
    _language = Nullable(wrappedValue: version?.language)
    _voice = Nullable(wrappedValue: version?.voice?.file)
    self.preset = preset
    self.file = file
    isDelivered = verdict != .fail
    self.verdict = verdict
    self.verifyPreset = verifyPreset
    self.problems = problems
    self.checks = checks
    self.sha256 = sha256
    self.bytes = bytes
    self.duration = (duration * 1_000_000).rounded() / 1_000_000
    marking = marks
    _video = Nullable(wrappedValue: video)
    _audio = Nullable(wrappedValue: audio)
    self.captions = captions
    self.chunks = chunks
    self.resumedChunks = resumedChunks
    self.seconds = (seconds * 1000).rounded() / 1000
  }

  private enum CodingKeys: String, CodingKey {
    case schema, preset, language, voice, file, verdict, problems, sha256, bytes, duration, marking, video, audio,
      captions, chunks,
      seconds
    case isDelivered = "delivered"
    case verifyPreset = "verify_preset"
    case resumedChunks = "resumed_chunks"
  }

  public func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: CodingKeys.self)
    try fields.encode(Self.schema, forKey: .schema)
    try fields.encode(preset, forKey: .preset)
    try fields.encode(_language, forKey: .language)
    try fields.encode(_voice, forKey: .voice)
    try fields.encode(file, forKey: .file)
    try fields.encode(isDelivered, forKey: .isDelivered)
    try fields.encode(verdict, forKey: .verdict)
    try fields.encode(verifyPreset, forKey: .verifyPreset)
    try fields.encode(problems, forKey: .problems)
    try fields.encode(sha256, forKey: .sha256)
    try fields.encode(bytes, forKey: .bytes)
    try fields.encode(duration, forKey: .duration)
    try fields.encode(marking, forKey: .marking)
    try fields.encode(_video, forKey: .video)
    try fields.encode(_audio, forKey: .audio)
    try fields.encode(captions, forKey: .captions)
    try fields.encode(chunks, forKey: .chunks)
    try fields.encode(resumedChunks, forKey: .resumedChunks)
    try fields.encode(seconds, forKey: .seconds)
  }
}
