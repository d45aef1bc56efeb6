/// The sample entry's record of parameter sets, `avcC` or `hvcC` (ISO/IEC 14496-15, 5.3.3.1 and 8.3.3.1).
public enum DecoderConfigurationRecord {
  /// `configurationVersion`; Annex B begins with a zero byte instead.
  private static let version: UInt8 = 1
  /// Bytes before the first list of sets in `avcC`, and before the first array in `hvcC`.
  private static let avcHeader = 5
  private static let hevcHeader = 23
  private static let longestUnit = 0xFFFF
  private static let lengthSizeMinusOne = UInt8(NALUnit.writtenLengthSize - 1)

  // MARK: Reading

  /// Bytes of the length before each NAL unit of the stream's packets; 0 when the extradata is Annex B or absent.
  public static func lengthSize(extradata: [UInt8], isHEVC: Bool) -> Int {
    guard extradata.first == version else { return 0 }
    let position = isHEVC ? hevcHeader - 2 : avcHeader - 1
    return extradata.count > position ? Int(extradata[position] & 3) + 1 : NALUnit.writtenLengthSize
  }

  /// The NAL units of a stream's extradata, in the container's form or as Annex B; a unit that is cut off ends them.
  public static func units(extradata: [UInt8], isHEVC: Bool) -> [[UInt8]] {
    guard extradata.first == version else {
      var units: [[UInt8]] = []
      NALUnit.forEach(in: extradata.span, lengthSize: 0) { range in
        units.append(Array(extradata[range]))
        return true
      }
      return units
    }
    var list = UnitList(extradata)
    return isHEVC ? list.readHVCC() : list.readAVCC()
  }

  private struct UnitList {
    private let data: [UInt8]
    private var position = 0
    private var units: [[UInt8]] = []

    init(_ data: [UInt8]) { self.data = data }

    mutating func readAVCC() -> [[UInt8]] {
      position = avcHeader
      for mask in [0x1F, 0xFF] {
        guard let count = number(1), append(count & mask) else { return units }
      }
      return units
    }

    mutating func readHVCC() -> [[UInt8]] {
      position = hevcHeader - 1
      for _ in 0..<(number(1) ?? 0) {
        // The type comes first.
        guard number(1) != nil, let count = number(2), append(count) else { return units }
      }
      return units
    }

    private mutating func append(_ count: Int) -> Bool {
      for _ in 0..<count {
        guard let length = number(2), length <= data.count - position else { return false }
        units.append(Array(data[position..<position + length]))
        position += length
      }
      return true
    }

    private mutating func number(_ length: Int) -> Int? {
      guard length <= data.count - position else { return nil }
      defer { position += length }
      return data[position..<position + length].reduce(0) { $0 << 8 | Int($1) }
    }
  }

  // MARK: Writing

  /// The record for packets whose NAL units have lengths of four bytes.
  /// - Parameter isComplete: no packet holds further sets, as `hvc1` promises.
  /// - Returns: nil when the sets are too many, too long for the record, or malformed.
  public static func record(_ sets: ParameterSets, isComplete: Bool) -> [UInt8]? {
    sets.isHEVC ? hvcC(sets, isComplete: isComplete) : avcC(sets)
  }

  /// Profiles whose `avcC` has no sample format.
  private static let plainProfiles: Set<UInt8> = [66, 77, 88]

  private static func avcC(_ sets: ParameterSets) -> [UInt8]? {
    // A decoder for the greatest profile and level takes the others too.
    let sequences = sets.sorted(.sps).sorted {
      ($0.bytes[1], $0.bytes[3], -$0.id) > ($1.bytes[1], $1.bytes[3], -$1.id)
    }
    let pictures = sets.sorted(.pps)
    guard let first = sequences.first, sequences.count <= 31, pictures.count <= 255, let format = first.sampleFormat
    else { return nil }
    let level = sequences.map { $0.bytes[3] }.max() ?? first.bytes[3]
    let compatibility = sequences.reduce(UInt8.max) { $0 & $1.bytes[2] }
    var record: [UInt8] = [version, first.bytes[1], compatibility, level, 0xFC | lengthSizeMinusOne]
    for (list, flags) in [(sequences, UInt8(0xE0)), (pictures, 0)] {
      record.append(flags | UInt8(list.count))
      guard append(list.map(\.bytes), to: &record) else { return nil }
    }
    if !plainProfiles.contains(first.bytes[1]) { record += coded(format) + [0] }
    return record
  }

  private static func hvcC(_ sets: ParameterSets, isComplete: Bool) -> [UInt8]? {
    let sequences = sets.sorted(.sps)
    let payloads = sequences.map(\.payload)
    guard let format = sequences.first?.sampleFormat, payloads.allSatisfy({ $0.count > 15 }) else { return nil }
    // profile_tier_level begins after two bytes of header and one of ids: tier and profile, compatibility, constraints,
    // level.
    let profiles = payloads.map { Array($0[3..<15]) }
    var general = profiles.max { ($0[0] & 0x1F) < ($1[0] & 0x1F) } ?? profiles[0]
    general[0] = profiles.reduce(general[0]) { $0 | $1[0] & 0x20 }
    for index in 1..<11 { general[index] = profiles.reduce(UInt8.max) { $0 & $1[index] } }
    general[11] = profiles.map { $0[11] }.max() ?? 0
    let layers = payloads.map { ($0[2] >> 1 & 7) + 1 }.max() ?? 1
    let isNested = payloads.allSatisfy { $0[2] & 1 == 1 }
    // No minimum segmentation, no parallelism type, no average rate.
    var record: [UInt8] = [version] + general + [0xF0, 0, 0xFC] + coded(format) + [0, 0]
    record.append(layers << 3 | (isNested ? 4 : 0) | lengthSizeMinusOne)
    let kinds: [(type: Int, kind: ParameterSet.Kind)] = [
      (NALUnit.HEVC.vps, .vps), (NALUnit.HEVC.sps, .sps), (NALUnit.HEVC.pps, .pps),
    ]
    var arrays = kinds.map {
      (header: UInt8($0.type) | (isComplete ? 0x80 : 0), units: sets.sorted($0.kind).map(\.bytes))
    }
    // Frames may carry further messages, so this array is never complete.
    arrays.append((UInt8(NALUnit.HEVC.prefixSEI), sets.declarations))
    arrays.removeAll { $0.units.isEmpty }
    record.append(UInt8(arrays.count))
    for (header, units) in arrays {
      record += [header, UInt8(units.count >> 8), UInt8(units.count & 0xFF)]
      guard append(units, to: &record) else { return nil }
    }
    return record
  }

  /// Chroma format and depths, with the reserved bits set.
  private static func coded(_ format: ParameterSet.SampleFormat) -> [UInt8] {
    [
      0xFC | UInt8(format.chromaFormat), 0xF8 | UInt8(format.lumaDepth - 8), 0xF8 | UInt8(format.chromaDepth - 8),
    ]
  }

  /// Each unit after its length in two bytes; false when one is too long.
  private static func append(_ units: [[UInt8]], to record: inout [UInt8]) -> Bool {
    for unit in units {
      guard unit.count <= longestUnit else { return false }
      record += [UInt8(unit.count >> 8), UInt8(unit.count & 0xFF)] + unit
    }
    return true
  }
}
