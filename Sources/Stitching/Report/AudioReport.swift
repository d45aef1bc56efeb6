import Loudness

/// The master's audio, as a stitch report tells of it. Levels are those of the written master, decoded.
public struct AudioReport: Sendable, Codable {
  /// `aac`, `pcm` or `pcm16`.
  public let codec: String
  /// Samples per second.
  public let sampleRate: Int
  public let channels: Int
  /// Samples of each channel that the written master decodes to; null before it is written.
  public let samples: Int?
  /// Integrated loudness in LUFS; null where it is silent, and before it is written.
  public let loudness: Double?
  /// LU; null under three seconds, and before it is written.
  public let loudnessRange: Double?
  /// Highest true peak in dBTP; null for digital silence, and before it is written.
  public let truePeak: Double?
  /// LUFS that were asked for; null where the level was to stay.
  public let targetLoudness: Double?
  /// dBTP that peaks were to stay under; null where nothing was limited.
  public let truePeakLimit: Double?
  /// LUFS before the level was changed; null where nothing was listened to.
  public let loudnessBefore: Double?
  /// dB by which the whole was raised or lowered.
  public let gain: Double
  /// dB by which the limiter went down at most.
  public let reduction: Double
  public let music: Music?

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
    case codec, channels, samples, music
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

  /// Every member is always there; what is not known is `null`.
  public func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: CodingKeys.self)
    try fields.encode(codec, forKey: .codec)
    try fields.encode(sampleRate, forKey: .sampleRate)
    try fields.encode(channels, forKey: .channels)
    try fields.encode(samples, forKey: .samples)
    try fields.encode(loudness, forKey: .loudness)
    try fields.encode(loudnessRange, forKey: .loudnessRange)
    try fields.encode(truePeak, forKey: .truePeak)
    try fields.encode(targetLoudness, forKey: .targetLoudness)
    try fields.encode(truePeakLimit, forKey: .truePeakLimit)
    try fields.encode(loudnessBefore, forKey: .loudnessBefore)
    try fields.encode(gain, forKey: .gain)
    try fields.encode(reduction, forKey: .reduction)
    try fields.encode(music, forKey: .music)
  }

  init(
    _ format: MasterAudioFormat, options: AudioOptions, plan: LoudnessNormalization?, reduction: Double, proof: AudioProof?
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
    loudnessBefore = plan?.loudnessBefore
    gain = plan?.levels.gain ?? 0
    self.reduction = reduction
    music = options.music.map {
      Music(file: $0.file, level: $0.level, fade: $0.fade, duck: $0.duck, loops: $0.loops)
    }
  }
}
