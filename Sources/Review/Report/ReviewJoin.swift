public import Files

extension ReviewReport {
  /// What was measured where two shots meet, and the stills that show it.
  public struct Join: Sendable, Encodable {
    /// From 1, in the order of the master.
    public let index: Int
    /// The first frame after it.
    public let frame: Int
    let time: Double
    let from: String
    let to: String
    /// 1 for the worst.
    public internal(set) var rank = 0
    /// `clean`, `check`, `seam` or `cut`.
    public let verdict: String
    public let reason: String
    /// `cut`, `dissolve` or `dip`; null when the master was made elsewhere.
    @Nullable var transition: String?
    /// Frames dropped from the end of the first shot; null when the master was made elsewhere.
    @Nullable var overlap: Int?
    /// Mean ΔE2000 over a coarse grid from the frame before to the frame after.
    let deltaE: Double
    /// Mean luma step in code values.
    let deltaLuma: Double
    /// Relative change of mean sharpness over twelve frames on either side, 0.1 for 10 % sharper.
    @Nullable var sharpnessStep: Double?
    /// The frame difference over the join, relative to the median of its neighbours; null in a still scene.
    @Nullable var step: Double?
    /// Frames around the join that hardly change, beyond those of the shots themselves.
    let stalledFrames: Int
    /// Null when the whole frame stands still, or does not move as one.
    @Nullable public internal(set) var motion: Motion?
    /// dB; null without audio on both sides.
    @Nullable var audioStepDB: Double?
    /// Seconds by which the next shot's audio starts after its first frame.
    @Nullable var avOffset: Double?
    /// Frames around it, exact, in order.
    var stills: [Still] = []
    @Nullable var crop: Crop?
    /// Of the master.
    @Nullable var audio: Excerpt?
    /// Null where the shots' own files are not there.
    @Nullable var plain: Plain?

    private enum CodingKeys: String, CodingKey {
      case index, frame, time, from, to, rank, verdict, reason, transition, overlap, step, motion, stills, crop, plain,
        audio
      case deltaE = "delta_e"
      case deltaLuma = "delta_luma"
      case sharpnessStep = "sharpness_step"
      case stalledFrames = "stalled_frames"
      case audioStepDB = "audio_step_db"
      case avOffset = "av_offset"
    }
  }

  public struct Motion: Sendable, Encodable {
    /// Median speed of the whole frame after the join relative to before; null when it stood still before.
    @Nullable public internal(set) var speedRatio: Double?
    /// Degrees between the directions of motion; null when one side stands still.
    @Nullable public internal(set) var direction: Double?

    private enum CodingKeys: String, CodingKey {
      case speedRatio = "speed_ratio"
      case direction = "direction_degrees"
    }
  }

  public struct Still: Sendable, Encodable {
    let frame: Int
    let file: String
  }

  /// The same square of the frames before and after at 100 %, where they differ most.
  public struct Crop: Sendable, Encodable {
    /// Pixels of the master, as coded.
    let left: Int
    let top: Int
    let size: Int
    let before: String
    let after: String
  }

  /// A quarter of a second of audio on either side.
  public struct Excerpt: Sendable, Encodable {
    /// WAVE; null where the page has no room for it.
    @Nullable var file: String?
    /// Seconds before the join at which it starts.
    let before: Double
    /// Lowest and highest sample of each equal part, −1 to 1.
    let low: [Double]
    let high: [Double]
  }

  /// What appending the same files without longtake gives at this join.
  public struct Plain: Sendable, Encodable {
    /// Frames that repeat what is shown already.
    let repeated: Int
    /// In order; the first after the join is at ``at``.
    let stills: [String]
    let at: Int
    /// How the stills were made.
    let note: String
    @Nullable var audio: Excerpt?
    /// Greatest step from one sample to the next at the join, 0–1; null without audio.
    @Nullable var click: Double?
    /// The same in the master.
    @Nullable var masterClick: Double?

    private enum CodingKeys: String, CodingKey {
      case repeated, stills, at, note, click, audio
      case masterClick = "master_click"
    }
  }
}
