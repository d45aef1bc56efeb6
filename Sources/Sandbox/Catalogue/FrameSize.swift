/// Width and height of a frame in pixels, both even.
struct FrameSize: Sendable, Hashable, CustomStringConvertible {
  let width: Int
  let height: Int

  init(_ width: Int, _ height: Int) {
    self.width = max(2, width & ~1)
    self.height = max(2, height & ~1)
  }

  /// The size with each side divided by `divisor`.
  func divided(by divisor: Int) -> FrameSize { FrameSize(width / max(1, divisor), height / max(1, divisor)) }

  /// A size of about as many pixels in another aspect, sides in multiples of 8.
  func reshaped(width sourceWidth: Int, height sourceHeight: Int) -> FrameSize {
    let aspect = min(Self.widest, max(1 / Self.widest, Double(sourceWidth) / Double(max(1, sourceHeight))))
    let height = (Double(width * self.height) / aspect).squareRoot()
    return FrameSize(Int((height * aspect / 8).rounded()) * 8, Int((height / 8).rounded()) * 8)
  }

  /// The widest aspect a model makes, width over height.
  private static let widest = 2.0

  var description: String { "\(width)x\(height)" }
}
