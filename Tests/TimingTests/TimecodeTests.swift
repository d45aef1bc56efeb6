import Testing
import Timing

@Suite struct TimecodeTests {
  /// SMPTE ST 12-1 counting: the well-known points of drop-frame at 29.97.
  @Test(arguments: [
    (0, "00:00:00;00"), (1799, "00:00:59;29"), (1800, "00:01:00;02"), (17_981, "00:09:59;29"), (17_982, "00:10:00;00"),
    (107_892, "01:00:00;00"),
  ])
  func countsDropFrames(frame: Int, text: String) throws {
    let rate = try #require(FrameRate(30_000, 1001))
    let timecode = try #require(Timecode(frame: frame, rate: rate, dropFrame: true))
    #expect(timecode.description == text)
    #expect(Timecode(parsing: text, rate: rate)?.frame == frame)
  }

  @Test func everyDropFrameNumberReadsBack() throws {
    let rate = try #require(FrameRate(60_000, 1001))
    for frame in stride(from: 0, to: 80_000, by: 7) {
      let text = try #require(Timecode(frame: frame, rate: rate, dropFrame: true)).description
      #expect(Timecode(parsing: text, rate: rate)?.frame == frame)
    }
  }

  @Test func rejectsDroppedNumbersAndWrongRates() throws {
    let ntsc = try #require(FrameRate(30_000, 1001))
    let fixture = try #require(FrameRate(24))
    #expect(Timecode(parsing: "00:01:00;00", rate: ntsc) == nil)
    #expect(Timecode(parsing: "00:00:00;00", rate: fixture) == nil)
    #expect(Timecode(parsing: "00:00:00:24", rate: fixture) == nil)
    #expect(Timecode(parsing: "00:60:00:00", rate: fixture) == nil)
  }

  @Test func countsVideoFrames() throws {
    let fixture = try #require(FrameRate(24_000, 1001))
    #expect(Timecode(frame: 24 * 61 + 5, rate: fixture)?.description == "00:01:01:05")
  }
}

@Suite struct TimeBaseTests {
  @Test func rescalesToTheNearestTick() throws {
    let millis = try #require(TimeBase(1, 1000))
    let movie = try #require(TimeBase(1, 12_288))
    #expect(millis.rescale(512, from: movie) == 42)
    #expect(movie.rescale(42, from: millis) == 516)
  }

  @Test(arguments: [(24, 1, "1/12288"), (25, 1, "1/12800"), (24_000, 1001, "1/24000"), (60, 1, "1/15360")])
  func framesLastWholeTicksOfTheMediaTimeBase(n: Int64, d: Int64, base: String) throws {
    let rate = try #require(FrameRate(n, d))
    #expect(rate.mediaTimeBase.description == base)
    #expect((rate.frameDuration / rate.mediaTimeBase.rational).denominator == 1)
  }
}

@Suite struct TimePointTests {
  @Test(arguments: [
    ("12.5", 300), ("00:00:12.5", 300), ("1:00", 1440), ("00:00:12:12", 300), ("#300", 300), ("0", 0), (".5", 12),
  ])
  func parsesTheFourForms(text: String, frame: Int) throws {
    #expect(TimePoint(parsing: text)?.frame(at: try #require(FrameRate(24))) == frame)
  }

  @Test(arguments: ["", "#", "#-1", "-1", "1/2", "1:2:3:4:5", "x", "1e3", "1:-2", "99999999999999999999"])
  func rejectsOtherText(text: String) { #expect(TimePoint(parsing: text) == nil) }

  @Test func rejectsTimecodesThatDoNotExistAtTheRate() throws {
    let fixture = try #require(FrameRate(24))
    #expect(TimePoint(parsing: "00:00:00:24")?.frame(at: fixture) == nil)
    #expect(TimePoint(parsing: "9223372036854775807:00:00:00")?.frame(at: fixture) == nil)
  }
}
