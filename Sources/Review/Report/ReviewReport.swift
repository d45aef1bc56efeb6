public import Files
public import Presets

/// `review.json`: everything that the page shows, for programs. Times are in seconds, frames count from 0.
public struct ReviewReport: Sendable, Encodable {
  public static let schema = "longtake.review/1"

  public let schema = Self.schema
  public internal(set) var version: String
  /// ISO 8601, UTC.
  public internal(set) var written: String
  public internal(set) var title: String
  @Nullable public internal(set) var origin: Origin?
  @Nullable public internal(set) var master: Master?
  @Nullable public internal(set) var verification: JSONValue?
  public internal(set) var shots: [Shot]
  /// In the order of the master; ``Join/rank`` gives the worst first.
  public internal(set) var joins: [Join]
  @Nullable public internal(set) var sprite: Sprite?
  @Nullable public internal(set) var series: FrameSeries?
  @Nullable public internal(set) var audio: Audio?
  @Nullable public internal(set) var decisions: Decisions?

  public struct Origin: Sendable, Encodable {
    let storyboard: String
    let storyboardSHA256: String
    let provider: String
    let model: String
    let isSimulated: Bool
    let costUSD: Double
    let uncertainUSD: Double
    let versions: [String: String]

    private enum CodingKeys: String, CodingKey {
      case storyboard, provider, model, versions
      case storyboardSHA256 = "storyboard_sha256"
      case isSimulated = "simulated"
      case costUSD = "cost_usd"
      case uncertainUSD = "uncertain_usd"
    }
  }

  public struct Master: Sendable, Encodable {
    let file: String
    let sha256: String
    let bytes: Int64
    /// As a player shows it.
    let width: Int
    let height: Int
    /// A fraction.
    let frameRate: String
    let isConstantRate: Bool
    let frames: Int
    let duration: Double
    let codec: String
    let pixelFormat: String
    let isHDR: Bool
    @Nullable var startTimecode: String?
    let hasAudio: Bool
    @Nullable var superseded: String?
    let player: Player

    private enum CodingKeys: String, CodingKey {
      case file, sha256, bytes, width, height, frames, duration, codec, superseded, player
      case frameRate = "frame_rate"
      case isConstantRate = "constant_rate"
      case pixelFormat = "pixel_format"
      case isHDR = "hdr"
      case startTimecode = "start_timecode"
      case hasAudio = "has_audio"
    }
  }

  /// What the page plays.
  public struct Player: Sendable, Encodable {
    /// Relative to the page.
    let file: String
    let isProxy: Bool
    /// Why a proxy is played; null for the master itself.
    @Nullable var reason: String?
    let width: Int
    let height: Int
    /// Seconds at which the first frame starts in the file.
    let start: Double

    private enum CodingKeys: String, CodingKey {
      case file, reason, width, height, start
      case isProxy = "proxy"
    }
  }

  public struct Finding: Sendable, Encodable {
    let check: String
    let severity: String
    let message: String
    @Nullable var advice: String?
    @Nullable var start: Double?
    @Nullable var end: Double?
  }

  public struct Shot: Sendable, Encodable {
    let id: String
    let prompt: [String]
    @Nullable var model: String?
    @Nullable var seconds: Double?
    @Nullable var costUSD: Double?
    @Nullable var startsFrom: String?
    /// In the master; null while there is none.
    @Nullable var firstFrame: Int?
    @Nullable var frames: Int?
    @Nullable var poster: String?
    @Nullable var anchor: Anchor?
    let takes: [Take]
    @Nullable var error: String?

    private enum CodingKeys: String, CodingKey {
      case id, prompt, model, seconds, frames, poster, anchor, takes, error
      case costUSD = "cost_usd"
      case startsFrom = "starts_from"
      case firstFrame = "first_frame"
    }
  }

  public struct Anchor: Sendable, Encodable {
    @Nullable var still: String?
    let sha256: String
    @Nullable var frame: Int?
  }

  public struct Take: Sendable, Encodable {
    let take: Int
    let isChosen: Bool
    let state: String
    /// Relative to the page; null without a clip, and where the page has no room for it.
    @Nullable var file: String?
    @Nullable var still: String?
    @Nullable var sha256: String?
    @Nullable var costUSD: Double?
    @Nullable var verdict: String?
    /// 1 for the best verified take of the shot; null for takes that failed.
    @Nullable var rank: Int?
    /// First frame against the image it was started from: SSIM of luma.
    @Nullable var startSSIM: Double?
    /// The same as a CIE 1976 colour difference.
    @Nullable var startDeltaE: Double?
    let findings: [Finding]
    @Nullable var error: String?

    private enum CodingKeys: String, CodingKey {
      case take, state, file, still, sha256, verdict, rank, findings, error
      case isChosen = "chosen"
      case costUSD = "cost_usd"
      case startSSIM = "start_ssim"
      case startDeltaE = "start_delta_e"
    }
  }

  /// Thumbnails of the timeline on one image.
  public struct Sprite: Sendable, Encodable {
    let file: String
    let columns: Int
    let width: Int
    let height: Int
    /// The frame of each, row by row.
    let frames: [Int]
  }

  /// A value for every frame.
  public struct FrameSeries: Sendable, Encodable {
    /// Mean luma, code values on the 8-bit scale.
    let luma: [Double]
    /// Mean chroma: distance from grey, code values on the 8-bit scale.
    let chroma: [Double]
    /// Interquartile range of luma, code values on the 8-bit scale.
    let contrast: [Double]
    /// Mean luma step from pixel to pixel, relative to ``contrast``.
    let sharpness: [Double]
    /// Mean absolute difference from the frame before, code values; null for the first frame.
    let difference: [Double?]
    /// Bytes of each packet, in presentation order.
    let bytes: [Int]
    let keyframes: [Int]
    /// Seconds of each frame from the first; null at a constant rate.
    @Nullable var times: [Double]?
  }

  public struct Audio: Sendable, Encodable {
    /// Samples per second.
    let sampleRate: Int
    let channels: Int
    /// LUFS; null for silence.
    @Nullable var integrated: Double?
    /// LU.
    @Nullable var range: Double?
    /// dBTP.
    @Nullable var truePeak: Double?
    /// LUFS, where one was asked for.
    @Nullable var target: Double?
    /// Seconds between the values of ``shortTerm`` and ``momentary``.
    let step: Double
    /// LUFS over three seconds; null where there are less, and for silence.
    let shortTerm: [Double?]
    /// LUFS over 400 ms.
    let momentary: [Double?]
    /// Peak of each equal part of the whole, 0–1.
    let peaks: [Double]

    private enum CodingKeys: String, CodingKey {
      case channels, step, peaks
      case momentary = "momentary_lufs"
      case sampleRate = "sample_rate"
      case integrated = "integrated_lufs"
      case range = "range_lu"
      case truePeak = "true_peak_dbtp"
      case target = "target_lufs"
      case shortTerm = "short_term_lufs"
    }
  }
}
