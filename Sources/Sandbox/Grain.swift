/// Fresh film-like grain for every frame: white over the whole spectrum, so that no frame is softer than its size.
struct Grain: Sendable {
  private static let stripLength = 1 << 17

  private let strip: [Float]
  private let seed: UInt64

  /// - Parameter width: of the widest row that will be asked for, in pixels.
  init(seed: Seed, width: Int) {
    var numbers = seed.derived("grain").numbers
    strip = (0..<Self.stripLength + width).map { _ in numbers.normal() }
    self.seed = numbers.next()
  }

  /// Calls `body` with the grain of one row of one frame: mean 0, standard deviation 1.
  func withRow<Result>(
    _ y: Int, plane: Int, frame: Int, width: Int, _ body: (UnsafeBufferPointer<Float>) -> Result
  ) -> Result {
    let at = Int(mixed(seed ^ UInt64(frame) << 32 ^ UInt64(plane) << 24 ^ UInt64(y)) % UInt64(Self.stripLength))
    return strip.withUnsafeBufferPointer { body(UnsafeBufferPointer(rebasing: $0[at..<at + width])) }
  }
}
