import Captions
import Foundation
import Support
import Testing
import Timing

@Suite struct CaptionFileTests {
  private func file(_ text: String, _ name: String = "a.srt") throws -> CaptionFile {
    try CaptionFile(bytes: Array(text.utf8), path: name)
  }

  private static let subRip = """
    1
    00:00:01,000 --> 00:00:02,500
    Hello <i>there</i>,
    you & <laughs>

    2
    00:00:03,250 --> 01:00:04,000 X1:10 X2:20
    {\\an8}Top <b>bold <u>both</u></b><font color="red">!</font>

    """

  @Test func subRipIsReadWithItsStyles() throws {
    let file = try file(Self.subRip)
    #expect(file.format == .subRip && file.problems.isEmpty)
    #expect(file.cues.map(\.text.plain) == ["Hello there,\nyou & <laughs>", "Top bold both!"])
    #expect(file.cues[0].start == .one && file.cues[0].end == Rational(5, 2))
    #expect(file.cues[1].end == Rational(3604) && file.cues[1].isTop && !file.cues[0].isTop)
    #expect(file.cues[1].text.runs.map(\.style) == [[], .bold, [.bold, .underlined], []])
  }

  /// An empty line in a cue that is written again would end it.
  @Test(arguments: ["<v Ann>\n- B", "- B\n<i></i>", "<b>\n</b>- B", "&#10;- B&#10;&#10;"])
  func aLineOfTagsAloneIsLeftOut(_ text: String) throws {
    let file = try CaptionFile(bytes: Array("WEBVTT\n\n00:01.000 --> 00:02.000\n\(text)\n".utf8), path: "a.vtt")
    #expect(file.cues.map { $0.text.plain } == ["- B"])
  }

  @Test func webVTTIsReadWithSettingsAndReferences() throws {
    let text = """
      WEBVTT - film

      NOTE a comment
      of two lines

      STYLE
      ::cue { color: red }

      intro
      00:01.000 --> 00:02.000 line:0 align:start evil:"x"
      <v Ann>Hi &lt;you&gt; &amp; <c.loud>all</c></v> &#xE9;

      100:00:03.000 --> 100:00:04.000
      <i.x>late</i>
      """
    let file = try file(text, "a.vtt")
    #expect(file.format == .webVTT && file.problems.isEmpty, "\(file.problems)")
    #expect(file.cues.map(\.text.plain) == ["Hi <you> & all é", "late"])
    #expect(file.cues[0].settings == "line:0 align:start" && file.cues[0].isTop)
    #expect(file.cues[1].start == Rational(360_003) && file.cues[1].text.runs.first?.style == .italic)
  }

  @Test(arguments: ["\r\n", "\r", "\n"], ["", "\u{FEFF}"])
  func lineEndsAndByteOrderMarksAreTaken(end: String, mark: String) throws {
    let file = try file(mark + Self.subRip.replacing("\n", with: end))
    #expect(file.cues.count == 2 && file.problems.isEmpty)
  }

  @Test(arguments: [String.Encoding.utf16LittleEndian, .utf16BigEndian])
  func utf16WithAByteOrderMarkIsRead(encoding: String.Encoding) throws {
    let data = try #require(("\u{FEFF}" + Self.subRip).data(using: encoding))
    #expect(try CaptionFile(bytes: [UInt8](data), path: "a.srt").cues.count == 2)
    #expect(throws: CaptionError.self) { try CaptionFile(bytes: [UInt8](data.dropFirst(2)), path: "a.srt") }
    #expect(throws: CaptionError.self) { try CaptionFile(bytes: [UInt8](data.dropLast()), path: "a.srt") }
  }

  @Test(arguments: [
    ("", "no cue"), ("\n\n", "no cue"), ("WEBVTT\n\n", "no cue"), ("just text\n", "neither"), ("a\0b", "UTF-8"),
    ("[Script Info]\nTitle: x\n\nDialogue: 0,0:00:01.00\n", "neither"),
  ])
  func whatIsNoCaptionFileIsRefused(text: String, message: String) {
    #expect { try file(text) } throws: { "\($0)".contains(message) }
  }

  @Test func bytesOfAnotherEncodingAreRefused() {
    let bytes = Array("1\n00:00:01,000 --> 00:00:02,000\ncaf".utf8) + [0xE9, 0x0A]
    #expect { try CaptionFile(bytes: bytes, path: "a.srt") } throws: { "\($0)".contains("iconv") }
    #expect { try file("00:01.000 --> 00:02.000\nx\n", "a.vtt") } throws: { "\($0)".contains("WEBVTT") }
    #expect { try CaptionFile(path: "/nonexistent.srt") } throws: { ($0 as? CaptionError)?.code == .notFound }
  }

  @Test func placesThatAreNoCueAreErrorsWithTheirLine() throws {
    let file = try file("1\n00:00:01,000 --> 00:00:02,000\nfirst\n\nlost\n\n2\n00:00:03,00 --> 00:00:04,000\nx\n")
    #expect(file.cues.count == 1)
    #expect(file.problems.map(\.line) == [5, 8] && file.problems.allSatisfy { $0.severity == .error })
    #expect(throws: CaptionError.self) { try CaptionTrack(file, language: nil, program: nil) }
  }

  @Test func lyingNumbersAndMissingEmptyLinesAreWarnings() throws {
    let file = try file("7\n00:00:01,000 --> 00:00:02,000\na\n9\n00:00:03,000 --> 00:00:04,000\nb\n")
    #expect(file.cues.map(\.text.plain) == ["a", "b"])
    #expect(file.problems.map(\.check) == [.numbers] && file.problems[0].severity == .warning)
  }
}
