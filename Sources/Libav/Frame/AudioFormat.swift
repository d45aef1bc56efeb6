import CLibav

/// The storage format of samples, by libav's name: `fltp`, `s16`, …
public struct SampleFormat: Sendable, Hashable, CustomStringConvertible {
  let value: AVSampleFormat

  init(_ value: AVSampleFormat) { self.value = value }
  init(raw: Int32) { value = AVSampleFormat(rawValue: raw) }

  /// 32-bit float, a plane for each channel.
  public static let floatPlanar = SampleFormat(AV_SAMPLE_FMT_FLTP)
  /// 16-bit integer, channels interleaved.
  public static let int16 = SampleFormat(AV_SAMPLE_FMT_S16)
  /// 32-bit integer, channels interleaved.
  public static let int32 = SampleFormat(AV_SAMPLE_FMT_S32)

  public var name: String { string(av_get_sample_fmt_name(value)) ?? "unknown" }
  public var description: String { name }
}

/// The loudspeaker positions of the channels, by libav's description: `mono`, `stereo`, `5.1`, …
public struct ChannelLayout: Sendable, Hashable, CustomStringConvertible {
  /// libav's description of the layout.
  public let description: String
  public let channelCount: Int

  public static let mono = ChannelLayout(description: "mono", channelCount: 1)
  public static let stereo = ChannelLayout(description: "stereo", channelCount: 2)

  public static let surround50 = ChannelLayout(description: "5.0", channelCount: 5)
  public static let surround51 = ChannelLayout(description: "5.1", channelCount: 6)

  private init(description: String, channelCount: Int) {
    self.description = description
    self.channelCount = channelCount
  }

  /// An unspecified order of n channels is taken as libav's default layout of n channels.
  init(copying layout: AVChannelLayout) {
    var layout = layout
    channelCount = Int(layout.nb_channels)
    var standard = AVChannelLayout()
    if layout.order == AV_CHANNEL_ORDER_UNSPEC {
      av_channel_layout_default(&standard, layout.nb_channels)
      layout = standard
    }
    description = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { text in
      guard let start = text.baseAddress else { return "" }
      start.initialize(repeating: 0, count: text.count)
      av_channel_layout_describe(&layout, start, text.count)
      return String(cString: start)
    }
  }

  func copy(to layout: inout AVChannelLayout) {
    if av_channel_layout_from_string(&layout, description) < 0 {
      av_channel_layout_default(&layout, Int32(channelCount))
    }
  }
}

/// Rate, layout and storage of audio.
public struct AudioFormat: Sendable, Hashable {
  /// Samples per second of each channel.
  public var sampleRate: Int
  public var layout: ChannelLayout
  public var sampleFormat: SampleFormat

  public init(sampleRate: Int, layout: ChannelLayout, sampleFormat: SampleFormat = .floatPlanar) {
    self.sampleRate = sampleRate
    self.layout = layout
    self.sampleFormat = sampleFormat
  }
}
