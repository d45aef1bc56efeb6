import CLibav

/// Changes rate, layout or storage of audio with libswresample.
///
/// Not `Sendable`: it owns one `SwrContext`. The source's format may change from frame to frame; samples held back of the old
/// format come out first.
public struct Resampler: ~Copyable {
  private final class Context {
    var pointer: OpaquePointer?
    deinit { swr_free(&pointer) }
  }

  private let context = Context()
  private let log = MessageLog()
  private var source: AudioFormat?
  private let target: AudioFormat

  public init(to target: AudioFormat) { self.target = target }

  /// The frame's samples in the target format; the number of samples follows from the rates and may be 0.
  public mutating func convert(_ frame: borrowing Frame) throws(LibavError) -> Frame {
    let format = frame.audioFormat
    guard format != source else { return try resampled(frame) }
    let rest = try flush()
    let isEqual = format == target
    if !isEqual { try open(from: format) }
    let converted = isEqual ? try frame.share() : try resampled(frame)
    guard let rest else { return converted }
    return try joined(rest, converted)
  }

  private func resampled(_ frame: borrowing Frame) throws(LibavError) -> Frame {
    let expected = Int(swr_get_out_samples(context.pointer, Int32(frame.sampleCount)))
    let output = try Frame(audio: target, sampleCount: max(expected, 1))
    let written = try check(
      swr_convert(
        context.pointer, output.pointer.pointee.extended_data, Int32(max(expected, 1)),
        constPlanes(frame.pointer.pointee.extended_data), Int32(frame.sampleCount)), "resampling", log: log)
    output.pointer.pointee.nb_samples = written
    return output
  }

  /// The samples of two frames in the target format, one after the other.
  private func joined(_ first: borrowing Frame, _ second: borrowing Frame) throws(LibavError) -> Frame {
    let (head, tail) = (first.sampleCount, second.sampleCount)
    let output = try Frame(audio: target, sampleCount: head + tail)
    try copy(first, to: output, at: 0)
    try copy(second, to: output, at: head)
    return output
  }

  private func copy(_ source: borrowing Frame, to output: borrowing Frame, at offset: Int) throws(LibavError) {
    try check(
      av_samples_copy(
        output.pointer.pointee.extended_data, source.pointer.pointee.extended_data, Int32(offset), 0,
        Int32(source.sampleCount), Int32(target.layout.channelCount), target.sampleFormat.value), "copying samples")
  }

  /// Samples, at the target's rate, that have gone in and not yet come out.
  public var heldBack: Int {
    source == nil ? 0 : Int(swr_get_delay(context.pointer, Int64(target.sampleRate)))
  }

  /// The samples still held back; nil when there are none. After it, ``convert(_:)`` starts over with any format.
  public mutating func flush() throws(LibavError) -> Frame? {
    guard source != nil else { return nil }
    let expected = Int(swr_get_out_samples(context.pointer, 0))
    defer { source = nil }
    guard expected > 0 else { return nil }
    let output = try Frame(audio: target, sampleCount: expected)
    let written = try check(
      swr_convert(context.pointer, output.pointer.pointee.extended_data, Int32(expected), nil, 0), "resampling",
      log: log)
    guard written > 0 else { return nil }
    output.pointer.pointee.nb_samples = written
    return output
  }

  private mutating func open(from format: AudioFormat) throws(LibavError) {
    var input = AVChannelLayout()
    var output = AVChannelLayout()
    format.layout.copy(to: &input)
    target.layout.copy(to: &output)
    swr_free(&context.pointer)
    try log.collecting { () throws(LibavError) in
      try check(
        swr_alloc_set_opts2(
          &context.pointer, &output, target.sampleFormat.value, Int32(target.sampleRate), &input,
          format.sampleFormat.value, Int32(format.sampleRate), 0, nil), "setting up a resampler", log: log)
      _ = try check(swr_init(context.pointer), "opening a resampler", log: log)
    }
    source = format
  }

  private func constPlanes(
    _ planes: UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?
  ) -> UnsafeMutablePointer<UnsafePointer<UInt8>?>? {
    planes.map { UnsafeMutableRawPointer($0).assumingMemoryBound(to: UnsafePointer<UInt8>?.self) }
  }
}
