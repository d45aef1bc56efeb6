/// What a stitch did, as the contract's `--report` writes it. Times in seconds.
public struct StitchReport: Sendable, Codable {
  public let schema: String
  public let output: String
  public let frames: Int
  public let duration: Double
  /// Of the video track, `"1/12288"`.
  public let timeBase: String
  public let frameRate: String
  public let mode: String
  /// How parameter sets travel: `shared`, `merged` or `in-band`.
  public let parameterSets: String
  public let shots: [Shot]
  public let joins: [Join]
  /// Null where neither a shot nor music sounds.
  public let audio: AudioReport?
  public let checks: [Check]

  public struct Shot: Sendable, Codable {
    public let file: String
    public let title: String
    /// Frames of the whole shot, at the master's rate.
    public let framesIn: Int
    /// The first frame that is in the master, and the first after it that is not.
    public let keptFrom: Int
    public let keptTo: Int
    public let framesKept: Int
    public let framesCopied: Int
    public let framesEncoded: Int
    public let mode: String
    /// What was done to make it fit into the master; empty when it fits as it is.
    public let conformed: [String]
    public let reason: String

    enum CodingKeys: String, CodingKey {
      case file, title, mode, conformed, reason
      case framesIn = "frames_in"
      case keptFrom = "kept_from"
      case keptTo = "kept_to"
      case framesKept = "frames_kept"
      case framesCopied = "frames_copied"
      case framesEncoded = "frames_encoded"
    }
  }

  public struct Join: Sendable, Codable {
    public let index: Int
    public let frame: Int
    public let time: Double
    public let overlap: Int
    public let overlapDistance: Double
    public let nearestDistance: Double
    public let ordinaryDistance: Double
    public let overlapCertain: Bool
    public let reason: String
    /// `cut`, `dissolve` or `dip`.
    public let transition: String
    public let fadeFrames: Int
    public let deltaE: Double
    public let deltaLuma: Double
    public let deltaEFromFirst: Double
    /// Null when no correction was asked for.
    public let colorMatch: JoinColorMatch?
    /// Null where a side is silent, and before anything is written.
    public let audioStepDB: Double?
    /// How far the third-octave bands of half a second on either side lie apart, levels apart; null as the level is.
    public let audioStepSpectralDB: Double?
    /// Seconds by which the next shot's audio starts after its frame; null without audio, and before anything is
    /// written.
    public let avOffset: Double?

    enum CodingKeys: String, CodingKey {
      case index, frame, time, overlap, reason, transition
      case overlapDistance = "overlap_distance"
      case nearestDistance = "nearest_distance"
      case ordinaryDistance = "ordinary_distance"
      case overlapCertain = "overlap_certain"
      case fadeFrames = "fade_frames"
      case colorMatch = "color_match"
      case deltaE = "delta_e"
      case deltaLuma = "delta_luma"
      case deltaEFromFirst = "delta_e_from_first"
      case audioStepDB = "audio_step_db"
      case audioStepSpectralDB = "audio_step_spectral_db"
      case avOffset = "av_offset"
    }

    /// Every member is always there; what is not known is `null`.
    public func encode(to encoder: any Encoder) throws {
      var fields = encoder.container(keyedBy: CodingKeys.self)
      try fields.encode(index, forKey: .index)
      try fields.encode(frame, forKey: .frame)
      try fields.encode(time, forKey: .time)
      try fields.encode(overlap, forKey: .overlap)
      try fields.encode(overlapDistance, forKey: .overlapDistance)
      try fields.encode(nearestDistance, forKey: .nearestDistance)
      try fields.encode(ordinaryDistance, forKey: .ordinaryDistance)
      try fields.encode(overlapCertain, forKey: .overlapCertain)
      try fields.encode(reason, forKey: .reason)
      try fields.encode(transition, forKey: .transition)
      try fields.encode(fadeFrames, forKey: .fadeFrames)
      try fields.encode(deltaE, forKey: .deltaE)
      try fields.encode(deltaLuma, forKey: .deltaLuma)
      try fields.encode(deltaEFromFirst, forKey: .deltaEFromFirst)
      try fields.encode(colorMatch, forKey: .colorMatch)
      try fields.encode(audioStepDB, forKey: .audioStepDB)
      try fields.encode(audioStepSpectralDB, forKey: .audioStepSpectralDB)
      try fields.encode(avOffset, forKey: .avOffset)
    }
  }

  public struct Check: Sendable, Codable {
    public let check: String
    public let passed: Bool
    public let expected: String
    public let actual: String
  }

  enum CodingKeys: String, CodingKey {
    case schema, output, frames, duration, mode, shots, joins, audio, checks
    case timeBase = "time_base"
    case frameRate = "frame_rate"
    case parameterSets = "parameter_sets"
  }

  /// Every member is always there; what is not known is `null`.
  public func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: CodingKeys.self)
    try fields.encode(schema, forKey: .schema)
    try fields.encode(output, forKey: .output)
    try fields.encode(frames, forKey: .frames)
    try fields.encode(duration, forKey: .duration)
    try fields.encode(timeBase, forKey: .timeBase)
    try fields.encode(frameRate, forKey: .frameRate)
    try fields.encode(mode, forKey: .mode)
    try fields.encode(parameterSets, forKey: .parameterSets)
    try fields.encode(shots, forKey: .shots)
    try fields.encode(joins, forKey: .joins)
    try fields.encode(audio, forKey: .audio)
    try fields.encode(checks, forKey: .checks)
  }
}
