import Libav

/// The master's audio: its codec, its level, and the music bed.
public struct AudioOptions: Sendable, Hashable {
  /// How the audio is stored.
  public enum Codec: String, Sendable, CaseIterable, Codable {
    case aac
    /// 24-bit integers; MOV only.
    case pcm
    /// 16-bit integers; MOV only.
    case pcm16

    /// libav's name of the encoder.
    var encoder: String {
      switch self {
      case .aac: "aac"
      case .pcm: "pcm_s24le"
      case .pcm16: "pcm_s16le"
      }
    }

    /// The encoder's input format.
    var sampleFormat: SampleFormat {
      switch self {
      case .aac: .floatPlanar
      case .pcm: .int32
      case .pcm16: .int16
      }
    }
  }

  /// Default true peak limit in dBTP (EBU R 128).
  public static let usualTruePeak = -1.0
  /// Allowed values of ``loudness`` in LUFS.
  public static let loudnessRange = -70.0...0
  /// Allowed values of ``truePeak`` in dBTP.
  public static let truePeakRange = -20.0...0

  public var codec: Codec = .aac
  /// Integrated loudness of the whole master in LUFS; nil leaves the level as it is.
  public var loudness: Double?
  /// Highest true peak in dBTP. Nil: the default where ``loudness``, ``music`` or ``voice`` is set, else no limiter.
  public var truePeak: Double?
  public var music: MusicOptions?
  public var voice: VoiceOptions?
  /// Of the main track, ISO 639-2; nil for the shots' own tag.
  public var language: String?

  public init() {}

  /// Checks that the container can hold the codec.
  /// - Parameter container: libav's name of it.
  /// - Throws: ``StitchError`` `badRequest` naming codec and container.
  public func requireContainer(_ container: String, of path: String) throws {
    guard codec != .aac, container != "mov" else { return }
    throw StitchError(
      .badRequest, "\(codec.rawValue) audio does not fit into .\(container); name the master .mov, or choose aac",
      file: path)
  }

  /// What is heard where no shot has audio.
  var mixedFile: (path: String, code: StitchError.Code)? {
    music.map { ($0.file, .unusableMusic) } ?? voice.map { ($0.file, .unusableVoice) }
  }

  /// The limiter's ceiling in dBTP; nil for no limiter.
  var ceiling: Double? { truePeak ?? (loudness != nil || music != nil || voice != nil ? Self.usualTruePeak : nil) }
}

/// A music bed under the shots' own audio.
public struct MusicOptions: Sendable, Hashable {
  /// Allowed values of ``level`` in dB.
  public static let levelRange = -60.0...20
  /// Allowed values of ``fade`` in seconds.
  public static let fadeRange = 0.0...60
  /// Allowed values of ``duck`` in dB.
  public static let duckRange = 0.0...60

  public var file: String
  /// Gain in dB against the file's own level.
  public var level = -12.0
  /// Seconds of fade-in at the start and of fade-out at the end.
  public var fade = 2.0
  /// dB by which the music is ducked under the shots' audio.
  public var duck = 6.0
  /// Repeats the music where it ends; otherwise silence follows.
  public var loops = false

  public init(file: String) { self.file = file }
}
