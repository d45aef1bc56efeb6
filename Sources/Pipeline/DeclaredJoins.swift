public import Stitching
import Timing
public import Verification

extension StitchReport {
  /// Where the master's joins are, for looking for their defects.
  public var declaredJoins: [Expectation.DeclaredJoin] {
    guard let rate = Rational(parsing: frameRate), rate.isPositive else { return [] }
    return joins.map { Expectation.DeclaredJoin(frame: $0.frame, time: Rational($0.frame) / rate) }
  }
}
