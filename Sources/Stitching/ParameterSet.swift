/// One parameter set: a NAL unit without start code or length, the id it is called by and the id of the set it calls.
struct ParameterSet: Sendable, Hashable {
  enum Kind: Sendable, Hashable {
    /// HEVC VPS.
    case video
    /// SPS.
    case sequence
    /// PPS.
    case frame
  }

  let isHEVC: Bool
  let kind: Kind
  let id: Int
  /// The VPS of an HEVC SPS, the SPS of a PPS; 0 for the others.
  let parent: Int
  let bytes: [UInt8]

  /// Where the ids stand in the payload, in bits: H.264 7.3.2.1 and 7.3.2.2, H.265 7.3.2.1 to 7.3.2.3.
  private struct Layout {
    var payload: [UInt8]
    var id: Range<Int>
    var parent: Range<Int>
  }

  /// Bits of a VPS id, in VPS and SPS.
  private static let videoIDBits = 4
  private static let profileBits = 88
  private static let levelBits = 8
  /// Sub-layers of which H.265's profile_tier_level speaks.
  private static let subLayerFlags = 8

  /// Nil for NAL units that are no parameter set of the base layer, or are broken.
  init?(_ bytes: [UInt8], isHEVC: Bool) {
    var bytes = bytes
    // Zero bytes behind a unit belong to the next start code.
    while bytes.last == 0 { bytes.removeLast() }
    guard let kind = Self.kind(bytes, isHEVC: isHEVC), let layout = Self.layout(bytes, kind: kind, isHEVC: isHEVC)
    else { return nil }
    func number(_ range: Range<Int>, isPlain: Bool) -> Int? {
      var reader = BitReader(layout.payload, at: range.lowerBound)
      return isPlain ? reader.bits(range.count) : reader.expGolomb()
    }
    guard let id = number(layout.id, isPlain: kind == .video),
      let parent = layout.parent.isEmpty ? 0 : number(layout.parent, isPlain: kind == .sequence)
    else { return nil }
    self.isHEVC = isHEVC
    self.kind = kind
    self.id = id
    self.parent = parent
    self.bytes = bytes
  }

  /// The same set by another id, calling another set.
  func renumbered(id newID: Int, parent newParent: Int) -> ParameterSet? {
    guard newID != id || newParent != parent else { return self }
    guard let layout = Self.layout(bytes, kind: kind, isHEVC: isHEVC),
      let last = layout.payload.lastIndex(where: { $0 != 0 })
    else { return nil }
    // The last bit set is the one that ends the payload.
    let end = last * 8 + 8 - layout.payload[last].trailingZeroBitCount
    var writer = BitWriter()
    var done = 0
    func copy(to position: Int) {
      writer.append(layout.payload, from: done, to: position)
      done = position
    }
    for (range, value, isPlain) in [
      (layout.id, newID, kind == .video), (layout.parent, newParent, kind == .sequence),
    ].sorted(by: { $0.0.lowerBound < $1.0.lowerBound }) where !range.isEmpty {
      copy(to: range.lowerBound)
      if isPlain { writer.append(value, bits: range.count) } else { writer.append(expGolomb: value) }
      done = range.upperBound
    }
    copy(to: end)
    return ParameterSet(EmulationPrevention.added(to: writer.bytes), isHEVC: isHEVC)
  }

  /// The payload with its header, emulation prevention taken out.
  var payload: [UInt8] { EmulationPrevention.removed(from: bytes) }

  /// The first bit behind the id: in an SPS, the frame's format stands there.
  var endOfID: Int { Self.layout(bytes, kind: kind, isHEVC: isHEVC)?.id.upperBound ?? 0 }

  /// The kind of set a NAL unit is: H.264 table 7-1, H.265 table 7-1; nil for all else and for HEVC's other layers.
  static func kind(_ bytes: some Collection<UInt8>, isHEVC: Bool) -> Kind? {
    guard let header = bytes.first else { return nil }
    guard isHEVC else {
      switch header & 0x1F {
      case 7: return .sequence
      case 8: return .frame
      default: return nil
      }
    }
    guard bytes.count > 2, header & 1 == 0, bytes.dropFirst().first.map({ $0 >> 3 }) == 0 else { return nil }
    switch header >> 1 & 0x3F {
    case 32: return .video
    case 33: return .sequence
    case 34: return .frame
    default: return nil
    }
  }

  private static func layout(_ bytes: [UInt8], kind: Kind, isHEVC: Bool) -> Layout? {
    let payload = EmulationPrevention.removed(from: bytes)
    let header = isHEVC ? 16 : 8
    var reader = BitReader(payload, at: header)
    func code() -> Range<Int>? {
      let start = reader.position
      return reader.expGolomb().map { _ in start..<reader.position }
    }
    switch kind {
    case .video:
      guard reader.skip(videoIDBits) else { return nil }
      return Layout(payload: payload, id: header..<header + videoIDBits, parent: 0..<0)
    case .frame:
      guard let id = code(), let parent = code() else { return nil }
      return Layout(payload: payload, id: id, parent: parent)
    case .sequence:
      guard isHEVC else {
        // Profile, constraints and level come first.
        guard reader.skip(24), let id = code() else { return nil }
        return Layout(payload: payload, id: id, parent: 0..<0)
      }
      guard reader.skip(videoIDBits), let subLayers = reader.bits(3), reader.skip(1),
        skipProfileTierLevel(&reader, subLayers: subLayers), let id = code()
      else { return nil }
      return Layout(payload: payload, id: id, parent: header..<header + videoIDBits)
    }
  }

  /// `profile_tier_level`: H.265 7.3.3.
  private static func skipProfileTierLevel(_ reader: inout BitReader, subLayers: Int) -> Bool {
    guard reader.skip(profileBits + levelBits) else { return false }
    var bits = 0
    for _ in 0..<subLayers {
      guard let hasProfile = reader.bits(1), let hasLevel = reader.bits(1) else { return false }
      bits += hasProfile * profileBits + hasLevel * levelBits
    }
    if subLayers > 0 { bits += 2 * (subLayerFlags - subLayers) }
    return reader.skip(bits)
  }
}
