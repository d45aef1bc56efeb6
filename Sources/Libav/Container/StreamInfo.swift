import CLibav
public import Timing

/// The properties of one stream in the container's header, completed by libav from the first packets.
///
/// Nothing here is counted or decoded: values whose names end in `FromHeader` may be wrong.
public struct StreamInfo: Sendable, Hashable {
  public enum Kind: String, Sendable { case video, audio, subtitle, data, attachment, unknown }

  public let index: Int
  /// The container's own number of the stream; 0 when it has none.
  public let id: Int
  public let kind: Kind
  public let codecName: String
  public let codecLongName: String
  /// Whether every frame of the codec is coded by itself.
  public let isIntraOnly: Bool
  /// Nil when libav has no name for it.
  public let profile: String?
  /// libav's number of the profile; nil when unknown.
  public let profileNumber: Int?
  /// As the bit stream writes it (H.264: ten times the level); nil when unknown.
  public let level: Int?
  /// libav's raw field; negative values mean unknown.
  public let levelNumber: Int
  /// `avc1`, `hvc1`, …; unprintable bytes as `[n]`.
  public let codecTag: String
  public let codecTagValue: UInt32
  public let timeBase: TimeBase
  /// Ticks of the time base; nil when not in the header.
  public let startTime: Int64?
  public let durationFromHeader: Int64?
  public let frameCountFromHeader: Int64?
  /// Bits per second; nil when unknown.
  public let bitRate: Int64?
  /// libav's guess of the base rate (`r_frame_rate`).
  public let baseFrameRate: Rational
  /// The same, not in lowest terms.
  public let writtenBaseFrameRate: UnreducedFraction
  /// Average over the stream from the header (`avg_frame_rate`).
  public let averageFrameRate: Rational
  /// The same, not in lowest terms.
  public let writtenAverageFrameRate: UnreducedFraction
  public let extradataSize: Int
  /// A cover image, not moving video.
  public let isAttachedPicture: Bool
  /// libav's names of the dispositions that are set, `default`, `attached_pic`, …
  public let dispositions: Set<String>
  public let metadata: [String: String]
  /// Initial padding (audio) and delay in frames (video) that the decoder needs.
  public let videoDelay: Int
  public let initialPadding: Int
  public let video: Video?
  public let audio: Audio?
  /// Pixels of a subtitle track's canvas; nil when it has none, and for other kinds.
  public let subtitleSize: FrameSize?
  /// In the order of the header.
  public let sideData: [StreamSideData]
  /// The side data that is copied when the stream is written to another file.
  public let carriedSideData: [CarriedSideData]

  /// One piece of a stream's side data, as libav keeps it: rotation, mastering display, light levels, Dolby Vision's record.
  public struct CarriedSideData: Sendable, Hashable {
    let type: AVPacketSideDataType
    let bytes: [UInt8]

    static let kinds: Set<AVPacketSideDataType.RawValue> = Set(
      [
        AV_PKT_DATA_DISPLAYMATRIX, AV_PKT_DATA_MASTERING_DISPLAY_METADATA, AV_PKT_DATA_CONTENT_LIGHT_LEVEL,
        AV_PKT_DATA_SPHERICAL, AV_PKT_DATA_STEREO3D, AV_PKT_DATA_DOVI_CONF,
      ].map(\.rawValue))

    /// Whether MP4 has a box for it that libav writes only on request.
    public var needsUnofficialBox: Bool {
      [AV_PKT_DATA_DOVI_CONF, AV_PKT_DATA_SPHERICAL, AV_PKT_DATA_STEREO3D].contains(type)
    }

    /// Whether it describes Dolby Vision's own layer, which re-encoded frames do not have.
    public var isDolbyVision: Bool { type == AV_PKT_DATA_DOVI_CONF }
  }

  /// Width and height in pixels.
  public struct FrameSize: Sendable, Hashable {
    public let width: Int
    public let height: Int

    public init(width: Int, height: Int) {
      self.width = width
      self.height = height
    }
  }

