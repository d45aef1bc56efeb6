import CLibav

/// Changes rate, layout or storage of audio with libswresample.
///
/// Not `Sendable`: it owns one `SwrContext`. The source's format may change from frame to frame; what is held back is put out
/// first.
public struct Resampler: ~Copyable {
  private final class Context {
    var pointer: OpaquePointer?
    deinit { swr_free(&pointer) }
  }

  private let context = Context()
  private var source: AudioFormat?
  private let target: AudioFormat

  public init(to target: AudioFormat) { self.target = target }

  /// The frame's samples in the target format; the number of samples follows from the rates and may be 0.
  public mutating func convert(_ frame: borrowing Frame) throws(LibavError) -> Frame {
    let format = frame.audioFormat
    if format != source { try open(from: format) }
    let expected = Int(swr_get_out_samples(context.pointer, Int32(frame.sampleCount)))
    let output = try Frame(audio: target, sampleCount: max(expected, 1))
    let written = try check(
      swr_convert(
        context.pointer, output.pointer.pointee.extended_data, Int32(max(expected, 1)),
        constPlanes(frame.pointer.pointee.extended_data), Int32(frame.sampleCount)), "resampling")
    output.pointer.pointee.nb_samples = written
    return output
  }

  /// Samples, at the target's rate, that have gone in and not yet come out.
  public var heldBack: Int {
    source == nil ? 0 : Int(swr_get_delay(context.pointer, Int64(target.sampleRate)))
  }

  /// What the resampler still holds back; nil when nothing.
  public mutating func flush() throws(LibavError) -> Frame? {
    guard source != nil else { return nil }
    let expected = Int(swr_get_out_samples(context.pointer, 0))
    guard expected > 0 else { return nil }
    let output = try Frame(audio: target, sampleCount: expected)
    let written = try check(
      swr_convert(context.pointer, output.pointer.pointee.extended_data, Int32(expected), nil, 0), "resampling")
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
    try check(
      swr_alloc_set_opts2(
        &context.pointer, &output, target.sampleFormat.value, Int32(target.sampleRate), &input,
        format.sampleFormat.value, Int32(format.sampleRate), 0, nil), "setting up a resampler")
    try check(swr_init(context.pointer), "opening a resampler")
    source = format
  }

  private func constPlanes(
    _ planes: UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?
  ) -> UnsafeMutablePointer<UnsafePointer<UInt8>?>? {
    planes.map { UnsafeMutableRawPointer($0).assumingMemoryBound(to: UnsafePointer<UInt8>?.self) }
  }
}
