import CLibav
public import Timing

/// One decoded frame or run of samples.
///
/// Not `Sendable`: it owns one `AVFrame`; its buffers are reference-counted, so ``share()`` is cheap.
public struct Frame: ~Copyable {
  let pointer: UnsafeMutablePointer<AVFrame>

  public init() throws(LibavError) { pointer = try allocated(av_frame_alloc(), "a frame") }

  init(owning pointer: UnsafeMutablePointer<AVFrame>) { self.pointer = pointer }

  /// An uninitialised frame that can be written.
  /// - Parameters: width and height in pixels, above 0.
  public init(width: Int, height: Int, format: PixelFormat, color: ColorTags = ColorTags()) throws(LibavError) {
    let frame = try allocated(av_frame_alloc(), "a frame")
    var owned: UnsafeMutablePointer<AVFrame>? = frame
    frame.pointee.width = Int32(width)
    frame.pointee.height = Int32(height)
    frame.pointee.format = format.value.rawValue
    let status = av_frame_get_buffer(frame, 0)
    guard status >= 0 else {
      av_frame_free(&owned)
      throw LibavError(status: status, doing: "allocating a \(width)×\(height) \(format) frame")
    }
    pointer = frame
    self.color = color
    pointer.pointee.sample_aspect_ratio = AVRational(num: 1, den: 1)
  }

  /// Uninitialised audio that can be written: `sampleCount` samples for each of the channels.
  public init(audio format: AudioFormat, sampleCount: Int) throws(LibavError) {
    let frame = try allocated(av_frame_alloc(), "a frame")
    var owned: UnsafeMutablePointer<AVFrame>? = frame
    frame.pointee.nb_samples = Int32(sampleCount)
    frame.pointee.format = format.sampleFormat.value.rawValue
    frame.pointee.sample_rate = Int32(format.sampleRate)
    format.layout.copy(to: &frame.pointee.ch_layout)
    let status = av_frame_get_buffer(frame, 0)
    guard status >= 0 else {
      av_frame_free(&owned)
      throw LibavError(status: status, doing: "allocating \(sampleCount) samples")
    }
    pointer = frame
  }

  deinit {
    var pointer: UnsafeMutablePointer<AVFrame>? = pointer
    av_frame_free(&pointer)
  }

  /// A second owner of the same frame.
  public func share() throws(LibavError) -> Frame {
    Frame(owning: try allocated(av_frame_clone(pointer), "a frame"))
  }

  /// Releases the buffers; the frame can be refilled.
  public func clear() { av_frame_unref(pointer) }

  public var isEmpty: Bool { pointer.pointee.buf.0 == nil }

  /// Copies the buffers if they are shared, so that writing changes only this frame.
  public func makeWritable() throws(LibavError) {
    try check(av_frame_make_writable(pointer), "making a frame writable")
  }

  /// Presentation time in ticks of the stream's time base: libav's best-effort timestamp for decoded frames.
  public var pts: Int64? {
    get { timestamp(pointer.pointee.pts) ?? timestamp(pointer.pointee.best_effort_timestamp) }
    nonmutating set { pointer.pointee.pts = newValue ?? lt_nopts }
  }
  /// Ticks; 0 when unknown.
  public var duration: Int64 { lt_frame_duration(pointer) }

  public var isKey: Bool { lt_frame_is_key(pointer) != 0 }
  public var isInterlaced: Bool { lt_frame_is_interlaced(pointer) != 0 }
  /// The decoder marked the frame as damaged.
  public var isCorrupt: Bool { pointer.pointee.flags & AV_FRAME_FLAG_CORRUPT != 0 }
  /// Whether the frame carries mastering display or content light level metadata.
  public var hasLightLevels: Bool {
    av_frame_get_side_data(pointer, AV_FRAME_DATA_CONTENT_LIGHT_LEVEL) != nil
      || av_frame_get_side_data(pointer, AV_FRAME_DATA_MASTERING_DISPLAY_METADATA) != nil
  }
  /// Asks an encoder that was opened for fixed quality for this quantiser, 1 (best) to 31, as `-q:v` does.
  public func requestQuantiser(_ quantiser: Int) { pointer.pointee.quality = Int32(quantiser) * FF_QP2LAMBDA }

  /// Makes an encoder choose the frame type itself, or forces an intra frame that is a keyframe.
  public func requestKey(_ key: Bool) {
    pointer.pointee.pict_type = key ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE
    lt_frame_set_key(pointer, key ? 1 : 0)
  }
}

/// Video.
extension Frame {
  /// Pixels, after cropping.
  public var width: Int { Int(pointer.pointee.width) }
  public var height: Int { Int(pointer.pointee.height) }
  public var pixelFormat: PixelFormat { PixelFormat(raw: pointer.pointee.format) }
  public var sampleAspectRatio: Rational {
    get { Rational(pointer.pointee.sample_aspect_ratio) }
    nonmutating set { pointer.pointee.sample_aspect_ratio = newValue.av }
  }

  public var color: ColorTags {
    get {
      let frame = pointer.pointee
      return ColorTags(
        range: frame.color_range, matrix: frame.colorspace, transfer: frame.color_trc,
        primaries: frame.color_primaries, location: frame.chroma_location)
    }
    nonmutating set {
      pointer.pointee.color_range = newValue.rangeValue
      pointer.pointee.colorspace = newValue.matrixValue
      pointer.pointee.color_trc = newValue.transferValue
      pointer.pointee.color_primaries = newValue.primariesValue
      pointer.pointee.chroma_location = newValue.chromaLocationValue
    }
  }

