import CLibav

/// Side data in a stream's header.
public enum StreamSideData: Sendable, Hashable {
  /// Nine numbers, the last column in 2.30 and the others in 16.16 fixed point (ISO/IEC 14496-12, `tkhd`).
  case displayMatrix([Int32], counterClockwiseDegrees: Double)
  case masteringDisplay(MasteringDisplay)
  /// Brightest pixel and brightest average of a frame, in cd/m².
  case contentLightLevel(maximum: Int, average: Int)
  case dolbyVision(DolbyVisionRecord)
  /// Bits per second, bits, and the delay in 27 MHz ticks, as libav's `AVCPBProperties`.
  case codedPictureBuffer(maximum: Int64, minimum: Int64, average: Int64, bufferBits: Int64, delay: UInt64)
  /// The purpose of the audio, as libav's `AVAudioServiceType`.
  case audioService(Int)
  /// How the two views of a stereo video share its frames, by libav's name of it, and whether they are swapped.
  case stereo3D(type: String, isInverted: Bool)
  case spherical(SphericalMapping)
  /// Any other kind, by libav's name for it.
  case other(name: String)

  /// SMPTE ST 2086: colour volume of the display the frame was mastered on.
  public struct MasteringDisplay: Sendable, Hashable {
    /// x and y of red, green, blue and white in CIE 1931; nil when absent.
    public let primaries: [UnreducedFraction]?
    /// Least and greatest luminance in cd/m²; nil when absent.
    public let luminance: [UnreducedFraction]?

    public init(primaries: [UnreducedFraction]?, luminance: [UnreducedFraction]?) {
      self.primaries = primaries
      self.luminance = luminance
    }
  }

  /// The `dvcC`/`dvvC` record.
  public struct DolbyVisionRecord: Sendable, Hashable {
    public let majorVersion: Int
    public let minorVersion: Int
    public let profile: Int
    public let level: Int
    public let hasRPU: Bool
    public let hasEnhancementLayer: Bool
    public let hasBaseLayer: Bool
    public let baseLayerCompatibility: Int
  }

  /// The projection of a spherical video (Spherical Video V2).
  public struct SphericalMapping: Sendable, Hashable {
    /// libav's name: `equirectangular`, `cubemap`, …
    public let projection: String
    /// Degrees, in 16.16 fixed point.
    public let yaw: Int32
    public let pitch: Int32
    public let roll: Int32
    /// Pixels round each face of a cubemap; nil for other projections.
    public let padding: Int?
    /// Pixels that a tile leaves out to the left, above, to the right and below; nil for whole frames.
    public let bounds: [Int]?
  }

  /// libav's name of the kind, `Display Matrix`, …
  public var name: String {
    switch self {
    case .displayMatrix: Self.name(AV_PKT_DATA_DISPLAYMATRIX)
    case .masteringDisplay: Self.name(AV_PKT_DATA_MASTERING_DISPLAY_METADATA)
    case .contentLightLevel: Self.name(AV_PKT_DATA_CONTENT_LIGHT_LEVEL)
    case .dolbyVision: Self.name(AV_PKT_DATA_DOVI_CONF)
    case .codedPictureBuffer: Self.name(AV_PKT_DATA_CPB_PROPERTIES)
    case .audioService: Self.name(AV_PKT_DATA_AUDIO_SERVICE_TYPE)
    case .stereo3D: Self.name(AV_PKT_DATA_STEREO3D)
    case .spherical: Self.name(AV_PKT_DATA_SPHERICAL)
    case .other(let name): name
    }
  }

  private static func name(_ type: AVPacketSideDataType) -> String {
    string(av_packet_side_data_name(type)) ?? "unknown"
  }

  static func all(of stream: UnsafePointer<AVStream>) -> [StreamSideData] {
    (0..<lt_side_data_count(stream)).compactMap { index in
      lt_side_data(stream, index).flatMap { StreamSideData($0.pointee, stream.pointee.codecpar.pointee) }
    }
  }

