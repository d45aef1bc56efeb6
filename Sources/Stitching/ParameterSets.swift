import Libav
import Probing

/// The parameter sets of a stream: VPS, SPS and PPS as NAL units without start code or length.
struct ParameterSets: Sendable, Hashable {
  struct Unit: Sendable, Hashable {
    /// The NAL unit type: H.264 7 SPS, 8 PPS; HEVC 32 VPS, 33 SPS, 34 PPS.
    let type: Int
    let id: Int
    let bytes: [UInt8]
  }

  private(set) var units: [Unit]

  private static let startCode: [UInt8] = [0, 0, 0, 1]

  /// From extradata in the container's form (`avcC`, `hvcC`) or as Annex B.
  init(extradata: [UInt8], isHEVC: Bool) {
    let found: [[UInt8]]
    if extradata.first != 1 {
      var annexB: [[UInt8]] = []
      NALUnits.forEach(in: extradata.span, lengthSize: 0) { range in
        annexB.append(Self.trimmed(Array(extradata[range])))
        return true
      }
      found = annexB
    } else {
      found = isHEVC ? Self.fromHVCC(extradata) : Self.fromAVCC(extradata)
    }
    units = found.compactMap { Self.unit($0, isHEVC: isHEVC) }
  }

  /// All of both, or nil when the same id means different things.
  func merged(with other: ParameterSets) -> ParameterSets? {
    var result = self
    for unit in other.units {
      if let own = units.first(where: { $0.type == unit.type && $0.id == unit.id }) {
        guard own.bytes == unit.bytes else { return nil }
      } else {
        result.units.append(unit)
      }
    }
    return result
  }

  var annexB: [UInt8] {
    units.sorted { ($0.type, $0.id) < ($1.type, $1.id) }.flatMap { Self.startCode + $0.bytes }
  }

  func ids(ofType type: Int) -> Set<Int> { Set(units.filter { $0.type == type }.map(\.id)) }

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

  /// Annex B units may be followed by zero bytes that belong to the next start code.
  private static func trimmed(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    while bytes.last == 0 { bytes.removeLast() }
    return bytes
  }

  private static func unit(_ bytes: [UInt8], isHEVC: Bool) -> Unit? {
    guard let header = bytes.first else { return nil }
    let type = isHEVC ? Int(header >> 1 & 0x3F) : Int(header & 0x1F)
    // Where the id's Exp-Golomb code begins, in bytes: H.264 7.3.2.1/7.3.2.2, H.265 7.3.2. The HEVC VPS id is 4 plain bits and
    // the SPS id comes after a long structure; there, whole units are compared under one id.
    switch (isHEVC, type) {
    case (false, 7): return Unit(type: type, id: expGolomb(bytes, byte: 4), bytes: bytes)
    case (false, 8): return Unit(type: type, id: expGolomb(bytes, byte: 1), bytes: bytes)
    case (true, 32), (true, 33): return Unit(type: type, id: 0, bytes: bytes)
    case (true, 34): return Unit(type: type, id: expGolomb(bytes, byte: 2), bytes: bytes)
    default: return nil
    }
  }

  private static func expGolomb(_ bytes: [UInt8], byte: Int) -> Int {
    func bit(_ index: Int) -> Int {
      let position = byte + index / 8
      return position < bytes.count ? Int(bytes[position] >> (7 - UInt8(index % 8)) & 1) : 0
    }
    var zeros = 0
    while zeros < 16, bit(zeros) == 0 { zeros += 1 }
    return (0...zeros).reduce(0) { $0 << 1 | bit(zeros + $1) } - 1
  }
}

/// How the parameter sets travel in the master.
enum Packaging: Sendable {
  /// Every shot has the same sets and nothing is encoded: packets go through untouched.
  case shared
  /// All sets, under distinct ids, in the one sample entry (`avc1`); none in the packets.
  case merged(ParameterSets)
  /// The sets differ under the same id: they stand before every key picture, and the sample entry says so (`avc3`, `hev1`).
  case inBand

  /// As a report names it.
  var name: String {
    switch self {
    case .shared: "shared"
    case .merged: "merged"
    case .inBand: "in-band"
    }
  }
}
