import Foundation

/// Gain curves of fades, by sample.
enum Fade {
  /// Equal-power fade-in; its square and that of ``falling(_:over:)`` add up to 1.
  static func rising(_ index: Int, over count: Int) -> Float {
    index < count ? sin((Float(index) + 0.5) / Float(count) * .pi / 2) : 1
  }

  /// Equal-power fade-out.
  static func falling(_ index: Int, over count: Int) -> Float {
    index < count ? sin((Float(count - index) - 0.5) / Float(count) * .pi / 2) : 0
  }

  /// Raised-cosine fade-in, smooth at both ends.
  static func raisedCosine(_ index: Int, over count: Int) -> Float {
    let sine = rising(index, over: count)
    return sine * sine
  }
}
