import Bitstream
import Testing

@Suite struct EmulationPreventionTests {
  @Test(
    arguments: [
      ([0, 0, 0], [0, 0, 3, 0]), ([0, 0, 1], [0, 0, 3, 1]), ([0, 0, 3], [0, 0, 3, 3]), ([0, 0, 4], [0, 0, 4]),
      ([0, 0, 0, 0, 0], [0, 0, 3, 0, 0, 3, 0]), ([1, 0, 0], [1, 0, 0]),
    ] as [([UInt8], [UInt8])])
  func roundTrip(payload: [UInt8], escaped: [UInt8]) {
    #expect(EmulationPrevention.added(to: payload) == escaped)
    #expect(EmulationPrevention.removed(from: escaped) == payload)
  }
}
