import Libav

/// What the master's audio is to be: its codec, its level, and the music under it.
public struct AudioOptions: Sendable, Hashable {
  /// How the audio is stored.
  public enum Codec: String, Sendable, CaseIterable, Codable {
    case aac
    /// 24-bit integers; MOV only.
    case pcm
    /// 16-bit integers; MOV only.
    case pcm16

    var encoder: String {
      switch self {
      case .aac: "aac"
      case .pcm: "pcm_s24le"
      case .pcm16: "pcm_s16le"
      }
    }

    /// What the encoder takes.
    var sampleFormat: SampleFormat {
      switch self {
      case .aac: .floatPlanar
      case .pcm: .int32
      case .pcm16: .int16
      }
    }
  }

  /// What the limiter keeps true peaks under when nothing else is said, in dBTP, as EBU R 128 has it.
  public static let usualTruePeak = -1.0
  /// LUFS that may be asked for.
  public static let loudnessRange = -70.0...0
  /// dBTP that may be asked for.
  public static let truePeakRange = -20.0...0

  public var codec: Codec = .aac
  /// Integrated loudness of the whole master in LUFS; nil leaves the level as it is.
  public var loudness: Double?
  /// Highest true peak in dBTP. Nil: the usual one where ``loudness`` or ``music`` is given, else no limiter.
  public var truePeak: Double?
  public var music: MusicOptions?

  public init() {}

  /// - Parameter container: libav's name of it.
  /// - Throws: ``StitchError`` `badRequest` naming codec and container where the one does not go into the other.
  public func requireContainer(_ container: String, of path: String) throws {
    guard codec != .aac, container != "mov" else { return }
    throw StitchError(
      .badRequest, "\(codec.rawValue) audio does not go into .\(container); name the master .mov, or choose aac",
      file: path)
  }

  /// The limiter's ceiling in dBTP; nil for no limiter.
  var ceiling: Double? { truePeak ?? (loudness != nil || music != nil ? Self.usualTruePeak : nil) }
}

/// Music under the shots' own audio.
public struct MusicOptions: Sendable, Hashable {
  /// dB that the music may be raised or lowered by.
  public static let levelRange = -60.0...20
  /// Seconds of a fade.
  public static let fadeRange = 0.0...60
  /// dB that it may give way by.
  public static let duckRange = 0.0...60

  public var file: String
  /// dB, against the file's own level.
  public var level = -12.0
  /// Seconds in which it comes up at the start and goes away at the end.
  public var fade = 2.0
  /// dB by which it gives way while the shots audio.
  public var duck = 6.0
  /// It begins again where it ends; else silence follows.
  public var loops = false

  public init(file: String) { self.file = file }
}
