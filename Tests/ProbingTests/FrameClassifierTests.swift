import Bitstream
import Probing
import Testing

@Suite struct FrameClassifierTests {
  private func packet(_ units: [[UInt8]], lengthSize: Int) -> [UInt8] {
    units.flatMap { (lengthSize == 0 ? [0, 0, 0, 1] : NALUnit.lengthPrefix($0.count).suffix(lengthSize)) + $0 }
  }

  private func kind(_ units: [[UInt8]], isHEVC: Bool = false, lengthSize: Int = 4) -> FrameKind {
    FrameClassifier(isHEVC: isHEVC, lengthSize: lengthSize).kind(of: packet(units, lengthSize: lengthSize).span)
  }

  private let slice: [UInt8] = [0x41, 0x9A, 0x12]
  /// Zero frames, exact match, no broken link.
  private let recovery: [UInt8] = [6, 1, 0b1100_0100]

  @Test(arguments: [0, 4])
  func anExactRecoveryPointIsARandomAccessPoint(lengthSize: Int) {
    #expect(kind([[6] + recovery + [0x80], slice], lengthSize: lengthSize) == .recovery)
    #expect(kind([slice], lengthSize: lengthSize) == .other)
    #expect(kind([[0x65, 0x88]], lengthSize: lengthSize) == .idr)
  }

  /// Emulation prevention bytes inside an earlier message do not count towards its size.
  @Test(arguments: [0, 4])
  func aRecoveryPointAfterEmulationPreventionBytesIsFound(lengthSize: Int) {
    let userData: [UInt8] = [5, 18] + [UInt8](repeating: 0, count: 17) + [9]
    let unit = [6] + EmulationPrevention.added(to: userData + recovery + [0x80])
    #expect(unit.count > userData.count + recovery.count + 2)
    #expect(kind([unit, slice], lengthSize: lengthSize) == .recovery)
  }

  @Test(
    arguments: [[6, 1, 0b1000_0100], [6, 1, 0b1110_0100], [6, 2, 0b0101_0001, 0], [5, 1, 0b1100_0100]] as [[UInt8]])
  func inexactRecoveryPointsAreNotRandomAccessPoints(message: [UInt8]) {
    #expect(kind([[6] + message + [0x80], slice]) == .other)
  }

  @Test(
    arguments: [(1, .other), (7, .radl), (9, .rasl), (16, .bla), (19, .idr), (20, .idr), (21, .cra)]
      as [(UInt8, FrameKind)])
  func hevcKindsFollowTheUnitType(type: UInt8, expected: FrameKind) {
    #expect(kind([[35 << 1, 1, 0x50], [type << 1, 1, 0xAF]], isHEVC: true) == expected)
  }

  @Test func packetsWithoutSliceAreUnknown() {
    #expect(kind([[0x67, 1, 2]]) == .unknown)
    #expect(kind([]) == .unknown)
  }
}
