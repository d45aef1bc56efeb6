/// New ids for a stream's parameter sets and for the frames that refer to them.
///
/// The only id in a slice is that of its PPS, an Exp-Golomb code near the start of the slice header. The new id is chosen so
/// that its code has the same length, or differs by whole bytes: 0 by 15–30, 1–2 by 31–62, and so on. Every bit after it then
/// keeps its place in its byte, so neither the rest of the header nor the coded data has to be parsed or shifted: it stays as
/// it is, CABAC or CAVLC, whatever extensions the header has. HEVC's entry points count bytes of the coded data, which begins
/// after a non-zero byte, so they stay right too.
public struct ParameterSetRenumbering: Sendable, Hashable {
  /// New PPS ids by old ones.
  public let ppsIDs: [Int: Int]
  /// New SPS ids by old ones.
  public let spsIDs: [Int: Int]
  /// New VPS ids by old ones.
  public let vpsIDs: [Int: Int]

  public init(ppsIDs: [Int: Int], spsIDs: [Int: Int], vpsIDs: [Int: Int]) {
    self.ppsIDs = ppsIDs
    self.spsIDs = spsIDs
    self.vpsIDs = vpsIDs
  }

  /// Whether every id stays the same.
  public var isIdentity: Bool { [ppsIDs, spsIDs, vpsIDs].allSatisfy { $0.allSatisfy { $0.key == $0.value } } }

  /// The highest id: H.264 7.4.2, H.265 7.4.3.
  public static func maximumID(_ kind: ParameterSet.Kind, isHEVC: Bool) -> Int {
    switch kind {
    case .vps: 15
    case .sps: isHEVC ? 15 : 31
    case .pps: isHEVC ? 63 : 255
    }
  }

  /// Whether an id can replace another with nothing after it moved within its byte.
  public static func keepsAlignment(_ old: Int, _ new: Int) -> Bool {
    (BitWriter.expGolombLength(new) - BitWriter.expGolombLength(old)).isMultiple(of: 8)
  }

  /// The effect of the renumbering on a NAL unit.
  public enum Outcome: Equatable, Sendable {
    case unchanged
    /// Empty when nothing of the unit is left.
    case changed([UInt8])
    /// It refers to parameter sets in a way that is not supported here.
    case refused
  }

  /// Bytes of a slice that are parsed: more than its first codes can take.
  private static let parsedBytes = 32

  /// - Parameter unit: a NAL unit with its header, without start code or length.
  public func apply(to unit: ArraySlice<UInt8>, isHEVC: Bool) -> Outcome {
    guard let header = unit.first else { return .unchanged }
    let type = NALUnit.type(header, isHEVC: isHEVC)
    if NALUnit.isSEI(type, isHEVC: isHEVC) {
      return renumberedSEI(unit, isHEVC: isHEVC).map { .changed($0) } ?? .unchanged
    }
    guard let isSlice = isHEVC ? Self.isHEVCSlice(unit, type) : Self.isH264Slice(type) else { return .refused }
    guard isSlice else { return .unchanged }
    let (head, rest) = EmulationPrevention.removed(fromFirst: Self.parsedBytes, of: unit)
    var reader = BitReader(head, at: 8 * NALUnit.headerSize(isHEVC: isHEVC))
    if isHEVC {
      // first_slice_segment_in_pic_flag; no_output_of_prior_pics_flag of random access frames.
      guard reader.skip((16...23).contains(type) ? 2 : 1) else { return .refused }
    } else {
      // first_mb_in_slice, slice_type.
      guard reader.expGolomb() != nil, reader.expGolomb() != nil else { return .refused }
    }
    let start = reader.position
    guard let old = reader.expGolomb(), let new = ppsIDs[old], Self.keepsAlignment(old, new) else {
      return .refused
    }
    guard new != old else { return .unchanged }
    var writer = BitWriter()
    writer.append(head, from: 0, to: start)
    writer.append(expGolomb: new)
    writer.append(head, from: reader.position, to: head.count * 8)
    return .changed(EmulationPrevention.added(to: writer.bytes) + rest)
  }

  /// Nil for units of other layers. 1 to 5 and 19 have a slice header except the data partitions B and C; 14, 20 and 21
  /// belong to scalable and multiview streams, 13 and 15 are their parameter sets.
  private static func isH264Slice(_ type: Int) -> Bool? {
    switch type {
    case 1, 2, 5, 19: true
    case 13, 14, 15, 20, 21: nil
    default: false
    }
  }

  /// Nil for slices of other layers.
  private static func isHEVCSlice(_ unit: ArraySlice<UInt8>, _ type: Int) -> Bool? {
    guard type < 32 else { return false }
    guard unit.count > 2, unit[unit.startIndex] & 1 == 0, unit[unit.startIndex + 1] >> 3 == 0 else { return nil }
    return true
  }

  /// An SEI unit under the new ids; messages that refer to no set stay as they are.
  ///
  /// HEVC's list of active parameter sets is left out, since decoders find them by themselves, as is a buffering period whose
  /// SPS id cannot be changed in place.
  /// - Returns: nil when nothing changes, or the unit is broken; empty when nothing is left.
  private func renumberedSEI(_ unit: ArraySlice<UInt8>, isHEVC: Bool) -> [UInt8]? {
    guard let messages = SEIMessages.all(of: unit, isHEVC: isHEVC) else { return nil }
    let renumbered = messages.compactMap { message -> SEIMessage? in
      switch message.type {
      case SEIMessage.PayloadType.activeParameterSets where isHEVC: nil
      case SEIMessage.PayloadType.bufferingPeriod: renumberedPeriod(message)
      default: message
      }
    }
    guard renumbered != messages else { return nil }
    guard !renumbered.isEmpty else { return [] }
    let header = unit.prefix(NALUnit.headerSize(isHEVC: isHEVC))
    return EmulationPrevention.added(to: header + renumbered.flatMap(\.bytes) + [SEIMessages.trailingBits])
  }

  /// A buffering period begins with the id of its SPS: unchanged when that cannot be read, nil when it has to go.
  private func renumberedPeriod(_ message: SEIMessage) -> SEIMessage? {
    var reader = BitReader(message.payload)
    guard let old = reader.expGolomb() else { return message }
    guard let new = spsIDs[old], Self.keepsAlignment(old, new) else { return nil }
    var writer = BitWriter()
    writer.append(expGolomb: new)
    writer.append(message.payload, from: reader.position, to: message.payload.count * 8)
    return SEIMessage(type: message.type, payload: writer.bytes)
  }
}
