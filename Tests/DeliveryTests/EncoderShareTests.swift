import Testing

@testable import Delivery

/// Encoders at a time.
@Suite struct EncoderShareTests {
  private static let memory = 64.0 * 1024 * 1024 * 1024

  @Test(
    arguments: [
      (1, 3840, 2160, 1, nil), (2, 3840, 2160, 1, nil), (8, 3840, 2160, 1, nil), (32, 3840, 2160, 4, 8),
      (8, 1920, 1080, 2, 4), (8, 1080, 1920, 2, 4), (2, 320, 180, 2, 1),
    ] as [(Int, Int, Int, Int, Int?)])
  func aSecondEncoderStartsWhereTheFirstLeavesProcessors(
    processors: Int, width: Int, height: Int, encoders: Int, threads: Int?
  ) {
    let share = EncoderShare(
      workers: nil, width: width, height: height, processors: processors, memory: Self.memory)
    #expect(share.encoders == encoders && share.threads == threads)
  }

  @Test func memoryLimitsThem() {
    let share = EncoderShare(
      workers: nil, width: 3840, height: 2160, processors: 64, memory: 8.0 * 1024 * 1024 * 1024)
    #expect(share.encoders == 2)
  }

  @Test func theCallersNumberIsKeptTo() {
    let share = EncoderShare(workers: 3, width: 3840, height: 2160, processors: 2, memory: Self.memory)
    #expect(share.encoders == 3 && share.threads == 1)
  }
}
