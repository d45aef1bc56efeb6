import Captions
import Delivery
import Files
import Foundation
import Presets
import Support
import Testing
import Timing

/// Captions as they leave with a version, read back by ffmpeg and ffprobe.
@Suite(.media) struct DeliveryCaptionsTests {
  private static let text = """
    1
    00:00:00,500 --> 00:00:01,000
    Hello <i>there</i>

    2
    00:00:00,750 --> 00:00:01,500
    Grüße ♪

    """

  private func track(_ fixture: DeliveryFixture, _ language: String = "eng", seconds: Int = 2) throws -> CaptionTrack {
    try fixture.folder.write("a.\(language).srt", Self.text)
    return try CaptionTrack(
      path: fixture.folder.path("a.\(language).srt"), language: language, program: Rational(seconds))
  }

  /// SubRip as ffmpeg reads it from a text track, without the styles that it adds.
  private func readBack(_ path: String, stream: Int = 0) throws -> String {
    let result = try MediaTool.run("ffmpeg", ["-v", "error", "-i", path, "-map", "0:s:\(stream)", "-f", "srt", "-"])
    return result.text.replacing(/<\/?font[^>]*>/, with: "").replacing("\r\n", with: "\n")
  }

  private func languages(_ path: String) throws -> [String] {
    let streams = try #require(try MediaTool.ffprobe(path)?["streams"] as? [[String: Any]])
    return streams.filter { $0["codec_name"] as? String == "mov_text" }.map {
      ($0["tags"] as? [String: Any])?["language"] as? String ?? ""
    }
  }

  @Test(arguments: ["h264-uhd-web", "prores-422-hq"])
  func theyBecomeATaggedTrackAndFiles(preset: String) throws {
    let fixture = try DeliveryFixture(seconds: "2")
    let tracks = [try track(fixture), try track(fixture, "deu")]
    let file = try #require(try fixture.deliver(preset, options: { $0.captions = tracks }).first)
    #expect(file.isDelivered, "\(file.problems)")
    #expect(try languages(file.file) == ["eng", "deu"])
    let shown = try readBack(file.file, stream: 1)
    #expect(shown.contains("00:00:00,500 --> 00:00:00,750\nHello <i>there</i>"), "\(shown)")
    #expect(shown.contains("00:00:00,750 --> 00:00:01,000\nHello <i>there</i>\nGrüße ♪"), "\(shown)")
    #expect(shown.contains("00:00:01,000 --> 00:00:01,500\nGrüße ♪"), "\(shown)")
    #expect(file.captions.map(\.language) == ["eng", "deu"] && file.captions.allSatisfy { $0.isTrack && $0.cues == 2 })
    let files = file.captions.flatMap(\.files)
    #expect(files.map { $0.file.hasSuffix("srt") } == [true, false, true, false])
    for file in files {
      let read = try MediaTool.run("ffmpeg", ["-v", "error", "-i", file.file, "-f", "srt", "-"])
      #expect(read.text.contains("00:00:00,750 --> 00:00:01,500\nGrüße ♪"), "\(read.errors)")
      #expect(try SHA256Text.ofFile(file.file).sha256 == file.sha256)
    }
    // The other tracks are as long as without captions.
    let video = try #require(try DeliveryFixture.stream(file.file, "video"))
    #expect(video["nb_frames"] as? String == "48" && video["start_time"] as? String == "0.000000")
    #expect(try MediaTool.decode(file.file).errors == [])
  }

