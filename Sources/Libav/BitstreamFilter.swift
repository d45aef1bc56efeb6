import CLibav
public import Timing

/// Rewrites packets without decoding them, by libav's chain of filters such as `h264_mp4toannexb,filter_units=…`.
///
/// Not `Sendable`: it owns one `AVBSFContext`.
public struct BitstreamFilter: ~Copyable {
  private let pointer: UnsafeMutablePointer<AVBSFContext>

  public init(_ chain: String, parameters: borrowing CodecParameters, timeBase: TimeBase) throws(LibavError) {
    var context: UnsafeMutablePointer<AVBSFContext>?
    try check(av_bsf_list_parse_str(chain, &context), "setting up the bitstream filter \(chain)")
    let filter = try allocated(context, "a bitstream filter")
    do throws(LibavError) {
      try check(avcodec_parameters_copy(filter.pointee.par_in, parameters.pointer), "copying codec parameters")
      filter.pointee.time_base_in = timeBase.rational.av
      try check(av_bsf_init(filter), "opening the bitstream filter \(chain)")
    } catch {
      av_bsf_free(&context)
      throw error
    }
    pointer = filter
  }

  deinit {
    var pointer: UnsafeMutablePointer<AVBSFContext>? = pointer
    av_bsf_free(&pointer)
  }

  /// The stream's parameters as they are after the filter.
  public func outputParameters() throws(LibavError) -> CodecParameters {
    try CodecParameters(copying: pointer.pointee.par_out)
  }

  /// Sends a packet, which is empty afterwards; receive until none is left before the next.
  public func send(_ packet: borrowing Packet) throws(LibavError) {
    try check(av_bsf_send_packet(pointer, packet.pointer), "filtering a packet")
  }

  public func sendEnd() throws(LibavError) { try check(av_bsf_send_packet(pointer, nil), "ending a bitstream filter") }

  /// - Returns: false when more packets are needed, or all is out.
  public func receive(into packet: borrowing Packet) throws(LibavError) -> Bool {
    let status = av_bsf_receive_packet(pointer, packet.pointer)
    if status == lt_error_again || status == lt_error_eof { return false }
    try check(status, "filtering a packet")
    return true
  }
}
