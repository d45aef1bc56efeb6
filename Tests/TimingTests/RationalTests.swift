import Testing
import Timing

@Suite struct RationalTests {
  @Test func isAlwaysInLowestTermsWithAPositiveDenominator() {
    #expect(Rational(48, -2002) == Rational(-24, 1001))
    #expect(Rational(0, 7).fraction == "0/1")
  }

  @Test(arguments: [
    ("24000/1001", "24000/1001"), ("24000:1001", "24000/1001"), ("25", "25/1"), ("23.976", "2997/125"),
    ("-0.5", "-1/2"),
    (".5", "1/2"), ("5.", "5/1"),
  ])
  func parsesFractionsAndDecimals(text: String, fraction: String) {
    #expect(Rational(parsing: text)?.fraction == fraction)
  }

  @Test(arguments: ["", "-", "1/2/3", "a", "1e9", "0x10", "1.2.3", ".", "99999999999999999999"])
  func rejectsOtherText(text: String) { #expect(Rational(parsing: text) == nil) }

  @Test func zeroDenominatorIsUndefinedAndPropagates() {
    #expect(!Rational(1, 0).isDefined)
    #expect(!(Rational(1, 0) + .one).isDefined)
    #expect(Rational.undefined < Rational(Int64.min, 1))
  }

  @Test func overflowIsUndefined() throws {
    let large = Rational(Int64.max, 1)
    #expect(!(large * large).isDefined)
    #expect((large - large) == .zero)
    #expect((large * large).floor == nil && (large * large).rounded == nil && Rational.undefined.floor == nil)
    let base = try #require(TimeBase(1, Int64.max))
    let second = try #require(TimeBase(1, 1))
    #expect(base.ticks(Rational(2)) == nil && base.rescale(2, from: second) == nil)
    #expect(FrameRate(Int64.max)?.frames(in: Rational(2)) == nil)
  }

  @Test(arguments: [(7, 2, 3, 4), (-7, 2, -4, -4), (5, 1, 5, 5), (-1, 3, -1, 0), (1, 2, 0, 1)])
  func floorsAndRoundsHalvesAwayFromZero(n: Int64, d: Int64, floor: Int64, rounded: Int64) {
    #expect(Rational(n, d).floor == floor)
    #expect(Rational(n, d).rounded == rounded)
  }

  @Test func tenHoursOfVideoRateStayExact() {
    let frame = Rational(1001, 24_000)
    let sum = (0..<864).reduce(Rational.zero) { total, _ in total + frame * 1000 }
    #expect(sum == Rational(864_000 * 1001, 24_000))
  }
}
