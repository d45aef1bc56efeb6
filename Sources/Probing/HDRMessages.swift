public import Libav

/// What an H.264 or HEVC bit stream itself says of HDR, in the supplemental messages before its first frame.
public struct HDRMessages: Sendable, Hashable {
  /// Messages 137 and 144 of ITU-T H.264 and H.265 annex D.
  public private(set) var masteringDisplay: StreamSideData.MasteringDisplay?
  public private(set) var contentLight: ContentLight?
  /// SMPTE ST 2094-40.
  public private(set) var hasHDR10Plus = false
  /// A Dolby Vision RPU beside the frame.
  public private(set) var hasDolbyVisionRPU = false

  /// cd/m².
  public struct ContentLight: Sendable, Hashable {
    /// Of the brightest pixel, and of the brightest frame in the mean.
    public let maximum: Int
    public let average: Int
  }

  private enum Payload {
    static let registered = 4
    static let masteringDisplay = 137
    static let contentLight = 144
  }

  /// Of x and y, and of luminance (D.3.28 of H.265).
  private static let chromaticityUnit: Int64 = 50_000
  private static let luminanceUnit: Int64 = 10_000
  /// Country, provider and its codes that stand before ST 2094-40 (CTA-861.4, annex S).
  private static let hdr10PlusHead: [UInt8] = [0xB5, 0x00, 0x3C, 0x00, 0x01, 0x04]
  /// Bytes of a message that are looked at.
  private static let largestUnit = 1 << 12

  var isEmpty: Bool { self == HDRMessages() }

  init() {}

  /// From the parameter sets that a header carries.
  init(extradata: [UInt8], isHEVC: Bool) {
    if isHEVC, extradata.first == 1 {
      for unit in Self.unitsOfHVCC(extradata) { read(extradata[unit], isHEVC: true) }
    } else if extradata.first == 0 {
      let span = extradata.span
      var units: [Range<Int>] = []
      NALUnits.forEach(in: span, lengthSize: 0) {
        units.append($0)
        return true
      }
      for unit in units { read(extradata[unit], isHEVC: isHEVC) }
    }
  }

  /// From one access unit.
  /// - Parameter size: bytes of the whole packet that `bytes` is the beginning of.
  mutating func read(packet bytes: Span<UInt8>, of size: Int, lengthSize: Int, isHEVC: Bool) {
    var units: [[UInt8]] = []
    NALUnits.forEach(in: bytes, of: size, lengthSize: lengthSize) { range in
      guard range.lowerBound < bytes.count else { return false }
      guard !range.isEmpty, Self.isOfInterest(bytes[range.lowerBound], isHEVC: isHEVC) else { return true }
      units.append(
        (range.lowerBound..<min(range.upperBound, bytes.count, range.lowerBound + Self.largestUnit)).map { bytes[$0] })
      return true
    }
    for unit in units { read(unit[...], isHEVC: isHEVC) }
  }

  private static func isOfInterest(_ header: UInt8, isHEVC: Bool) -> Bool {
    isHEVC ? [39, 40, 62].contains(header >> 1 & 0x3F) : header & 0x1F == 6
  }

  /// Units of the arrays in `hvcC` (ISO/IEC 14496-15, 8.3.3.1).
  private static func unitsOfHVCC(_ bytes: [UInt8]) -> [Range<Int>] {
    var units: [Range<Int>] = []
    var position = 23
    guard bytes.count > position else { return [] }
    for _ in 0..<bytes[22] {
      guard position + 3 <= bytes.count else { return units }
      let count = Int(bytes[position + 1]) << 8 | Int(bytes[position + 2])
      position += 3
      for _ in 0..<count {
        guard position + 2 <= bytes.count else { return units }
        let end = position + 2 + (Int(bytes[position]) << 8 | Int(bytes[position + 1]))
        guard end <= bytes.count else { return units }
        units.append(position + 2..<end)
        position = end
      }
    }
    return units
  }

  private mutating func read(_ unit: ArraySlice<UInt8>, isHEVC: Bool) {
    guard let header = unit.first, Self.isOfInterest(header, isHEVC: isHEVC) else { return }
    if isHEVC, header >> 1 & 0x3F == 62 {
      hasDolbyVisionRPU = true
      return
    }
    let bytes = Self.withoutEscapes(unit.dropFirst(isHEVC ? 2 : 1))
    var position = 0
    func number() -> Int? {
      var value = 0
      while position < bytes.count {
        let byte = bytes[position]
        position += 1
        value += Int(byte)
        if byte != 0xFF { return value }
      }
      return nil
    }
    while position + 2 < bytes.count {
      guard let type = number(), let size = number(), position + size <= bytes.count else { return }
      take(type, bytes[position..<position + size])
      position += size
    }
  }

  /// Without the bytes that keep start codes out (7.3.1.1 of H.265).
  private static func withoutEscapes(_ unit: ArraySlice<UInt8>) -> [UInt8] {
    var bytes: [UInt8] = []
    var zeros = 0
    for byte in unit {
      if zeros >= 2, byte == 3 {
        zeros = 0
        continue
      }
      zeros = byte == 0 ? zeros + 1 : 0
      bytes.append(byte)
    }
    return bytes
  }

  private mutating func take(_ type: Int, _ payload: ArraySlice<UInt8>) {
    func number(_ offset: Int, _ length: Int) -> Int64 {
      let start = payload.startIndex + offset
      return payload[start..<start + length].reduce(0) { $0 << 8 | Int64($1) }
    }
    switch type {
    case Payload.masteringDisplay where payload.count >= 24 && masteringDisplay == nil:
      // Green, blue and red stand in this order, then white.
      let order = [8, 10, 0, 2, 4, 6, 12, 14]
      masteringDisplay = StreamSideData.MasteringDisplay(
        primaries: order.map { UnreducedFraction(number($0, 2), Self.chromaticityUnit) },
        luminance: [20, 16].map { UnreducedFraction(number($0, 4), Self.luminanceUnit) })
    case Payload.contentLight where payload.count >= 4 && contentLight == nil:
      contentLight = ContentLight(maximum: Int(number(0, 2)), average: Int(number(2, 2)))
    case Payload.registered: hasHDR10Plus = hasHDR10Plus || payload.starts(with: Self.hdr10PlusHead)
    default: break
    }
  }
}
