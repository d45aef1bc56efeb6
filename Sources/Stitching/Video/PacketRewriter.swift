import Bitstream
import Libav

/// Brings packets of one stream into the master's form: NAL units with lengths of four bytes, parameter sets taken out or put
/// before keyframes, PPS ids changed. Coded frames stay as they are.
struct PacketRewriter: Sendable {
  private let sets: ParameterSets
  private let renumbering: ParameterSetRenumbering?
  /// Sets before every keyframe.
  private let prefix: [UInt8]
  /// Bytes of the length before each NAL unit of the incoming packets; 0 for start codes.
  private let lengthSize: Int
  /// The stream's file, for errors.
  private let path: String

  init(
    _ sets: ParameterSets, renumbering: ParameterSetRenumbering? = nil, repeatingSets: Bool = false, lengthSize: Int,
    path: String
  ) {
    self.sets = sets
    self.renumbering = renumbering
    self.lengthSize = lengthSize
    self.path = path
    prefix = repeatingSets ? sets.asPacketBytes : []
  }

  /// - Throws: ``StitchError`` `unusableShot` when a packet holds other parameter sets than the stream's header, or no frame.
  func rewrite(_ packet: borrowing Packet) throws {
    let isKey = packet.isKey
    let changed = try packet.withBytes { try rewritten($0, isKey: isKey) }
    if let changed { try packet.replaceBytes(changed) }
  }

  /// Nil when the packet is right as it is.
  private func rewritten(_ bytes: Span<UInt8>, isKey: Bool) throws -> [UInt8]? {
    var ranges: [Range<Int>] = []
    NALUnit.forEach(in: bytes, lengthSize: lengthSize) { range in
      if !range.isEmpty { ranges.append(range) }
      return true
    }
    guard !ranges.isEmpty else {
      throw StitchError(.unusableShot, "a packet of its video holds no frame", file: path)
    }
    let mayStay =
      lengthSize == NALUnit.writtenLengthSize && renumbering == nil && (prefix.isEmpty || !isKey)
      && !ranges.contains { isTakenOut(bytes[$0.lowerBound]) }
    if mayStay { return nil }
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count + prefix.count + 16 * ranges.count)
    if isKey { result += prefix }
    for range in ranges {
      if isTakenOut(bytes[range.lowerBound]) {
        try requireKnown(copy(bytes, range))
        continue
      }
      try append(copy(bytes, range), to: &result)
    }
    return result
  }

  private func append(_ unit: [UInt8], to result: inout [UInt8]) throws {
    var unit = unit
    switch renumbering?.apply(to: unit[...], isHEVC: sets.isHEVC) ?? .unchanged {
    case .unchanged: break
    case .changed(let bytes) where bytes.isEmpty: return
    case .changed(let bytes): unit = bytes
    case .refused:
      throw StitchError(
        .unusableShot,
        "its frames call parameter sets that its header does not hold, so it cannot be copied beside the other shots; use --mode encode",
        file: path)
    }
    result += NALUnit.lengthPrefix(unit.count)
    result += unit
  }

  /// Parameter sets; with sets before the frames, also delimiters, which would have to come first.
  private func isTakenOut(_ header: UInt8) -> Bool {
    let type = NALUnit.type(header, isHEVC: sets.isHEVC)
    guard sets.isHEVC else {
      return type == NALUnit.H264.sps || type == NALUnit.H264.pps
        || type == NALUnit.H264.accessUnitDelimiter && !prefix.isEmpty
    }
    return (NALUnit.HEVC.vps...NALUnit.HEVC.pps).contains(type)
      || type == NALUnit.HEVC.accessUnitDelimiter && !prefix.isEmpty
  }

  private func requireKnown(_ bytes: [UInt8]) throws {
    guard let unit = ParameterSet(bytes, isHEVC: sets.isHEVC) else { return }
    guard sets.units.contains(unit) else {
      throw StitchError(
        .unusableShot,
        "its parameter sets change on the way, so it cannot be copied beside other shots; use --mode encode", file: path
      )
    }
  }

  private func copy(_ bytes: Span<UInt8>, _ range: Range<Int>) -> [UInt8] {
    bytes.withUnsafeBufferPointer { Array($0[range]) }
  }
}
