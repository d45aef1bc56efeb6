import Bitstream
import Testing

@Suite struct NALUnitTests {
  private func units(_ bytes: [UInt8], lengthSize: Int, size: Int? = nil) -> [Range<Int>] {
    var found: [Range<Int>] = []
    NALUnit.forEach(in: bytes.span, of: size, lengthSize: lengthSize) {
      found.append($0)
      return true
    }
    return found
  }

  @Test func startCodesOfThreeAndFourBytesSeparateUnits() {
    #expect(units([0, 0, 0, 1, 9, 0xF0, 0, 0, 1, 0x65, 1, 2], lengthSize: 0) == [4..<6, 9..<12])
    #expect(units([0, 0, 1, 7, 1, 0, 0, 0, 0, 1, 8], lengthSize: 0) == [3..<5, 10..<11])
  }

  @Test func zeroBytesAfterAUnitAreNotPartOfIt() {
    #expect(units([0, 0, 1, 7, 1, 0, 0, 0], lengthSize: 0) == [3..<5])
    #expect(units([0, 0, 1, 0, 0], lengthSize: 0) == [3..<3])
  }

  @Test func bytesWithoutStartCodeHoldNoUnit() {
    #expect(units([], lengthSize: 0).isEmpty && units([0, 0], lengthSize: 0).isEmpty)
    #expect(units([0x65, 1, 2, 3], lengthSize: 0).isEmpty && units([0, 0, 1], lengthSize: 0).isEmpty)
  }

  @Test(arguments: [1, 2, 3, 4])
  func lengthsOfOneToFourBytesSeparateUnits(size: Int) {
    func prefixed(_ unit: [UInt8]) -> [UInt8] { NALUnit.lengthPrefix(unit.count).suffix(size) + unit }
    let bytes = prefixed([9, 0xF0]) + prefixed([]) + prefixed([0x65, 0, 0, 1])
    #expect(
      units(bytes, lengthSize: size) == [size..<size + 2, 2 * size + 2..<2 * size + 2, 3 * size + 2..<3 * size + 6])
  }

  @Test func aUnitThatClaimsMoreThanThePacketEndsTheWalk() {
    #expect(units([0, 0, 0, 1, 7, 0, 0, 0, 9, 1], lengthSize: 4) == [4..<5])
    #expect(units([0xFF, 0xFF, 0xFF, 0xFF, 1], lengthSize: 4).isEmpty)
    #expect(units([0, 0, 0], lengthSize: 4).isEmpty)
  }

  @Test func theLastUnitOfABeginningMayReachAfterIt() {
    #expect(units([0, 0, 0, 2, 7, 1, 0, 0, 0, 9, 1], lengthSize: 4, size: 20) == [4..<6, 10..<19])
  }

  @Test func theWalkStopsWhereItIsAskedTo() {
    var count = 0
    NALUnit.forEach(in: ([0, 0, 1, 7, 0, 0, 1, 8] as [UInt8]).span, lengthSize: 0) { _ in
      count += 1
      return false
    }
    #expect(count == 1)
  }
}

@Suite struct SEIMessageTests {
  /// An H.264 unit of these messages.
  private func unit(_ messages: [(type: Int, payload: [UInt8])], ending: [UInt8] = [0x80]) -> [UInt8] {
    func number(_ value: Int) -> [UInt8] { [UInt8](repeating: 0xFF, count: value / 255) + [UInt8(value % 255)] }
    var payload: [UInt8] = []
    for message in messages { payload += number(message.type) + number(message.payload.count) + message.payload }
    return [6] + EmulationPrevention.added(to: payload + ending)
  }

  @Test func typesAndSizesFrom255OnTakeSeveralBytes() {
    let long = [UInt8](repeating: 7, count: 600)
    let messages = SEIMessages.all(of: unit([(300, long), (5, []), (4, [1])]), isHEVC: false)
    #expect(messages?.map(\.type) == [300, 5, 4])
    #expect(messages?.map(\.payload) == [long, [], [1]])
  }

  @Test func emulationPreventionBytesAreNotPartOfAMessage() {
    let payload: [UInt8] = [0, 0, 0, 0, 1, 0, 0, 3]
    let messages = SEIMessages.all(of: unit([(5, payload), (6, [0xC4])]), isHEVC: false)
    #expect(messages?.map(\.payload) == [payload, [0xC4]])
  }

  @Test func aMessageThatIsCutOffEndsThem() {
    let cut = Array(unit([(5, [1, 2]), (4, [UInt8](repeating: 9, count: 40))]).dropLast(10))
    var messages = SEIMessages(unit: cut, isHEVC: false)
    #expect(messages.next()?.type == 5)
    #expect(messages.next() == nil)
    #expect(messages.isTruncated)
    #expect(SEIMessages.all(of: cut, isHEVC: false) == nil)
    #expect(SEIMessages.all(of: [6, 0xFF, 0xFF] as [UInt8], isHEVC: false) == nil)
  }

  @Test func aUnitWithoutMessagesHasNone() {
    #expect(SEIMessages.all(of: [6, 0x80] as [UInt8], isHEVC: false) == [])
    #expect(SEIMessages.all(of: [78, 1, 0x80] as [UInt8], isHEVC: true) == [])
    #expect(SEIMessages.all(of: [] as [UInt8], isHEVC: true) == [])
  }

  @Test(arguments: [(0, true, false), (0, false, false), (0, true, true), (5, true, false), (300, false, true)])
  func recoveryPointsAreRead(frames: Int, isExact: Bool, isBroken: Bool) {
    var writer = BitWriter()
    writer.append(expGolomb: frames)
    writer.append(isExact ? 1 : 0, bits: 1)
    writer.append(isBroken ? 1 : 0, bits: 1)
    let point = RecoveryPoint(SEIMessage(type: 6, payload: writer.bytes))
    #expect(point?.frameCount == frames && point?.isExact == isExact && point?.isBrokenLink == isBroken)
    #expect(RecoveryPoint(SEIMessage(type: 5, payload: writer.bytes)) == nil)
    #expect(RecoveryPoint(SEIMessage(type: 6, payload: [])) == nil)
  }
}
