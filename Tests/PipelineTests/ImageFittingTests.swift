import Foundation
import Pipeline
import Presets
import Support
import Testing

/// Images that the model does not accept as they are.
@Suite struct ImageFittingTests {
  @Test(arguments: [
    ("start.webp", "-c:v libwebp", "WEBP"), ("start.jpg", "-c:v libwebp -f webp", "WEBP"),
    ("start.png", "-pix_fmt rgb48be", "8 bits"), ("start.bmp", "-c:v bmp", "BMP"),
  ])
  func convertsAnImageAndReportsIt(_ name: String, how: String, why: String) async throws {
    let fixture = try SmallStoryboard(shots: "  - id: one\n    prompt: A quay.\n    start: \(name)", seconds: 1)
    let options = how.split(separator: " ").map(String.init)
    try MediaTool.ffmpeg(
      ["-f", "lavfi", "-i", "testsrc2=size=576x324", "-frames:v", "1"] + options + [name], in: fixture.folder.url)
    let pipeline = PipelineFixture(fixture)
    let plan = try pipeline.plan()
    #expect(plan.problems.isEmpty, "\(plan.problems)")
    #expect(plan.conversions.map(\.path) == ["shots[0].start"])
    #expect(plan.conversions.first?.message.contains(why) == true, "\(plan.conversions)")
    #expect(try await pipeline.storyboardRun().generate().isGood)
    #expect(pipeline.notices.contains { $0.contains(name) && $0.contains("576x324") }, "\(pipeline.notices)")
    // Its content is the same, so nothing is regenerated.
    pipeline.forget()
    _ = try await pipeline.storyboardRun().generate()
    #expect(pipeline.submissions.isEmpty)
  }

  /// Images that a decoder would complete with grey, or cannot read, are rejected before anything is paid.
  @Test func rejectsTruncatedImages() throws {
    let fixture = try SmallStoryboard(shots: "  - id: one\n    prompt: A quay.\n    start: start.jpg", seconds: 1)
    let pipeline = PipelineFixture(fixture)
    let frame = fixture.folder.path("start.jpg")
    for (name, text) in [("a.jpg", "cut short"), ("a.png", "cut short"), ("a.webp", "decode")] {
      let whole = try fixture.folder.make(name, "-f", "lavfi", "-i", "testsrc2=size=576x324", "-frames:v", "1")
      let data = try Data(contentsOf: URL(filePath: whole))
      try data.write(to: URL(filePath: frame))
      #expect(try pipeline.plan().problems.isEmpty, "\(name)")
      try data.prefix(data.count * 3 / 4).write(to: URL(filePath: frame))
      let problems = try pipeline.plan().problems.map(\.message)
      #expect(
        problems.count == 1 && problems[0].contains(text) && problems[0].contains("save it"), "\(name) \(problems)")
    }
    try (Data([0, 0, 0, 24]) + Data("ftypheic\0\0\0\0mif1heic".utf8)).write(to: URL(filePath: frame))
    let problems = try pipeline.plan().problems
    #expect(problems.first?.message.contains("HEIC") == true, "\(problems)")
  }

  /// A phone's image has a rotation in its EXIF data.
  @Test func sendsARotatedImageInDisplayOrientation() async throws {
    let fixture = try SmallStoryboard(shots: "  - id: one\n    prompt: A quay.\n    start: start.jpg", seconds: 1)
    let plain = try fixture.folder.make(
      "plain.jpg", "-f", "lavfi", "-i", "testsrc2=size=324x576", "-frames:v", "1", "-q:v", "2")
    let data = try Data(contentsOf: URL(filePath: plain))
    // TIFF with one entry: orientation 6, a quarter turn clockwise.
    let exif: [UInt8] =
      Array("Exif\0\0MM\0*".utf8) + [0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0]
    let segment: [UInt8] = [0xFF, 0xE1, 0, UInt8(exif.count + 2)] + exif
    try (data.prefix(2) + Data(segment) + data.dropFirst(2)).write(to: URL(filePath: fixture.folder.path("start.jpg")))
    let pipeline = PipelineFixture(fixture)
    let plan = try pipeline.plan()
    #expect(plan.problems.isEmpty, "\(plan.problems)")
    #expect(plan.conversions.first?.message.contains("EXIF") == true, "\(plan.conversions)")
    #expect(try await pipeline.storyboardRun().generate().isGood)
    #expect(pipeline.notices.contains { $0.contains("576x324") }, "\(pipeline.notices)")
    let names = try FileManager.default.contentsOfDirectory(atPath: pipeline.path("anchors"))
    let sent = try #require(names.first)
    func patches(_ path: String, _ filter: String) throws -> [UInt8] {
      let small = fixture.folder.path("small.rgb")
      try MediaTool.ffmpeg(
        [
          "-noautorotate", "-i", path, "-vf", "\(filter)scale=4:4:flags=area,format=rgb24", "-f", "rawvideo", "-y",
          small,
        ],
        in: fixture.folder.url)
      return [UInt8](try Data(contentsOf: URL(filePath: small)))
    }
    let (wanted, got) = (try patches(plain, "transpose=clock,"), try patches(pipeline.path("anchors/\(sent)"), ""))
    #expect(wanted.count == 48 && got.count == 48)
    #expect(zip(wanted, got).allSatisfy { abs(Int($0) - Int($1)) <= 12 }, "\(wanted) \(got)")
  }

  @Test func sendsAFittingImageUnchanged() async throws {
    let fixture = try SmallStoryboard(shots: "  - id: one\n    prompt: A quay.\n    start: start.png", seconds: 1)
    _ = try fixture.folder.make("start.png", "-f", "lavfi", "-i", "testsrc2=size=576x324", "-frames:v", "1")
    let pipeline = PipelineFixture(fixture)
    #expect(try pipeline.plan().conversions.isEmpty)
    #expect(try await pipeline.storyboardRun().generate().isGood)
    #expect(try FileManager.default.contentsOfDirectory(atPath: pipeline.path("anchors")).isEmpty)
  }

  @Test func scalesDownALargeImage() async throws {
    let fixture = try SmallStoryboard(shots: "  - id: one\n    prompt: A quay.\n    start: start.png", seconds: 1)
    let descriptor = fixture.folder.path("presets/models/\(SmallStoryboard.model).json")
    let text = try String(contentsOfFile: descriptor, encoding: .utf8)
    try fixture.folder.write(
      "presets/models/\(SmallStoryboard.model).json",
      text.replacing(#""min_side": 100"#, with: #""min_side": 100, "max_side": 640"#)
        .replacing(#""max_bytes": 10000000"#, with: #""max_bytes": 60000"#))
    _ = try fixture.folder.make("start.png", "-f", "lavfi", "-i", "testsrc2=size=1280x720", "-frames:v", "1")
    let pipeline = PipelineFixture(fixture)
    #expect(try pipeline.plan().conversions.first?.message.contains("640") == true)
    #expect(try await pipeline.storyboardRun().generate().isGood)
    let notice = try #require(pipeline.notices.first { $0.contains("start.png") })
    #expect(notice.contains("640x360"), "\(notice)")
  }
}
