import Libav
import Probing

/// The parameter sets of a stream: VPS, SPS and PPS as NAL units without start code or length.
struct ParameterSets: Sendable, Hashable {
  let isHEVC: Bool
  private(set) var units: [ParameterSet]
  /// What `hvcC` says of the whole stream beside the sets: messages of how bright the frames are, as NAL units.
  var declarations: [[UInt8]] = []

  init(isHEVC: Bool, units: [ParameterSet] = []) {
    self.isHEVC = isHEVC
    self.units = units
  }

  /// From extradata in the container's form (`avcC`, `hvcC`) or as Annex B.
  init(extradata: [UInt8], isHEVC: Bool) {
    let found: [[UInt8]]
    if extradata.first != 1 {
      var annexB: [[UInt8]] = []
      NALUnits.forEach(in: extradata.span, lengthSize: 0) { range in
        annexB.append(Array(extradata[range]))
        return true
      }
      found = annexB
    } else {
      found = isHEVC ? Self.fromHVCC(extradata) : Self.fromAVCC(extradata)
    }
    self.isHEVC = isHEVC
    units = []
    for bytes in found {
      if isHEVC, SupplementalInformation.isDeclaration(bytes), !declarations.contains(bytes) {
        declarations.append(bytes)
      }
      guard let unit = ParameterSet(bytes, isHEVC: isHEVC), !units.contains(unit) else { continue }
      units.append(unit)
    }
  }

  /// The set of a kind under an id.
  func unit(_ kind: ParameterSet.Kind, id: Int) -> ParameterSet? { units.first { $0.kind == kind && $0.id == id } }

  mutating func append(_ unit: ParameterSet) { units.append(unit) }

  /// The sets of a kind by id.
  func sorted(_ kind: ParameterSet.Kind) -> [ParameterSet] { units.filter { $0.kind == kind }.sorted { $0.id < $1.id } }

  /// All units, each with its length in four bytes before it, as packets hold them.
  var asPacketBytes: [UInt8] {
    (sorted(.video) + sorted(.sequence) + sorted(.frame)).flatMap { LengthPrefix.bytes($0.bytes.count) + $0.bytes }
  }

  func ids(of kind: ParameterSet.Kind) -> Set<Int> { Set(units.filter { $0.kind == kind }.map(\.id)) }

  /// `avcC`: ISO/IEC 14496-15, 5.3.3.1.
  private static func fromAVCC(_ data: [UInt8]) -> [[UInt8]] {
    var units: [[UInt8]] = []
    var position = 5
    for mask in [UInt8(0x1F), 0xFF] {
      guard position < data.count else { return units }
      let count = Int(data[position] & mask)
      position += 1
      for _ in 0..<count {
        guard let unit = sized(data, &position) else { return units }
        units.append(unit)
      }
    }
    return units
  }

  /// `hvcC`: ISO/IEC 14496-15, 8.3.3.1.
  private static func fromHVCC(_ data: [UInt8]) -> [[UInt8]] {
    guard data.count > 22 else { return [] }
    var units: [[UInt8]] = []
    var position = 23
    for _ in 0..<Int(data[22]) {
      guard position + 3 <= data.count else { return units }
      let count = Int(data[position + 1]) << 8 | Int(data[position + 2])
      position += 3
      for _ in 0..<count {
        guard let unit = sized(data, &position) else { return units }
        units.append(unit)
      }
    }
    return units
  }

  private static func sized(_ data: [UInt8], _ position: inout Int) -> [UInt8]? {
    guard position + 2 <= data.count else { return nil }
    let length = Int(data[position]) << 8 | Int(data[position + 1])
    guard position + 2 + length <= data.count else { return nil }
    defer { position += 2 + length }
    return Array(data[position + 2..<position + 2 + length])
  }
}

/// The length in front of a NAL unit in a packet of an MP4 or MOV file, four bytes as this program writes it.
enum LengthPrefix {
  static let size = 4

  static func bytes(_ length: Int) -> [UInt8] {
    [
      UInt8(truncatingIfNeeded: length >> 24), UInt8(truncatingIfNeeded: length >> 16),
      UInt8(truncatingIfNeeded: length >> 8), UInt8(truncatingIfNeeded: length),
    ]
  }
}
