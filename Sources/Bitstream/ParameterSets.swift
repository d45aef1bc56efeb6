/// The parameter sets of a stream: VPS, SPS and PPS.
public struct ParameterSets: Sendable, Hashable {
  public let isHEVC: Bool
  public private(set) var units: [ParameterSet]
  /// SEI units of `hvcC` that hold for the whole stream: mastering display and content light levels.
  public var declarations: [[UInt8]] = []

  public init(isHEVC: Bool, units: [ParameterSet] = []) {
    self.isHEVC = isHEVC
    self.units = units
  }

  /// From extradata in the container's form (`avcC`, `hvcC`) or as Annex B.
  public init(extradata: [UInt8], isHEVC: Bool) {
    self.isHEVC = isHEVC
    units = []
    for bytes in DecoderConfigurationRecord.units(extradata: extradata, isHEVC: isHEVC) {
      if isHEVC, Self.isDeclaration(bytes), !declarations.contains(bytes) { declarations.append(bytes) }
      guard let unit = ParameterSet(bytes, isHEVC: isHEVC), !units.contains(unit) else { continue }
      units.append(unit)
    }
  }

  public func unit(_ kind: ParameterSet.Kind, id: Int) -> ParameterSet? {
    units.first { $0.kind == kind && $0.id == id }
  }

  public mutating func append(_ unit: ParameterSet) { units.append(unit) }

  /// The sets of a kind by id.
  public func sorted(_ kind: ParameterSet.Kind) -> [ParameterSet] {
    units.filter { $0.kind == kind }.sorted { $0.id < $1.id }
  }

  public func ids(of kind: ParameterSet.Kind) -> Set<Int> { Set(units.filter { $0.kind == kind }.map(\.id)) }

  /// All units as packets hold them, each after its length in four bytes.
  public var asPacketBytes: [UInt8] {
    (sorted(.vps) + sorted(.sps) + sorted(.pps)).flatMap { NALUnit.lengthPrefix($0.bytes.count) + $0.bytes }
  }

  private static let declaredTypes: Set<Int> = [
    SEIMessage.PayloadType.masteringDisplay, SEIMessage.PayloadType.contentLightLevel,
  ]

  /// Whether an HEVC unit holds only messages that hold for a whole stream, and so may be in its `hvcC`.
  private static func isDeclaration(_ unit: [UInt8]) -> Bool {
    guard let header = unit.first, NALUnit.type(header, isHEVC: true) == NALUnit.HEVC.prefixSEI,
      let messages = SEIMessages.all(of: unit, isHEVC: true)
    else { return false }
    return !messages.isEmpty && messages.allSatisfy { declaredTypes.contains($0.type) }
  }
}
