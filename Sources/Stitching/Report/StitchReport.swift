import Captions
public import Files
import Timing

/// What a stitch did, as `stitch --report` writes it. Times are in seconds.
public struct StitchReport: Sendable, Codable {
  public let schema: String
  public let output: String
  public let frames: Int
  public let duration: Double
  /// Of the video track, such as `1/12288`.
  public let timeBase: String
  public let frameRate: String
  /// The shots' own, conformed; another one than ``frameRate`` means retimed.
  /// Null in a report of an earlier version, as is ``captions``.
  @Nullable public private(set) var sourceFrameRate: String?
  public let mode: String
  /// Where parameter sets are stored: `shared`, `merged` or `in-band`.
  public let parameterSets: String
  public let shots: [Shot]
  public let joins: [Join]
  /// Null when there is neither a shot with audio nor music.
  @Nullable public private(set) var audio: AudioReport?
  @Nullable public private(set) var captions: [Captions]?
  /// Properties of the shots that the master does not have, and changes that nobody asked for; a sentence each.
  public let notes: [String]
  public let checks: [Check]

  public struct Shot: Sendable, Codable {
    public let file: String
    public let title: String
    /// Frames of the whole shot, at the master's rate.
    public let framesIn: Int
    /// The first frame that is kept, and the first after it that is not.
    public let keptFrom: Int
    public let keptTo: Int
    public let framesKept: Int
    public let framesCopied: Int
    public let framesEncoded: Int
    public let mode: String
    /// What was changed to conform it to the master; empty when its format already matches.
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
    /// Null when no correction was requested.
    @Nullable public private(set) var colorMatch: JoinColorMatch?
    /// Null where a side is silent, and before the master is written.
    @Nullable public private(set) var audioStepDB: Double?
    /// RMS difference of third-octave band levels in dB over half a second on either side, after level matching; null
    /// as ``audioStepDB`` is.
    @Nullable public private(set) var audioStepSpectralDB: Double?
    /// Seconds by which the next shot's audio starts after its first frame; null without audio, and before the master
    /// is written.
    @Nullable public private(set) var avOffset: Double?

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
  }

  public struct Check: Sendable, Codable {
    public let check: String
    public let passed: Bool
    public let expected: String
    public let actual: String
  }

  enum CodingKeys: String, CodingKey {
    case schema, output, frames, duration, mode, shots, joins, audio, captions, notes, checks
    case timeBase = "time_base"
    case frameRate = "frame_rate"
    case sourceFrameRate = "source_frame_rate"
    case parameterSets = "parameter_sets"
  }
}

extension StitchReport {
  /// - Parameters:
  ///   - steps: audio steps, join by join; empty before the master is written.
  ///   - audioFormat: nil without audio, and before the master is written.
  init(
    _ plan: StitchPlan, mode: StitchOptions.Mode, output: String, notes: [String], checks: [Check] = [],
    steps: [AudioStep] = [], audioFormat: MasterAudioFormat? = nil, audio: AudioReport?,
    captions: [CaptionTrack]
  ) {
    schema = "longtake.stitch/1"
    self.output = output
    frames = plan.frameCount
    duration = plan.duration.doubleValue
    timeBase = plan.rate.mediaTimeBase.description
    frameRate = plan.rate.description
    sourceFrameRate = plan.sourceRate.description
    self.mode = mode.rawValue
    parameterSets = plan.parameterSetStorage.name
    shots = plan.shots.map { Shot($0) }
    joins = plan.joins.enumerated().map { number, join in
      let time = plan.rate.duration(frames: join.frame)
      let offset = audioFormat.map { format in
        Rational(Int64(format.sample(atFrame: join.frame, rate: plan.rate)), Int64(format.sampleRate)) - time
      }
      return Join(
        join, time: time, step: steps.indices.contains(number) ? steps[number] : nil, avOffset: offset?.doubleValue)
    }
    self.audio = audio
    self.captions = captions.map { Captions($0) }
    self.notes = notes
    self.checks = checks
  }
}

extension StitchReport.Shot {
  fileprivate init(_ shot: ShotPlan) {
    file = shot.clip.path
    title = shot.clip.shot.title
    framesIn = shot.clip.frameCount
    keptFrom = shot.kept.lowerBound
    keptTo = shot.kept.upperBound
    framesKept = shot.frameCount
    framesCopied = shot.copiedFrames
    framesEncoded = shot.encodedFrames
    mode = shot.mode
    conformed = shot.clip.conform?.differences.map(\.description) ?? []
    reason = shot.reason
  }
}

extension StitchReport.Join {
  fileprivate init(_ join: StitchPlan.Join, time: Rational, step: AudioStep?, avOffset: Double?) {
    index = join.index
    frame = join.frame
    self.time = time.doubleValue
    overlap = join.overlap
    overlapDistance = join.overlapDistance
    nearestDistance = join.nearestDistance
    ordinaryDistance = join.ordinaryDistance
    overlapCertain = join.isCertain
    reason = join.reason
    transition = join.transition?.rawValue ?? "cut"
    fadeFrames = join.fadeFrames
    deltaE = join.deltaE
    deltaLuma = join.deltaLuma
    deltaEFromFirst = join.deltaEFromFirst
    colorMatch = join.colorMatch
    audioStepDB = step?.level
    audioStepSpectralDB = step?.spectral
    self.avOffset = avOffset
  }
}
