import Probing
import Testing
import Timing

@Suite struct FrameTimingTests {
  private func timing(_ times: [Int64], base: Int64 = 90_000, header: [Rational] = []) throws -> FrameTiming {
    FrameTiming(times: times, timeBase: try #require(TimeBase(1, base)), headerRates: header)
  }

  /// Times as a muxer rounds them to its ticks.
  private func times(_ rate: Rational, count: Int, base: Int64) -> [Int64] {
    (0..<count).compactMap { (Rational($0) / rate * base).rounded }
  }

  @Test(
    arguments: [Rational(24_000, 1001), Rational(24), Rational(25), Rational(30_000, 1001), Rational(60_000, 1001)],
    [1000, 90_000, 24_000] as [Int64])
  func standardRatesAreFoundInRoundedTimes(rate: Rational, base: Int64) throws {
    let timing = try timing(times(rate, count: 240, base: base), base: base)
    #expect(timing.rate?.rational == rate)
    #expect(timing.isConstant && timing.frameCount == 240 && timing.duplicateTimes == 0)
    #expect(timing.worstDeviation <= Rational(1, base))
  }

  @Test func aRateOfTheHeaderThatFitsExactlyIsTaken() throws {
    let timing = try timing((0..<20).map { $0 * 7 }, base: 105, header: [Rational(24), Rational(15)])
    #expect(timing.rate?.rational == Rational(15))
    #expect(timing.isConstant && timing.worstDeviation == .zero)
    let unknown = try self.timing((0..<20).map { $0 * 7 }, base: 105)
    #expect(unknown.rate?.rational == Rational(15) && unknown.isConstant)
  }

  @Test func aMissingFrameMakesTheRateVariable() throws {
    var times = times(Rational(25), count: 100, base: 1000)
    times.remove(at: 50)
    let timing = try timing(times, base: 1000, header: [Rational(25)])
    #expect(!timing.isConstant)
    #expect(timing.shortestDelta == Rational(40, 1000) && timing.longestDelta == Rational(80, 1000))
    #expect(timing.worstDeviation > Rational(1, 1000))
  }

  @Test func repeatedTimesAreCounted() throws {
    #expect(try timing([0, 40, 40, 80, 80, 80], base: 1000).duplicateTimes == 3)
  }

  @Test func oneFrameHasTheHeadersRate() throws {
    let one = try timing([500], header: [.undefined, Rational(24)])
    #expect(one.rate?.rational == Rational(24) && one.isConstant && one.shortestDelta == nil)
    let none = try timing([])
    #expect(none.rate == nil && !none.isConstant && none.frameCount == 0)
  }

  @Test func theGreatestTimesDoNotOverflow() throws {
    let limit = Int64(1) << 55
    let timing = try timing([-limit, 0, limit], base: 1_000_000_000)
    #expect(timing.frameCount == 3 && timing.longestDelta?.isDefined == true)
  }
}
