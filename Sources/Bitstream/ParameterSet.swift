/// One parameter set: a NAL unit without start code or length, its id and the id of the set it refers to.
public struct ParameterSet: Sendable, Hashable {
  public enum Kind: Sendable, Hashable {
    /// Video parameter set; HEVC only.
    case vps
    /// Sequence parameter set.
    case sps
    /// Picture parameter set.
    case pps
  }

  public let isHEVC: Bool
  public let kind: Kind
  public let id: Int
  /// The id of an HEVC SPS's VPS, or of a PPS's SPS; 0 for the others.
  public let parent: Int
  public let bytes: [UInt8]

  /// Positions of the ids in the payload, in bits: H.264 7.3.2.1 and 7.3.2.2, H.265 7.3.2.1 to 7.3.2.3.
  private struct Layout {
    var payload: [UInt8]
    var id: Range<Int>
    var parent: Range<Int>
  }

  /// Bits of a VPS id, in a VPS and in an SPS.
  private static let videoIDBits = 4
  private static let profileBits = 88
  private static let levelBits = 8
  /// Sub-layers that H.265's `profile_tier_level` has flags for.
  private static let subLayerFlags = 8

  /// Nil for NAL units that are not a parameter set of the base layer, or are broken.
  public init?(_ bytes: [UInt8], isHEVC: Bool) {
    var bytes = bytes
    // Zero bytes after a unit are not part of it.
    while bytes.last == 0 { bytes.removeLast() }
    guard let kind = Self.kind(bytes, isHEVC: isHEVC), let layout = Self.layout(bytes, kind: kind, isHEVC: isHEVC)
    else { return nil }
    func number(_ range: Range<Int>, isPlain: Bool) -> Int? {
      var reader = BitReader(layout.payload, at: range.lowerBound)
      return isPlain ? reader.bits(range.count) : reader.expGolomb()
    }
    guard let id = number(layout.id, isPlain: kind == .vps),
      let parent = layout.parent.isEmpty ? 0 : number(layout.parent, isPlain: kind == .sps)
    else { return nil }
    self.isHEVC = isHEVC
    self.kind = kind
    self.id = id
    self.parent = parent
    self.bytes = bytes
  }

  /// The same set under another id, referring to another set.
  public func renumbered(id newID: Int, parent newParent: Int) -> ParameterSet? {
    guard newID != id || newParent != parent else { return self }
    guard let layout = Self.layout(bytes, kind: kind, isHEVC: isHEVC),
      let last = layout.payload.lastIndex(where: { $0 != 0 })
    else { return nil }
    // The last bit set is the one that ends the payload.
    let end = last * 8 + 8 - layout.payload[last].trailingZeroBitCount
    guard max(layout.id.upperBound, layout.parent.upperBound) < end else { return nil }
    var writer = BitWriter()
    var done = 0
    func copy(to position: Int) {
      writer.append(layout.payload, from: done, to: position)
      done = position
    }
    for (range, value, isPlain) in [
      (layout.id, newID, kind == .vps), (layout.parent, newParent, kind == .sps),
    ].sorted(by: { $0.0.lowerBound < $1.0.lowerBound }) where !range.isEmpty {
      copy(to: range.lowerBound)
      if isPlain { writer.append(value, bits: range.count) } else { writer.append(expGolomb: value) }
      done = range.upperBound
    }
    copy(to: end)
    return ParameterSet(EmulationPrevention.added(to: writer.bytes), isHEVC: isHEVC)
  }

  /// Header and payload, without emulation prevention bytes.
  public var payload: [UInt8] { EmulationPrevention.removed(from: bytes) }

  /// The kind of set that a NAL unit holds; nil for all else and for HEVC's other layers.
  private static func kind(_ bytes: [UInt8], isHEVC: Bool) -> Kind? {
    guard let header = bytes.first else { return nil }
    let type = NALUnit.type(header, isHEVC: isHEVC)
    guard isHEVC else {
      return type == NALUnit.H264.sps ? .sps : type == NALUnit.H264.pps ? .pps : nil
    }
    guard bytes.count > 2, header & 1 == 0, bytes[1] >> 3 == 0 else { return nil }
    switch type {
    case NALUnit.HEVC.vps: return .vps
    case NALUnit.HEVC.sps: return .sps
    case NALUnit.HEVC.pps: return .pps
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
    case .vps:
      guard reader.skip(videoIDBits) else { return nil }
      return Layout(payload: payload, id: header..<header + videoIDBits, parent: 0..<0)
    case .pps:
      guard let id = code(), let parent = code() else { return nil }
      return Layout(payload: payload, id: id, parent: parent)
    case .sps:
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

extension ParameterSet {
  /// How an SPS describes the samples.
  public struct SampleFormat: Sendable, Hashable {
    /// `chroma_format_idc`: 0 grey, 1 4:2:0, 2 4:2:2, 3 4:4:4.
    public var chromaFormat = 1
    /// Bits.
    public var lumaDepth = 8
    public var chromaDepth = 8
  }

  /// H.264 profiles whose SPS and `avcC` carry the sample format: 7.3.2.1.1.
  private static let highProfiles: Set<UInt8> = [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135]

  /// The sample format of an SPS (H.264 7.3.2.1.1, H.265 7.3.2.2); nil for other sets and broken ones.
  public var sampleFormat: SampleFormat? {
    guard kind == .sps, let layout = Self.layout(bytes, kind: kind, isHEVC: isHEVC) else { return nil }
    var reader = BitReader(layout.payload, at: layout.id.upperBound)
    var format = SampleFormat()
    if !isHEVC {
      guard layout.payload.count > 3 else { return nil }
      guard Self.highProfiles.contains(layout.payload[1]) else { return format }
    }
    guard let chroma = reader.expGolomb(), chroma <= 3 else { return nil }
    format.chromaFormat = chroma
    if chroma == 3, !reader.skip(1) { return nil }
    if isHEVC {
      guard reader.expGolomb() != nil, reader.expGolomb() != nil, let hasWindow = reader.bits(1) else { return nil }
      for _ in 0..<4 * hasWindow where reader.expGolomb() == nil { return nil }
    }
    guard let luma = reader.expGolomb(), let chromaDepth = reader.expGolomb(), luma <= 7, chromaDepth <= 7 else {
      return nil
    }
    format.lumaDepth += luma
    format.chromaDepth += chromaDepth
    return format
  }

  /// `profile_idc` of an SPS; nil for other sets.
  public var profile: Int? {
    guard kind == .sps else { return nil }
    return isHEVC ? Int(payload[3] & 0x1F) : Int(bytes[1])
  }

  /// `level_idc` of an SPS: H.264 ten times the level, HEVC thirty times; nil for other sets.
  public var level: Int? {
    guard kind == .sps else { return nil }
    return isHEVC ? Int(payload[14]) : Int(bytes[3])
  }
}
