import Bitstream
public import Libav

/// The role of a coded frame in its stream.
public enum FrameKind: String, Sendable, Hashable, Codable {
  /// Nothing after it, in decoding order, refers to anything before it.
  case idr
  /// HEVC clean random access: frames shown before it may refer to frames before it.
  case cra
  /// HEVC broken link access.
  case bla
  /// HEVC random access skipped leading: follows a CRA in decoding order, is shown before it, and may refer to frames before it.
  case rasl
  /// HEVC random access decodable leading: the same, but refers to nothing before the CRA or IDR.
  case radl
  /// H.264 recovery point with exact output from itself on; frames shown before it may refer to frames before it.
  case recovery
  case other
  case unknown
}

/// Finds the kind of H.264 and HEVC frames from their NAL unit headers (ITU-T H.264 table 7-1, H.265 table 7-1).
public struct FrameClassifier: Sendable {
  let isHEVC: Bool
  /// Bytes of the length before each NAL unit; 0 for start codes (Annex B).
  let lengthSize: Int

  public init(isHEVC: Bool, lengthSize: Int) {
    self.isHEVC = isHEVC
    self.lengthSize = lengthSize
  }

  /// Nil for other codecs.
  public init?(_ parameters: borrowing CodecParameters) {
    let name = parameters.codecName
    guard name == "h264" || name == "hevc" else { return nil }
    isHEVC = name == "hevc"
    lengthSize = DecoderConfigurationRecord.lengthSize(extradata: parameters.extradata, isHEVC: isHEVC)
  }

  public func kind(of bytes: Span<UInt8>) -> FrameKind { kind(ofHead: bytes, size: bytes.count) ?? .unknown }

  /// - Parameter size: bytes of the whole packet that `bytes` is the beginning of.
  /// - Returns: nil when the beginning is too short.
  public func kind(ofHead bytes: Span<UInt8>, size: Int) -> FrameKind? {
    let isWhole = bytes.count >= size
    guard isWhole || lengthSize > 0 else { return nil }
    var result = FrameKind.unknown
    var isRecoveryPoint = false
    NALUnit.forEach(in: bytes, of: size, lengthSize: lengthSize) { range in
      guard !range.isEmpty else { return true }
      guard range.lowerBound < bytes.count else { return false }
      let type = NALUnit.type(bytes[range.lowerBound], isHEVC: isHEVC)
      if !isHEVC, type == NALUnit.H264.sei {
        guard range.upperBound <= bytes.count else { return false }
        isRecoveryPoint = isRecoveryPoint || Self.isExactRecoveryPoint(bytes.extracting(range))
      }
      guard let found = kind(type) else { return true }
      result = found == .other && isRecoveryPoint ? .recovery : found
      return false
    }
    return result == .unknown && !isWhole ? nil : result
  }

  /// Whether an H.264 packet begins with a B slice, so that its frame may be shown before frames decoded earlier.
  func isBSlice(_ bytes: Span<UInt8>) -> Bool {
    guard !isHEVC else { return false }
    var result = false
    NALUnit.forEach(in: bytes, of: .max, lengthSize: lengthSize) { range in
      guard range.lowerBound < bytes.count else { return false }
      guard !range.isEmpty, kind(NALUnit.type(bytes[range.lowerBound], isHEVC: false)) == .other else { return true }
      let start = bytes.extracting(range.lowerBound..<min(range.upperBound, bytes.count, range.lowerBound + 16))
      let payload = EmulationPrevention.removed(from: start.withUnsafeBufferPointer { Array($0) })
      var reader = BitReader(payload, at: 8)
      // first_mb_in_slice, slice_type.
      result = reader.expGolomb() != nil && reader.expGolomb().map { $0 % 5 == 1 } ?? false
      return false
    }
    return result
  }

  /// Whether an SEI unit holds a recovery point with exact output from its own frame on.
  private static func isExactRecoveryPoint(_ unit: Span<UInt8>) -> Bool {
    let bytes = unit.withUnsafeBufferPointer { Array($0) }
    let point = SEIMessages(unit: bytes, isHEVC: false).lazy.compactMap { RecoveryPoint($0) }.first
    return point.map { $0.frameCount == 0 && $0.isExact && !$0.isBrokenLink } ?? false
  }

  /// Nil for NAL units that are not a slice.
  private func kind(_ type: Int) -> FrameKind? {
    guard isHEVC else {
      switch type {
      case 5: return .idr
      case 1, 2: return .other
      default: return nil
      }
    }
    switch type {
    case 19, 20: return .idr
    case 21: return .cra
    case 16, 17, 18: return .bla
    case 8, 9: return .rasl
    case 6, 7: return .radl
    case 0...5: return .other
    default: return nil
    }
  }
}
