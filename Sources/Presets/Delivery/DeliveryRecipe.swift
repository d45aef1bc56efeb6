public import Timing

/// How a delivery version is made of a master: container, video, audio, and the verify preset that it must pass.
public struct DeliveryRecipe: Sendable, Hashable, Codable {
  public static let schema = "longtake.delivery/1"

  /// What the file is, and its extension.
  public enum Container: String, Sendable, Hashable, Codable, CaseIterable { case mp4, mov, wav, gif, webp }

  public let id: String
  public let title: String
  /// Where the settings come from.
  public let source: String
  /// The verify preset, by name or path; nil for an animated WebP, whose structure is checked.
  public let verify: String?
  public let container: Container
  /// Nil for audio alone.
  public let video: Video?
  /// Nil for a version without audio.
  public let audio: Audio?
  /// Frames in front of the program; nil for none.
  public let head: Head?

  public init(
    id: String, title: String, source: String, verify: String?, container: Container, video: Video?, audio: Audio?,
    head: Head?
  ) {
    self.id = id
    self.title = title
    self.source = source
    self.verify = verify
    self.container = container
    self.video = video
    self.audio = audio
    self.head = head
  }

  /// How the master's frames fill another size.
  public enum Fit: String, Sendable, Hashable, Codable, CaseIterable {
    /// As large as it fits, black around it.
    case pad
    /// As small as it fills the frame; the rest is cut off around a stated centre.
    case crop
    /// As large as it fits, an enlarged and blurred copy around it.
    case blur
    /// The size is a limit for both sides: the master's shape is kept, and it is never enlarged.
    case within
  }

  public struct Size: Sendable, Hashable, Codable {
    /// Pixels, even.
    public let width: Int
    public let height: Int
    public let fit: Fit
    /// The point of the master that a crop is centred on, 0 (left, top) to 1 (right, bottom).
    public let centerX: Double
    public let centerY: Double

    public init(width: Int, height: Int, fit: Fit, centerX: Double = 0.5, centerY: Double = 0.5) {
      self.width = width
      self.height = height
      self.fit = fit
      self.centerX = centerX
      self.centerY = centerY
    }
  }

  public struct Video: Sendable, Hashable, Codable {
    /// libav's name of the encoder.
    public let encoder: String
    /// libav's name of the pixel format.
    public let pixelFormat: String
    /// The encoder's options by libav's names.
    public let options: [String: String]
    /// Four characters of the sample entry; nil lets the container choose.
    public let tag: String?
    /// Nil keeps the master's.
    public let size: Size?
    /// Whether to scale in linear light: exact for fine bright detail, and several times slower.
    public let scalesInLinearLight: Bool
    /// Rates that the destination takes; empty for any. A master of another one is retimed to the nearest within 5 %.
    public let frameRates: [FrameRate]
    /// For previews: frames are dropped down to this rate; nil keeps all.
    public let previewRate: FrameRate?
    /// Seconds from one keyframe to the next at most; nil for the encoder's default.
    public let gopSeconds: Rational?
    public let bFrames: Int?
    /// Whether HDR is kept; otherwise an HDR master is refused.
    public let keepsHDR: Bool

    public init(
      encoder: String, pixelFormat: String, options: [String: String] = [:], tag: String? = nil, size: Size? = nil,
      scalesInLinearLight: Bool = false, frameRates: [FrameRate] = [], previewRate: FrameRate? = nil,
      gopSeconds: Rational? = nil, bFrames: Int? = nil, keepsHDR: Bool = false
    ) {
      self.encoder = encoder
      self.pixelFormat = pixelFormat
      self.options = options
      self.tag = tag
      self.size = size
      self.scalesInLinearLight = scalesInLinearLight
      self.frameRates = frameRates
      self.previewRate = previewRate
      self.gopSeconds = gopSeconds
      self.bFrames = bFrames
      self.keepsHDR = keepsHDR
    }
  }

  public enum AudioCodec: String, Sendable, Hashable, Codable, CaseIterable {
    case aac
    case pcm16 = "pcm_s16le"
    case pcm24 = "pcm_s24le"
  }

  /// Audio tracks of the master that a version has.
  public enum Tracks: String, Sendable, Hashable, Codable, CaseIterable {
    /// The one that players choose.
    case main
    /// All, each in a file of its own.
    case each
  }

  public struct Audio: Sendable, Hashable, Codable {
    public let codec: AudioCodec
    /// Bits per second; nil for codecs without a choice.
    public let bitRate: Int?
    /// Samples per second.
    public let sampleRate: Int
    /// Whether to mix down to stereo; otherwise the master's channels are kept.
    public let isStereo: Bool
    public let tracks: Tracks
    /// Integrated loudness in LUFS; nil keeps the master's level.
    public let loudness: Double?
    /// Highest true peak in dBTP; nil for no limiter.
    public let truePeak: Double?
    /// Frames of silence at the start and the end of the program.
    public let silentFrames: Int

    public init(
      codec: AudioCodec, bitRate: Int? = nil, sampleRate: Int = 48_000, isStereo: Bool = true, tracks: Tracks = .main,
      loudness: Double? = nil, truePeak: Double? = nil, silentFrames: Int = 0
    ) {
      self.codec = codec
      self.bitRate = bitRate
      self.sampleRate = sampleRate
      self.isStereo = isStereo
      self.tracks = tracks
      self.loudness = loudness
      self.truePeak = truePeak
      self.silentFrames = silentFrames
    }
  }

  /// Slate and black in front of the program, both silent. Seconds count at the nominal rate: 24 frames each at 24000/1001.
  public struct Head: Sendable, Hashable, Codable {
    public let slateSeconds: Int
    public let blackSeconds: Int

    public init(slateSeconds: Int, blackSeconds: Int) {
      self.slateSeconds = slateSeconds
      self.blackSeconds = blackSeconds
    }
  }
}
