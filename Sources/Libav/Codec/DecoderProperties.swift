import CLibav
public import Timing

/// The properties of a stream that its decoder reports as soon as it is opened, before any packet.
public struct DecoderProperties: Sendable, Hashable {
  /// Pixels before cropping; 0 when only the packets carry them.
  public let codedWidth: Int
  public let codedHeight: Int
  public let hasClosedCaptions: Bool
  public let hasFilmGrain: Bool
  /// Frames that one frame may refer to, as far as known before any packet.
  public let referenceFrames: Int
  /// Bits per second; nil when not known.
  public let maximumBitRate: Int64?
  public let bitsPerRawSample: Int?
  /// The decoder's exported private options: `is_avc`, `nal_length_size`, …
  public let exported: [String: String]
}

extension DecoderProperties {
  /// Opens the stream's decoder, single-threaded. Nil when libav has none, or it rejects the header.
  public init?(_ parameters: borrowing CodecParameters, timeBase: TimeBase) {
    guard let decoder = try? Decoder(parameters, timeBase: timeBase, threading: .slices(1)) else { return nil }
    let context = decoder.pointer
    let c = context.pointee
    codedWidth = Int(c.coded_width)
    codedHeight = Int(c.coded_height)
    hasClosedCaptions = lt_has_closed_captions(context) != 0
    hasFilmGrain = lt_has_film_grain(context) != 0
    referenceFrames = Int(c.refs)
    maximumBitRate = c.rc_max_rate > 0 ? c.rc_max_rate : nil
    bitsPerRawSample = c.bits_per_raw_sample > 0 ? Int(c.bits_per_raw_sample) : nil
    exported = c.codec.pointee.priv_class == nil ? [:] : Self.exportedOptions(of: c.priv_data)
  }

  private static func exportedOptions(of object: UnsafeMutableRawPointer?) -> [String: String] {
    guard let object else { return [:] }
    var result: [String: String] = [:]
    var option: UnsafePointer<AVOption>?
    while let next = av_opt_next(object, option) {
      option = next
      guard next.pointee.flags & AV_OPT_FLAG_EXPORT != 0 else { continue }
      var text: UnsafeMutablePointer<UInt8>?
      if av_opt_get(object, next.pointee.name, 0, &text) >= 0, let text {
        result[String(cString: next.pointee.name)] = String(cString: text)
      }
      av_free(text)
    }
    return result
  }
}
