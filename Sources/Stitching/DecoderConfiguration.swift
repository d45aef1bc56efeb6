/// The sample entry's record of parameter sets, `avcC` or `hvcC` (ISO/IEC 14496-15, 5.3.3.1 and 8.3.3.1), for packets whose
/// NAL units have lengths of four bytes.
enum DecoderConfiguration {
  /// - Parameter isComplete: no packet holds further sets, as `hvc1` promises.
  /// - Returns: nil when the sets are too many or too long for the record, or not as the standard has them.
  static func record(_ sets: ParameterSets, isComplete: Bool) -> [UInt8]? {
    sets.isHEVC ? hvcC(sets, isComplete: isComplete) : avcC(sets)
  }

  /// What an SPS says of the samples.
  private struct SampleFormat: Hashable {
    var chroma = 1
    /// Bits more than 8.
    var lumaDepth = 0
    var chromaDepth = 0
  }

  private static let longestUnit = 0xFFFF
  private static let lengthSizeMinusOne = UInt8(LengthPrefix.size - 1)
  /// H.264 profiles whose SPS and `avcC` tell the sample format: 7.3.2.1.1.
  private static let highProfiles: Set<UInt8> = [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135]
  /// Profiles of which `avcC` has no such field.
  private static let plainProfiles: Set<UInt8> = [66, 77, 88]

  private static func avcC(_ sets: ParameterSets) -> [UInt8]? {
    // A decoder for the greatest profile and level takes the others too.
    let sequences = sets.sorted(.sequence).sorted {
      ($0.bytes[1], $0.bytes[3], -$0.id) > ($1.bytes[1], $1.bytes[3], -$1.id)
    }
    let frames = sets.sorted(.frame)
    guard let first = sequences.first, sequences.count <= 31, frames.count <= 255, let format = sampleFormat(first)
    else { return nil }
    let level = sequences.map { $0.bytes[3] }.max() ?? first.bytes[3]
    let compatibility = sequences.reduce(UInt8.max) { $0 & $1.bytes[2] }
    var record: [UInt8] = [1, first.bytes[1], compatibility, level, 0xFC | lengthSizeMinusOne]
    for (list, flags) in [(sequences, UInt8(0xE0)), (frames, 0)] {
      record.append(flags | UInt8(list.count))
      for unit in list {
        guard let sized = sized(unit.bytes) else { return nil }
        record += sized
      }
    }
    if !plainProfiles.contains(first.bytes[1]) {
      record += [
        0xFC | UInt8(format.chroma & 3), 0xF8 | UInt8(format.lumaDepth & 7), 0xF8 | UInt8(format.chromaDepth & 7), 0,
      ]
    }
    return record
  }

  private static func hvcC(_ sets: ParameterSets, isComplete: Bool) -> [UInt8]? {
    let sequences = sets.sorted(.sequence)
    let payloads = sequences.map(\.payload)
    guard let first = sequences.first, let format = sampleFormat(first), payloads.allSatisfy({ $0.count > 15 }) else {
      return nil
    }
    // profile_tier_level begins behind two bytes of header and one of ids: tier and profile, compatibility, constraints, level.
    let profiles = payloads.map { Array($0[3..<15]) }
    var general = profiles.max { ($0[0] & 0x1F) < ($1[0] & 0x1F) } ?? profiles[0]
    general[0] = profiles.reduce(general[0]) { $0 | $1[0] & 0x20 }
    for index in 1..<11 { general[index] = profiles.reduce(UInt8.max) { $0 & $1[index] } }
    general[11] = profiles.map { $0[11] }.max() ?? 0
    let layers = payloads.map { ($0[2] >> 1 & 7) + 1 }.max() ?? 1
    let isNested = payloads.allSatisfy { $0[2] & 1 == 1 }
    var record: [UInt8] = [1] + general
    record += [
      // No minimal segmentation, no kind of parallelism named, no average rate named.
      0xF0, 0, 0xFC, 0xFC | UInt8(format.chroma & 3), 0xF8 | UInt8(format.lumaDepth & 7),
      0xF8 | UInt8(format.chromaDepth & 7), 0, 0,
      layers << 3 | (isNested ? 4 : 0) | lengthSizeMinusOne,
    ]
    let arrays: [(UInt8, ParameterSet.Kind)] = [(32, .video), (33, .sequence), (34, .frame)]
    let present = arrays.filter { !sets.ids(of: $0.1).isEmpty }
    let hasMessages = !sets.declarations.isEmpty
    record.append(UInt8(present.count + (hasMessages ? 1 : 0)))
    for (type, kind) in present {
      let units = sets.sorted(kind)
      record += [(isComplete ? 0x80 : 0) | type, UInt8(units.count >> 8), UInt8(units.count & 0xFF)]
      for unit in units {
        guard let sized = sized(unit.bytes) else { return nil }
        record += sized
      }
    }
    if hasMessages {
      // Frames may carry further messages.
      record += [39, UInt8(sets.declarations.count >> 8), UInt8(sets.declarations.count & 0xFF)]
      for unit in sets.declarations {
        guard let sized = sized(unit) else { return nil }
        record += sized
      }
    }
    return record
  }

  private static func sized(_ unit: [UInt8]) -> [UInt8]? {
    guard unit.count <= longestUnit else { return nil }
    return [UInt8(unit.count >> 8), UInt8(unit.count & 0xFF)] + unit
  }

  /// H.264 7.3.2.1.1, H.265 7.3.2.2.
  private static func sampleFormat(_ unit: ParameterSet) -> SampleFormat? {
    let payload = unit.payload
    var reader = BitReader(payload, at: unit.endOfID)
    var format = SampleFormat()
    if !unit.isHEVC {
      guard payload.count > 3 else { return nil }
      guard highProfiles.contains(payload[1]) else { return format }
    }
    guard let chroma = reader.expGolomb(), chroma <= 3 else { return nil }
    format.chroma = chroma
    if chroma == 3, !reader.skip(1) { return nil }
    if unit.isHEVC {
      guard reader.expGolomb() != nil, reader.expGolomb() != nil, let hasWindow = reader.bits(1) else { return nil }
      for _ in 0..<4 * hasWindow where reader.expGolomb() == nil { return nil }
    }
    guard let luma = reader.expGolomb(), let chromaDepth = reader.expGolomb(), luma <= 7, chromaDepth <= 7 else {
      return nil
    }
    format.lumaDepth = luma
    format.chromaDepth = chromaDepth
    return format
  }
}