  private init(_ piece: AVPacketSideData, _ parameters: AVCodecParameters) {
    let bytes = UnsafeRawBufferPointer(start: piece.data, count: Int(piece.size))
    func read<T: BitwiseCopyable>(_ type: T.Type) -> T? {
      bytes.count >= MemoryLayout<T>.size ? bytes.loadUnaligned(as: type) : nil
    }
    let other = StreamSideData.other(name: Self.name(piece.type))
    switch piece.type {
    case AV_PKT_DATA_DISPLAYMATRIX where bytes.count >= 36:
      let matrix = (0..<9).map { bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Int32.self) }
      let rotation = av_display_rotation_get(matrix)
      self = .displayMatrix(matrix, counterClockwiseDegrees: rotation.isFinite ? rotation : 0)
    case AV_PKT_DATA_MASTERING_DISPLAY_METADATA:
      self = read(AVMasteringDisplayMetadata.self).map { .masteringDisplay(MasteringDisplay($0)) } ?? other
    case AV_PKT_DATA_CONTENT_LIGHT_LEVEL:
      self =
        read(AVContentLightMetadata.self).map { .contentLightLevel(maximum: Int($0.MaxCLL), average: Int($0.MaxFALL)) }
        ?? other
    case AV_PKT_DATA_DOVI_CONF:
      self = read(AVDOVIDecoderConfigurationRecord.self).map { .dolbyVision(DolbyVisionRecord($0)) } ?? other
    case AV_PKT_DATA_CPB_PROPERTIES:
      self =
        read(AVCPBProperties.self).map {
          .codedPictureBuffer(
            maximum: $0.max_bitrate, minimum: $0.min_bitrate, average: $0.avg_bitrate, bufferBits: $0.buffer_size,
            delay: $0.vbv_delay)
        } ?? other
    case AV_PKT_DATA_AUDIO_SERVICE_TYPE:
      self = read(AVAudioServiceType.self).map { .audioService(Int($0.rawValue)) } ?? other
    case AV_PKT_DATA_STEREO3D:
      self =
        read(AVStereo3D.self).map {
          .stereo3D(
            type: string(av_stereo3d_type_name(UInt32($0.type.rawValue))) ?? "unknown",
            isInverted: $0.flags & AV_STEREO3D_FLAG_INVERT != 0)
        } ?? other
    case AV_PKT_DATA_SPHERICAL:
      self = read(AVSphericalMapping.self).map { .spherical(SphericalMapping($0, parameters)) } ?? other
    default: self = other
    }
  }
}

extension StreamSideData.MasteringDisplay {
  init(_ data: AVMasteringDisplayMetadata) {
    let p = data.display_primaries
    primaries =
      data.has_primaries == 0
      ? nil
      : [p.0.0, p.0.1, p.1.0, p.1.1, p.2.0, p.2.1, data.white_point.0, data.white_point.1].map { UnreducedFraction($0) }
    luminance =
      data.has_luminance == 0 ? nil : [UnreducedFraction(data.min_luminance), UnreducedFraction(data.max_luminance)]
  }
}

extension StreamSideData.SphericalMapping {
  init(_ mapping: AVSphericalMapping, _ parameters: AVCodecParameters) {
    var mapping = mapping
    projection = string(av_spherical_projection_name(mapping.projection)) ?? "unknown"
    (yaw, pitch, roll) = (mapping.yaw, mapping.pitch, mapping.roll)
    padding = mapping.projection == AV_SPHERICAL_CUBEMAP ? Int(mapping.padding) : nil
    guard mapping.projection == AV_SPHERICAL_EQUIRECTANGULAR_TILE else {
      bounds = nil
      return
    }
    var (left, top, right, bottom) = (0, 0, 0, 0)
    av_spherical_tile_bounds(
      &mapping, Int(max(0, parameters.width)), Int(max(0, parameters.height)), &left, &top, &right, &bottom)
    bounds = [left, top, right, bottom]
  }
}

extension StreamSideData.DolbyVisionRecord {
  init(_ record: AVDOVIDecoderConfigurationRecord) {
    majorVersion = Int(record.dv_version_major)
    minorVersion = Int(record.dv_version_minor)
    profile = Int(record.dv_profile)
    level = Int(record.dv_level)
    hasRPU = record.rpu_present_flag != 0
    hasEnhancementLayer = record.el_present_flag != 0
    hasBaseLayer = record.bl_present_flag != 0
    baseLayerCompatibility = Int(record.dv_bl_signal_compatibility_id)
  }
}