  @Test func theyMoveWithSlateAndRate() throws {
    let fixture = try DeliveryFixture(seconds: "2")
    let track = try track(fixture)
    let file = try #require(
      try fixture.deliver(
        "ads-xr-na",
        options: {
          $0.adID = "ABCD1234000H"
          $0.captions = [track]
        }
      ).first)
    #expect(file.isDelivered, "\(file.problems)")
    // 168 frames of 1001/24000 s, then 0.5 s and 1.5 s of the master, 1001/1000 slower.
    let vtt = try #require(file.captions.first?.files.last?.file)
    let text = try String(contentsOfFile: vtt, encoding: .utf8)
    #expect(text.contains("00:00:07.508 --> 00:00:08.008") && text.contains("--> 00:00:08.509"), "\(text)")
    let shown = try readBack(file.file)
    #expect(shown.contains("00:00:07,508 --> 00:00:07,758"), "\(shown)")
  }

  @Test func formsCanBeChosen() throws {
    let fixture = try DeliveryFixture(seconds: "2")
    let track = try track(fixture)
    let file = try #require(
      try fixture.deliver(
        "proxy-1080p",
        options: {
          $0.captions = [track]
          $0.captionForms = [.vtt]
        }
      ).first)
    #expect(try languages(file.file).isEmpty)
    #expect(file.captions.first?.files.count == 1 && file.captions.first?.isTrack == false)
  }

  @Test func burnedCaptionsAreInTheirFramesOnly() throws {
    let fixture = try DeliveryFixture(seconds: "2", "-vf", "drawbox=c=black:t=fill,format=yuv420p")
    let track = try track(fixture)
    let file = try #require(
      try fixture.deliver(
        "h264-uhd-web",
        options: {
          $0.captions = [track]
          $0.captionForms = [.srt]
          $0.burnsCaptions = true
        }
      ).first)
    #expect(file.captions.first?.isBurned == true)
    let decoded = try MediaTool.run(
      "ffmpeg",
      [
        "-v", "error", "-i", file.file, "-vf",
        "crop=iw:ih/3:0:ih*2/3,signalstats,metadata=print:key=lavfi.signalstats.YMAX:file=-", "-f", "null", "-",
      ])
    let peaks = decoded.text.matches(of: /YMAX=([0-9]+)/).compactMap { Int($0.1) }
    #expect(peaks.count == 48)
    #expect(peaks[12..<36].allSatisfy { $0 > 120 }, "\(peaks)")
    #expect(peaks[..<12].allSatisfy { $0 < 40 } && peaks[36...].allSatisfy { $0 < 40 }, "\(peaks)")
  }

  @Test func charactersThatCannotBeDrawnAreRefusedByCue() throws {
    let fixture = try DeliveryFixture(seconds: "1")
    let text = "1\n00:00:00,100 --> 00:00:00,500\nfine\n\n2\n00:00:00,600 --> 00:00:00,900\nこんにちは\n"
    let file = try CaptionFile(bytes: Array(text.utf8), path: "jpn.srt")
    let track = try CaptionTrack(file, language: "jpn", program: .one)
    #expect {
      try fixture.deliver(
        "proxy-1080p",
        options: {
          $0.captions = [track]
          $0.burnsCaptions = true
        })
    } throws: { "\($0)".contains("cue 2") && "\($0)".contains("U+3053") }
    #expect(throws: DeliveryError.self) {
      try fixture.deliver("proxy-1080p", options: { $0.captions = [track, track] })
    }
  }

  @Test func theMastersOwnTextTracksAreCarried() throws {
    let fixture = try DeliveryFixture(seconds: "2")
    try fixture.folder.write("own.srt", Self.text)
    try MediaTool.ffmpeg(
      [
        "-i", fixture.master, "-i", "own.srt", "-map", "0", "-map", "1", "-c", "copy", "-c:s", "mov_text",
        "-metadata:s:s:0",
        "language=fra", "with.mov",
      ], in: fixture.folder.url)
    let master = try DeliveryMaster(path: fixture.folder.path("with.mov"))
    #expect(master.captions.map(\.language) == ["fra"])
    let (recipe, spec) = try fixture.recipe("proxy-1080p")
    let deliverer = try Deliverer(master, options: DeliveryOptions(folder: fixture.output))
    let file = try #require(try deliverer.deliver(recipe, spec: spec).first)
    #expect(try languages(file.file) == ["fra"])
    #expect(try readBack(file.file).contains("Grüße ♪"))
  }

  /// Every character that captions may use has a glyph of its own, by the program that reads the font.
  @Test func theBundledFontHasWhatItIsSaidToHave() throws {
    let font = ProjectFiles.path("Sources/Stills/Fonts/DejaVuSansMono.ttf")
    let charset = try MediaTool.run("fc-query", ["--format", "%{charset}", font]).text
    let ranges = charset.split(separator: " ").compactMap { part -> ClosedRange<UInt32>? in
      let ends = part.split(separator: "-").compactMap { UInt32($0, radix: 16) }
      return ends.first.map { $0...(ends.last ?? $0) }
    }
    try #require(!ranges.isEmpty)
    for text in ["“Ünïcödé” – ‘ĳ’ … €", "Ελληνικά", "Русский", "♪ ♫ • ™ ‹›", "´¿¡ß"] {
      #expect(throws: Never.self) { try VisibleLabel(text: text) }
      #expect(text.unicodeScalars.allSatisfy { scalar in ranges.contains { $0.contains(scalar.value) } }, "\(text)")
    }
    for scalar in (Array(0x20...0x4FF) + Array(0x2000...0x27FF)).compactMap(Unicode.Scalar.init)
    where !ranges.contains(where: { $0.contains(scalar.value) }) {
      #expect(throws: DeliveryError.self) { try VisibleLabel(text: String(scalar)) }
    }
  }
}
