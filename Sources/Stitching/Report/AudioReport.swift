public import Files
import Loudness

/// The master's audio in a stitch report. Levels are measured on the written master, decoded.
public struct AudioReport: Sendable, Codable {
  /// `aac`, `pcm` or `pcm16`.
  public let codec: String
  /// Samples per second.
  public let sampleRate: Int
  public let channels: Int
  /// Samples per channel that the written master decodes to; null before it is written.
  @Nullable public private(set) var samples: Int?
  /// Integrated loudness in LUFS; null for silence, and before the master is written.
  @Nullable public private(set) var loudness: Double?
  /// LU; null under three seconds, and before the master is written.
  @Nullable public private(set) var loudnessRange: Double?
  /// Highest true peak in dBTP; null for digital silence, and before the master is written.
  @Nullable public private(set) var truePeak: Double?
  /// Requested loudness in LUFS; null when the level is left as it is.
  @Nullable public private(set) var targetLoudness: Double?
  /// True peak limit in dBTP; null without a limiter.
  @Nullable public private(set) var truePeakLimit: Double?
  /// LUFS before any gain; null when not measured.
  @Nullable public private(set) var loudnessBefore: Double?
  /// Gain over the whole master in dB.
  public let gain: Double
  /// Greatest gain reduction by the limiter in dB.
  public let reduction: Double
  @Nullable public private(set) var music: Music?
  @Nullable public private(set) var voice: Voice?

  public struct Voice: Sendable, Codable {
    public let file: String
    /// dB.
    public let level: Double
    /// dB.
    public let duck: Double
    /// Seconds.
    public let attack: Double
    /// Seconds.
    public let release: Double

    enum CodingKeys: String, CodingKey {
      case file
      case level = "level_db"
      case duck = "duck_db"
      case attack = "attack_seconds"
      case release = "release_seconds"
    }
  }

  public struct Music: Sendable, Codable {
    public let file: String
    /// dB.
    public let level: Double
    /// Seconds.
    public let fade: Double
    /// dB.
    public let duck: Double
    public let loops: Bool

    enum CodingKeys: String, CodingKey {
      case file
      case level = "level_db"
      case fade = "fade_seconds"
      case duck = "duck_db"
      case loops = "loop"
    }
  }

  enum CodingKeys: String, CodingKey {
    case codec, channels, samples, music, voice
    case sampleRate = "sample_rate"
    case loudness = "integrated_lufs"
    case loudnessRange = "loudness_range_lu"
    case truePeak = "true_peak_dbtp"
    case targetLoudness = "target_lufs"
    case truePeakLimit = "true_peak_limit_dbtp"
    case loudnessBefore = "integrated_lufs_before"
    case gain = "gain_db"
    case reduction = "limiter_reduction_db"
  }

  /// - Parameters:
  ///   - normalization: nil before anything is measured.
  ///   - proof: nil before the master is written.
  init(
    _ format: MasterAudioFormat, options: AudioOptions, normalization: LoudnessNormalization?, reduction: Double,
    proof: AudioProof?
  ) {
    codec = options.codec.rawValue
    sampleRate = format.sampleRate
    channels = format.channels
    samples = proof?.sampleCount
    loudness = proof?.reading.integrated
    loudnessRange = proof?.reading.range
    truePeak = proof?.reading.truePeak
    targetLoudness = options.loudness
    truePeakLimit = options.ceiling
    loudnessBefore = normalization?.loudnessBefore
    gain = normalization?.levels.gain ?? 0
    self.reduction = reduction
    voice = options.voice.map {
      Voice(file: $0.file, level: $0.level, duck: $0.duck, attack: $0.attack, release: $0.release)
    }
    music = options.music.map {
      Music(file: $0.file, level: $0.level, fade: $0.fade, duck: $0.duck, loops: $0.loops)
    }
  }
}
