import Bitstream
import Probing

/// The first byte chooses codec and framing, the second splits the rest into a header and a packet.
enum BitstreamTarget {
  static func run(_ bytes: [UInt8]) throws {
    guard bytes.count > 2 else { return }
    let isHEVC = bytes[0] & 1 == 1
    let lengthSize = Int(bytes[0] >> 1 & 7) % 5
    let rest = bytes[2...]
    let split = rest.startIndex + min(rest.count, Int(bytes[1]))
    let (header, packet) = (Array(rest[..<split]), Array(rest[split...]))
    try emulation(packet)
    let sets = ParameterSets(extradata: header, isHEVC: isHEVC)
    _ = DecoderConfigurationRecord.lengthSize(extradata: header, isHEVC: isHEVC)
    for unit in sets.units {
      _ = (unit.sampleFormat, unit.profile, unit.level, unit.payload)
      for id in [0, 1, 15, 31] { _ = unit.renumbered(id: id, parent: id % 2) }
    }
    if let record = DecoderConfigurationRecord.record(sets, isComplete: true) {
      let again = ParameterSets(extradata: record, isHEVC: isHEVC)
      try require(Set(again.units) == Set(sets.units), "\(sets.units.count) sets become \(again.units.count)")
    }
    let classifier = FrameClassifier(isHEVC: isHEVC, lengthSize: lengthSize)
    let whole = classifier.kind(of: packet.span)
    if let part = classifier.kind(ofHead: packet.span.extracting(first: packet.count / 2), size: packet.count) {
      try require(part == whole, "the first half is \(part), the whole \(whole)")
    }
    var units: [ArraySlice<UInt8>] = []
    NALUnit.forEach(in: packet.span, lengthSize: lengthSize) { range in
      units.append(packet[range])
      return true
    }
    let merged = MergedParameterSets([sets, ParameterSets(extradata: packet, isHEVC: isHEVC)])
    let renumbering =
      merged?.renumbering(of: sets)
      ?? ParameterSetRenumbering(ppsIDs: [0: 15, 1: 31], spsIDs: [0: 15], vpsIDs: [0: 1])
    for unit in units {
      _ = SEIMessages.all(of: unit, isHEVC: isHEVC)
      if case .changed(let changed) = renumbering.apply(to: unit, isHEVC: isHEVC), let first = changed.first {
        try require(first == unit.first, "the renumbered unit has another header")
      }
    }
  }

  private static func emulation(_ bytes: [UInt8]) throws {
    let escaped = EmulationPrevention.added(to: bytes)
    try require(EmulationPrevention.removed(from: escaped) == bytes, "emulation bytes are not reversible")
    let startsCode = zip(escaped, zip(escaped.dropFirst(), escaped.dropFirst(2))).contains {
      $0 == 0 && $1.0 == 0 && $1.1 < 3
    }
    try require(!startsCode, "an escaped unit holds a start code")
  }
}
