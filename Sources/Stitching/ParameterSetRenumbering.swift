/// Other ids for a stream's parameter sets, and the frames that call them.
///
/// The only id that a frame calls is that of its PPS, an Exp-Golomb code close to the beginning of each slice header. A new
/// id is chosen so that its code is as long as the old one's, or longer or shorter by whole bytes: 0 by 15–30, 1–2 by 31–62,
/// and so on. Then every bit behind it keeps its place in its byte, so that neither the rest of the header nor the coded
/// frame has to be understood or shifted: it stays as it is, CABAC or CAVLC, whatever extensions the header has. HEVC's entry
/// points count bytes of the coded frame, which begins after a byte that is not zero, so that they stay right too.
struct ParameterSetRenumbering: Sendable, Hashable {
  /// New PPS ids by old ones.
  let frameIDs: [Int: Int]
  /// New SPS ids by old ones.
  let sequenceIDs: [Int: Int]
  /// New VPS ids by old ones.
  let videoIDs: [Int: Int]

  /// Whether every id stays what it is.
  var isIdentity: Bool { [frameIDs, sequenceIDs, videoIDs].allSatisfy { $0.allSatisfy { $0.key == $0.value } } }

  /// Ids end here: H.264 7.4.2, H.265 7.4.3.
  static func maximumID(_ kind: ParameterSet.Kind, isHEVC: Bool) -> Int {
    switch kind {
    case .video: 15
    case .sequence: isHEVC ? 15 : 31
    case .frame: isHEVC ? 63 : 255
    }
  }

  /// Whether a PPS id can take another's place with nothing behind it moved within its byte.
  static func keepsAlignment(_ old: Int, _ new: Int) -> Bool {
    (BitWriter.expGolombLength(new) - BitWriter.expGolombLength(old)).isMultiple(of: 8)
  }

  /// What a NAL unit is to the renumbering.
  enum Outcome: Equatable {
    case unchanged
    /// Empty when nothing of it is left.
    case changed([UInt8])
    /// It calls parameter sets in a way that is not followed here.
    case refused
  }

  /// Bytes of a slice that are looked at: more than its first codes can take.
  private static let reach = 32

  /// - Parameter unit: a NAL unit with its header, without start code or length.
  func apply(to unit: ArraySlice<UInt8>, isHEVC: Bool) -> Outcome {
    guard let header = unit.first else { return .unchanged }
    let type = isHEVC ? Int(header >> 1 & 0x3F) : Int(header & 0x1F)
    if SupplementalInformation.isHeld(byType: type, isHEVC: isHEVC) {
      let changed = SupplementalInformation.renumbered(unit, sequenceIDs: sequenceIDs, isHEVC: isHEVC)
      return changed.map { .changed($0) } ?? .unchanged
    }
    guard let isSlice = isHEVC ? Self.isHEVCSlice(unit, type) : Self.isH264Slice(type) else { return .refused }
    guard isSlice else { return .unchanged }
    let (head, rest) = Self.cut(unit)
    var reader = BitReader(head, at: isHEVC ? 16 : 8)
    if isHEVC {
      // first_slice_segment_in_pic_flag; no_output_of_prior_pics_flag of random access frames.
      guard reader.skip((16...23).contains(type) ? 2 : 1) else { return .refused }
    } else {
      guard reader.expGolomb() != nil, reader.expGolomb() != nil else { return .refused }
    }
    let start = reader.position
    guard let old = reader.expGolomb(), let new = frameIDs[old], Self.keepsAlignment(old, new) else {
      return .refused
    }
    guard new != old else { return .unchanged }
    var writer = BitWriter()
    writer.append(head, from: 0, to: start)
    writer.append(expGolomb: new)
    writer.append(head, from: reader.position, to: head.count * 8)
    return .changed(EmulationPrevention.added(to: writer.bytes) + rest)
  }

  /// The beginning without emulation prevention, and the rest as it stands. The cut comes after a byte that is not zero, so
  /// that what is escaped behind it does not depend on what stands before.
  private static func cut(_ unit: ArraySlice<UInt8>) -> (head: [UInt8], rest: ArraySlice<UInt8>) {
    var head: [UInt8] = []
    var zeros = 0
    for (offset, byte) in unit.enumerated() {
      if zeros >= 2, byte == 3 {
        zeros = 0
        continue
      }
      zeros = byte == 0 ? zeros + 1 : 0
      head.append(byte)
      if head.count >= reach, byte != 0 { return (head, unit.dropFirst(offset + 1)) }
    }
    return (head, unit[unit.endIndex...])
  }

  /// Nil for units of other layers. 1 to 5 and 19 have a slice header but for the data partitions B and C; 14, 20 and 21
  /// belong to scalable and multiview streams, 13 and 15 are sets of theirs.
  private static func isH264Slice(_ type: Int) -> Bool? {
    switch type {
    case 1, 2, 5, 19: true
    case 13, 14, 15, 20, 21: nil
    default: false
    }
  }

  /// Nil for frames of other layers.
  private static func isHEVCSlice(_ unit: ArraySlice<UInt8>, _ type: Int) -> Bool? {
    guard type < 32 else { return false }
    guard unit.count > 2, unit[unit.startIndex] & 1 == 0, unit[unit.startIndex + 1] >> 3 == 0 else { return nil }
    return true
  }
}
