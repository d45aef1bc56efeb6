import Captions
import Foundation
import Support
import Testing
import Timing

@Suite struct CaptionTrackTests {
  private func track(
    _ cues: [(String, String, String)], program: Rational? = Rational(60), limits: CaptionLimits = .init()
  ) throws -> CaptionTrack {
    let text = cues.enumerated().map { "\($0 + 1)\n\($1.0) --> \($1.1)\n\($1.2)\n" }.joined(separator: "\n")
    return try CaptionTrack(
      try CaptionFile(bytes: Array(text.utf8), path: "a.srt"), language: "eng", program: program,
      frame: Rational(1, 24), limits: limits)
  }

  @Test func whatViewersCannotReadIsWarnedOf() throws {
    let long = String(repeating: "x", count: 43)
    let track = try track([
      ("00:00:01,000", "00:00:03,000", "fine"), ("00:00:04,000", "00:00:05,000", "twenty-one characters"),
      ("00:00:06,000", "00:00:12,000", long), ("00:00:13,000", "00:00:19,000", "a\nb\nc"),
      ("00:00:20,000", "00:00:22,000", ""), ("00:00:30,000", "00:00:40,000", "over"),
      ("00:00:39,000", "00:00:41,000", "lap"), ("00:00:24,000", "00:00:25,000", "early"),
      ("00:00:59,000", "00:01:01,000", "the end"),
    ])
    #expect(
      track.problems.map(\.check) == [.speed, .lineLength, .lines, .text, .overlap, .order, .end], "\(track.problems)")
    #expect(track.problems.map(\.cue) == [2, 3, 4, 5, 7, 8, 9])
    #expect(track.problems.map(\.measured) == [21, 43, 3, nil, 1, nil, 61])
    #expect(track.problems.map(\.limit) == [20, 42, 2, nil, 0, nil, 60])
    #expect(track.problems.allSatisfy { $0.severity == .warning && $0.line != nil })
    // Sorted, the empty one left out, the last one cut.
    #expect(track.cues.map(\.text.plain).suffix(4) == ["early", "over", "lap", "the end"])
    #expect(track.cues.count == 8 && track.cues.last?.end == Rational(60))
  }

  @Test(arguments: [
    ("00:00:02,000", "00:00:02,000", "x", "not after its start"), ("00:00:03,000", "00:00:02,000", "x", "not after"),
    ("00:01:00,000", "00:01:02,000", "x", "after the program's end"),
    ("00:00:01,000", "00:00:02,000", "\u{1B}[31mred", "U+1B"), ("00:00:01,000", "00:00:02,000", "a\u{2028}b", "U+2028"),
  ])
  func cuesThatCannotBeShownAreErrors(start: String, end: String, text: String, message: String) {
    #expect { try track([("00:00:00,000", "00:00:01,000", "good"), (start, end, text)]) } throws: { error in
      let error = error as? CaptionError
      return error?.code == .invalid && error?.message.contains(message) == true
        && error?.message.contains("cue 2") == true && error?.message.contains("\u{1B}") == false
    }
  }

  @Test func hostileFilesEndInAnErrorSoon() throws {
    let long = String(repeating: "x", count: 5000)
    #expect(throws: CaptionError.self) { try track([("00:00:01,000", "00:00:02,000", long)]) }
    let stacked = (0..<9).map { _ in ("00:00:01,000", "00:00:50,000", "x") }
    #expect { try track(stacked) } throws: { "\($0)".contains("at a time") }
    let many = String(repeating: "00:00:01,000 --> 00:00:02,000\nx\n", count: CaptionFile.mostCues + 1)
    #expect { try CaptionFile(bytes: Array(many.utf8), path: "a.srt") } throws: { "\($0)".contains("100000 cues") }
    #expect(throws: CaptionError.self) { try CaptionFile(path: "/dev/zero") }
  }

  @Test func overlappingCuesAreOneTextAtATime() throws {
    let track = try track([("00:00:01,000", "00:00:03,000", "A"), ("00:00:02,000", "00:00:04,000", "B")])
    let segments = track.segments(until: Rational(10))
    #expect(segments.map(\.text.plain) == ["", "A", "A\nB", "B", ""])
    #expect(segments.map(\.start) == [0, 1, 2, 3, 4].map { Rational($0) } && segments.last?.end == Rational(10))
  }

  @Test func timesMoveWithTheProgram() throws {
    let track = try track([("00:00:10,000", "00:00:20,000", "A")])
    let moved = track.moved(by: Rational(7007, 1000), stretch: Rational(1001, 1000))
    #expect(moved.cues[0].start == Rational(17_017, 1000) && moved.cues[0].end == Rational(27_027, 1000))
    #expect(moved.text(as: .subRip).contains("00:00:17,017 --> 00:00:27,027"))
  }

  @Test(arguments: CaptionFile.Format.allCases) func writtenFilesReadBackTheSame(format: CaptionFile.Format) throws {
    let track = try track([
      ("00:00:01,000", "00:00:03,000", "<i>A</i> & <b>b <u>c</u></b>\n- d"),
      ("00:00:04,000", "00:00:05,000", "{\\an8}top"),
    ])
    let text = track.text(as: format)
    let again = try CaptionFile(bytes: Array(text.utf8), path: "b.\(format.rawValue)")
    #expect(again.format == format && again.problems.isEmpty)
    #expect(again.cues.map(\.text) == track.cues.map(\.text))
    #expect(again.cues.map(\.isTop) == [false, true])
    #expect(again.cues.map(\.end) == track.cues.map(\.end))
  }

  @Test func textCannotPassForALineOfTimes() throws {
    let text = "WEBVTT\n\n00:01.000 --> 00:02.000\nx\n3\n00:00:05,000 --&gt; 00:00:06,000\n"
    let track = try CaptionTrack(try CaptionFile(bytes: Array(text.utf8), path: "a.vtt"), language: nil, program: nil)
    let again = try CaptionFile(bytes: Array(track.text(as: .subRip).utf8), path: "b.srt")
    #expect(again.cues.count == 1 && again.problems.isEmpty)
  }

  @Test func timedTextKeepsTextAndStyles() throws {
    let track = try track([("00:00:01,000", "00:00:03,000", "é <i>ital</i>\n<b>♪ 👩‍👩‍👧</b> end")])
    let text = track.cues[0].text
    #expect(TimedText.text(of: TimedText.sample(text)) == text)
    #expect(TimedText.sample(CaptionText()) == [0, 0])
    #expect(TimedText.text(of: [0, 9, 65]) == nil)
  }
}