  public struct Video: Sendable, Hashable {
    /// Pixels, as a decoder delivers them.
    public var width: Int
    public var height: Int
    public var pixelFormat: String
    public let bitsPerRawSample: Int?
    /// Undefined when not signalled.
    public var sampleAspectRatio: Rational
    /// As signalled in the bitstream, whatever the container has; undefined when not signalled.
    public let codedSampleAspectRatio: Rational
    public var color: ColorTags
    /// `progressive`, `tt`, `bb`, `tb`, `bt`; nil when unknown.
    public let fieldOrder: String?
    /// Degrees clockwise by which a player rotates the frame for display, as ffprobe's `rotation` negated: 0, 90, 180, 270 or
    /// any other whole angle.
    public var rotation: Int
    /// Whether the display matrix also mirrors the frame.
    public var isMirrored: Bool
    public let hasDolbyVision: Bool
    public let hasMasteringDisplay: Bool
    public let hasContentLightLevel: Bool
  }

  public struct Audio: Sendable, Hashable {
    /// Samples per second.
    public let sampleRate: Int
    public let channels: Int
    /// libav's description, `stereo`; nil when unspecified.
    public let channelLayout: String?
    /// libav's default layout of so many channels when unspecified.
    public let layout: ChannelLayout
    public let sampleFormat: String
    public let bitsPerSample: Int
    /// Samples in one packet; 0 when it varies.
    public let frameSize: Int
  }

  /// Width and height as a viewer sees them, after rotation; pixels are not stretched.
  public var displaySize: (width: Int, height: Int)? {
    guard let video else { return nil }
    return video.rotation % 180 == 0 ? (video.width, video.height) : (video.height, video.width)
  }
}

extension StreamInfo {
  init(_ stream: UnsafePointer<AVStream>) {
    let s = stream.pointee
    let p = s.codecpar.pointee
    let descriptor = avcodec_descriptor_get(p.codec_id)
    index = Int(s.index)
    id = Int(s.id)
    kind =
      switch p.codec_type {
      case AVMEDIA_TYPE_VIDEO: .video
      case AVMEDIA_TYPE_AUDIO: .audio
      case AVMEDIA_TYPE_SUBTITLE: .subtitle
      case AVMEDIA_TYPE_DATA: .data
      case AVMEDIA_TYPE_ATTACHMENT: .attachment
      default: .unknown
      }
    codecName = string(descriptor?.pointee.name) ?? "unknown"
    isIntraOnly = descriptor.map { $0.pointee.props & AV_CODEC_PROP_INTRA_ONLY != 0 } ?? false
    codecLongName = string(descriptor?.pointee.long_name) ?? "unknown"
    profile = string(avcodec_profile_name(p.codec_id, p.profile))
    profileNumber = p.profile == lt_profile_unknown ? nil : Int(p.profile)
    level = p.level > 0 ? Int(p.level) : nil
    levelNumber = Int(p.level)
    codecTag = tagText(p.codec_tag)
    codecTagValue = p.codec_tag
    timeBase = TimeBase(Rational(s.time_base)) ?? .microseconds
    startTime = timestamp(s.start_time)
    durationFromHeader = timestamp(s.duration)
    frameCountFromHeader = s.nb_frames > 0 ? s.nb_frames : nil
    bitRate = p.bit_rate > 0 ? p.bit_rate : nil
    baseFrameRate = Rational(s.r_frame_rate)
    writtenBaseFrameRate = UnreducedFraction(s.r_frame_rate)
    averageFrameRate = Rational(s.avg_frame_rate)
    writtenAverageFrameRate = UnreducedFraction(s.avg_frame_rate)
    extradataSize = Int(p.extradata_size)
    isAttachedPicture = s.disposition & AV_DISPOSITION_ATTACHED_PIC != 0
    dispositions = Set(
      (0..<31).compactMap { bit -> String? in
        let flag = Int32(1) << Int32(bit)
        return s.disposition & flag != 0 ? string(av_disposition_to_string(flag)) : nil
      })
    metadata = entries(of: s.metadata)
    videoDelay = Int(p.video_delay)
    initialPadding = Int(p.initial_padding)
    video = p.codec_type == AVMEDIA_TYPE_VIDEO ? Video(stream) : nil
    audio = p.codec_type == AVMEDIA_TYPE_AUDIO ? Audio(p) : nil
    subtitleSize =
      p.codec_type == AVMEDIA_TYPE_SUBTITLE && p.width > 0 && p.height > 0
      ? FrameSize(width: Int(p.width), height: Int(p.height)) : nil
    sideData = StreamSideData.all(of: stream)
    carriedSideData = (0..<lt_side_data_count(stream)).compactMap { position in
      guard let piece = lt_side_data(stream, position)?.pointee, CarriedSideData.kinds.contains(piece.type.rawValue)
      else { return nil }
      return CarriedSideData(
        type: piece.type, bytes: Array(UnsafeBufferPointer(start: piece.data, count: Int(piece.size))))
    }
  }
}