  /// Changes the format of the same bytes to one with the same layout (`yuvj420p` → `yuv420p`).
  func relabel(_ format: PixelFormat) { pointer.pointee.format = format.value.rawValue }

  /// The size in samples of one plane: luma or chroma.
  public func planeSize(_ plane: Int) -> (width: Int, height: Int) {
    guard plane == 1 || plane == 2, !pixelFormat.isRGB else { return (width, height) }
    let (x, y) = (pixelFormat.chromaShiftX, pixelFormat.chromaShiftY)
    return ((width + (1 << x) - 1) >> x, (height + (1 << y) - 1) >> y)
  }

  /// Calls `body` with the bytes of a plane (all rows, `stride` bytes apart), valid during the call.
  public func withPlane<R>(_ plane: Int, _ body: (_ bytes: Span<UInt8>, _ stride: Int) throws -> R) rethrows -> R {
    let (buffer, stride) = planeBuffer(plane)
    return try body(UnsafeBufferPointer(buffer).span, stride)
  }

  /// The same for formats of more than 8 bits, in native 16-bit samples; `stride` counts samples.
  public func withPlane16<R>(_ plane: Int, _ body: (_ samples: Span<UInt16>, _ stride: Int) throws -> R) rethrows -> R {
    let (buffer, stride) = planeBuffer(plane)
    return try buffer.withMemoryRebound(to: UInt16.self) {
      try body(UnsafeBufferPointer($0).span, stride / 2)
    }
  }

  /// Calls `body` with the bytes of a plane for writing; see ``makeWritable()``.
  public func withMutablePlane<R>(
    _ plane: Int, _ body: (_ bytes: inout MutableSpan<UInt8>, _ stride: Int) throws -> R
  ) rethrows -> R {
    let (buffer, stride) = planeBuffer(plane)
    var span = buffer.mutableSpan
    return try body(&span, stride)
  }

  /// The same for formats of more than 8 bits, in native 16-bit samples; `stride` counts samples.
  public func withMutablePlane16<R>(
    _ plane: Int, _ body: (_ samples: inout MutableSpan<UInt16>, _ stride: Int) throws -> R
  ) rethrows -> R {
    let (buffer, stride) = planeBuffer(plane)
    return try buffer.withMemoryRebound(to: UInt16.self) { samples in
      var span = samples.mutableSpan
      return try body(&span, stride / 2)
    }
  }

  private func planeBuffer(_ plane: Int) -> (UnsafeMutableBufferPointer<UInt8>, stride: Int) {
    let data = withUnsafePointer(to: &pointer.pointee.data) {
      $0.withMemoryRebound(to: UnsafeMutablePointer<UInt8>?.self, capacity: 8) { $0[plane] }
    }
    let stride = withUnsafePointer(to: &pointer.pointee.linesize) {
      $0.withMemoryRebound(to: Int32.self, capacity: 8) { Int($0[plane]) }
    }
    guard let data, stride > 0 else { return (UnsafeMutableBufferPointer(start: nil, count: 0), 0) }
    let rowBytes = Int(av_image_get_linesize(pixelFormat.value, Int32(width), Int32(plane)))
    let rows = planeSize(plane).height
    let count = rows == 0 ? 0 : stride * (rows - 1) + max(rowBytes, 0)
    return (UnsafeMutableBufferPointer(start: data, count: count), stride)
  }
}

/// Audio.
extension Frame {
  /// Samples of each channel.
  public var sampleCount: Int { Int(pointer.pointee.nb_samples) }
  /// Samples per second; setting it changes the speed of the same samples.
  public var sampleRate: Int {
    get { Int(pointer.pointee.sample_rate) }
    nonmutating set { pointer.pointee.sample_rate = Int32(newValue) }
  }
  public var channelCount: Int { Int(pointer.pointee.ch_layout.nb_channels) }
  public var audioFormat: AudioFormat {
    AudioFormat(
      sampleRate: sampleRate, layout: ChannelLayout(copying: pointer.pointee.ch_layout),
      sampleFormat: SampleFormat(raw: pointer.pointee.format))
  }

  /// Calls `body` with one channel's samples; planar 32-bit float frames only, empty otherwise.
  public func withSamples<R>(_ channel: Int, _ body: (Span<Float>) throws -> R) rethrows -> R {
    let samples = channelBuffer(channel)
    return try body(UnsafeBufferPointer(samples).span)
  }

  /// The same for writing.
  public func withMutableSamples<R>(_ channel: Int, _ body: (inout MutableSpan<Float>) throws -> R) rethrows -> R {
    var span = channelBuffer(channel).mutableSpan
    return try body(&span)
  }

  private func channelBuffer(_ channel: Int) -> UnsafeMutableBufferPointer<Float> {
    guard pointer.pointee.format == AV_SAMPLE_FMT_FLTP.rawValue, channel < channelCount,
      let data = pointer.pointee.extended_data?[channel]
    else { return UnsafeMutableBufferPointer(start: nil, count: 0) }
    return data.withMemoryRebound(to: Float.self, capacity: sampleCount) {
      UnsafeMutableBufferPointer(start: $0, count: sampleCount)
    }
  }
}

extension Frame {
  /// Changes a deprecated `yuvj…` format to the plain one; the colour tags must carry the range.
  public func relabelWithoutImpliedRange() { relabel(pixelFormat.withoutImpliedRange) }
}
