import CLibav
import Timing

extension Rational {
  init(_ value: AVRational) { self.init(Int64(value.num), Int64(value.den)) }

  /// The fraction as libav's pair of 32-bit numbers; reduced to fit, as `av_reduce` does, when it is larger.
  var av: AVRational {
    guard isDefined else { return AVRational(num: 0, den: 1) }
    var n: Int32 = 0
    var d: Int32 = 1
    av_reduce(&n, &d, numerator, denominator, Int64(Int32.max))
    return AVRational(num: n, den: d)
  }
}

/// A timestamp of libav as an optional.
func timestamp(_ value: Int64) -> Int64? { value == lt_nopts ? nil : value }