extension StreamInfo.Video {
  init(_ stream: UnsafePointer<AVStream>) {
    let s = stream.pointee
    let p = s.codecpar.pointee
    width = Int(p.width)
    height = Int(p.height)
    pixelFormat = PixelFormat(raw: p.format).name
    bitsPerRawSample = p.bits_per_raw_sample > 0 ? Int(p.bits_per_raw_sample) : nil
    let container = Rational(s.sample_aspect_ratio)
    codedSampleAspectRatio = Rational(p.sample_aspect_ratio)
    sampleAspectRatio = container.isPositive ? container : codedSampleAspectRatio
    color = ColorTags(
      range: p.color_range, matrix: p.color_space, transfer: p.color_trc, primaries: p.color_primaries,
      location: p.chroma_location)
    fieldOrder =
      switch p.field_order {
      case AV_FIELD_PROGRESSIVE: "progressive"
      case AV_FIELD_TT: "tt"
      case AV_FIELD_BB: "bb"
      case AV_FIELD_TB: "tb"
      case AV_FIELD_BT: "bt"
      default: nil
      }
    (rotation, isMirrored) = Self.orientation(of: stream)
    hasDolbyVision = lt_has_side_data(stream, AV_PKT_DATA_DOVI_CONF) != 0
    hasMasteringDisplay = lt_has_side_data(stream, AV_PKT_DATA_MASTERING_DISPLAY_METADATA) != 0
    hasContentLightLevel = lt_has_side_data(stream, AV_PKT_DATA_CONTENT_LIGHT_LEVEL) != 0
  }

  /// `av_display_rotation_get` is counter-clockwise; a mirrored matrix is unmirrored first, as players do.
  private static func orientation(of stream: UnsafePointer<AVStream>) -> (rotation: Int, isMirrored: Bool) {
    guard let matrix = lt_display_matrix(stream) else { return (0, false) }
    let m = (0..<9).map { matrix[$0] }
    let isMirrored = Int64(m[0]) * Int64(m[4]) - Int64(m[1]) * Int64(m[3]) < 0
    var unmirrored = m
    if isMirrored { av_display_matrix_flip(&unmirrored, 1, 0) }
    let counterClockwise = av_display_rotation_get(unmirrored)
    guard counterClockwise.isFinite else { return (0, isMirrored) }
    let clockwise = (Int(-counterClockwise.rounded()) % 360 + 360) % 360
    return (clockwise, isMirrored)
  }
}

extension StreamInfo.Audio {
  init(_ p: AVCodecParameters) {
    sampleRate = Int(p.sample_rate)
    channels = Int(p.ch_layout.nb_channels)
    channelLayout =
      p.ch_layout.order == AV_CHANNEL_ORDER_UNSPEC ? nil : ChannelLayout(copying: p.ch_layout).description
    layout = ChannelLayout(copying: p.ch_layout)
    sampleFormat = SampleFormat(raw: p.format).name
    bitsPerSample = Int(av_get_bits_per_sample(p.codec_id))
    frameSize = Int(p.frame_size)
  }
}
