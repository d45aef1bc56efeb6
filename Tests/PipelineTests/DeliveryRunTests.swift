import Foundation
import Pipeline
import Presets
import Support
import Testing

/// `deliver` in a storyboard: versions of the master as part of a run.
@Suite struct DeliveryRunTests {
  private static let two = "  - id: one\n    prompt: A quay.\n  - id: two\n    prompt: A boat."

  private func pipeline(_ deliver: String, master: String = "") throws -> PipelineFixture {
    PipelineFixture(try SmallStoryboard(shots: Self.two, extra: deliver, master: master, seconds: 1))
  }

  private func names(_ pipeline: PipelineFixture) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: pipeline.path("deliverables")).sorted()
  }

  @Test func deliversTheMasterAndKeepsWhatIsStillValid() async throws {
    let pipeline = try pipeline(
      "deliver: {presets: [proxy-1080p, audio-stems], name: '{title}_{preset}', title: Harbour}")
    let summary = try await pipeline.storyboardRun().run()
    #expect(summary.isGood)
    let files = ["Harbour_audio-stems_1_eng.wav", "Harbour_audio-stems_1.wav"]
    let found = try names(pipeline)
    #expect(found.contains("Harbour_proxy-1080p.mp4") && found.contains { files.contains($0) }, "\(found)")
    #expect(["manifest.json", "SHA256SUMS", "qc.html"].allSatisfy(found.contains) && found.count == 5, "\(found)")
    let master = try MediaTool.decode(pipeline.path("master.mp4"))
    let proxy = try MediaTool.decode(pipeline.path("deliverables/Harbour_proxy-1080p.mp4"))
    #expect(proxy.frames == master.frames && proxy.errors.isEmpty)
    let report = try pipeline.report()
    #expect(report["deliverables"]?["files"]?.arrayValue?.map { $0["preset"] } == ["proxy-1080p", "audio-stems"])
    #expect(
      try SchemaValidator.problems(
        of: pipeline.path("report.json"), schema: ProjectFiles.path("presets/schema/report.json")) == [])
    // Kept as it is; a file that is altered is made again, with the master kept.
    pipeline.forget()
    #expect(try await pipeline.storyboardRun().run().deliverables == summary.deliverables)
    #expect(pipeline.events.contains { if case .deliverablesKept(let count) = $0 { count == 2 } else { false } })
    let path = pipeline.path("deliverables/Harbour_proxy-1080p.mp4")
    try Data("no video".utf8).write(to: URL(filePath: path))
    pipeline.forget()
    #expect(try await pipeline.storyboardRun().run().isGood)
    #expect(pipeline.events.contains { if case .masterKept = $0 { true } else { false } })
    #expect(try MediaTool.decode(path).frames == master.frames)
  }

  @Test func deliversEachLanguage() async throws {
    let pipeline = try pipeline(
      "deliver: [proxy-1080p]", master: "  languages: [{language: eng}, {language: deu}]")
    #expect(try await pipeline.storyboardRun().run().isGood)
    let videos = try names(pipeline).filter { $0.hasSuffix(".mp4") }
    #expect(videos == ["Small-video_proxy-1080p_deu.mp4", "Small-video_proxy-1080p_eng.mp4"])
    let manifest = try JSONDecoder().decode(
      JSONValue.self, from: Data(contentsOf: URL(filePath: pipeline.path("deliverables/manifest.json"))))
    #expect(manifest["masters"]?.arrayValue?.count == 2)
  }

  /// The marks are in the master and in what is delivered, as other programs read them; another mark makes both anew.
  @Test func marksTheMasterAndLabelsWhatIsDelivered() async throws {
    let captions = "1\n00:00:00,200 --> 00:00:01,500\nGood morning.\n"
    let shared = """
      deliver: {presets: [proxy-1080p], name: '{preset}', captions_as: [srt], label: {text: auto, size: 10}}
      marking: {source_type: %@, aigc: {Label: 1, ContentProducer: Studio 7}}
      """
    let pipeline = try pipeline(
      shared.replacing("%@", with: "compositeWithTrainedAlgorithmicMedia"),
      master: "  captions: [{file: film.srt, language: eng}]")
    try pipeline.fixture.folder.write("film.srt", captions)
    #expect(try await pipeline.storyboardRun().run().isGood)
    #expect(try names(pipeline).contains { $0.hasSuffix(".srt") } && !names(pipeline).contains { $0.hasSuffix(".vtt") })
    let proxy = pipeline.path("deliverables/proxy-1080p.mp4")
    for file in [pipeline.path("master.mp4"), proxy] {
      let read = try await OutsideProgram.run("exiftool", ["-a", "-G1", "-DigitalSourceType", "-AIGC*", "-b", file])
      #expect(read.text.contains("compositeWithTrainedAlgorithmicMedia"), "\(file): \(read.text)")
      let tags = try await OutsideProgram.run("ffprobe", ["-v", "error", "-show_entries", "format_tags", file])
      #expect(tags.text.contains("Studio 7"), "\(file): \(tags.text)")
    }
    // The label is drawn: only its corner differs from the master.
    let labelled = try await difference(proxy, pipeline.path("master.mp4"), corner: "W/2:3*H/4")
    let free = try await difference(proxy, pipeline.path("master.mp4"), corner: "0:0")
    #expect(labelled > free + 2, "\(labelled) \(free)")
    let first = try MediaTool.decode(pipeline.path("master.mp4"))
    try pipeline.fixture.rewrite(
      shots: Self.two, extra: shared.replacing("%@", with: "trainedAlgorithmicMedia"))
    pipeline.forget()
    #expect(try await pipeline.storyboardRun().run().isGood)
    #expect(!pipeline.events.contains { if case .masterKept = $0 { true } else { false } })
    #expect(try MediaTool.decode(pipeline.path("master.mp4")).frames == first.frames)
  }

  /// Mean absolute difference of the luma of two files' first frames, in a corner of them.
  private func difference(_ a: String, _ b: String, corner: String) async throws -> Double {
    let place = corner.replacing("W", with: "iw").replacing("H", with: "ih")
    let crop = "scale=576:324,crop=iw/2:ih/4:\(place)"
    let result = try await OutsideProgram.run(
      "ffmpeg",
      [
        "-v", "error", "-i", a, "-i", b, "-frames:v", "1", "-filter_complex",
        "[0:v]\(crop)[p];[1:v]\(crop)[q];[p][q]blend=all_mode=difference,signalstats,metadata=print:key=lavfi.signalstats.YAVG:file=-",
        "-f", "null", "-",
      ])
    #expect(result.status == 0, "\(result.errors)")
    let value = try #require(result.text.firstMatch(of: /YAVG=([0-9.]+)/)).1
    return try #require(Double(value))
  }

  /// The run is not good then, the master stays, and nothing lies under the file's name; nothing is tried again in vain.
  @Test func reportsAVersionThatFailsItsPreset() async throws {
    let pipeline = try pipeline("deliver: [strict]")
    let recipe = try String(contentsOfFile: ProjectFiles.path("presets/delivery/proxy-1080p.json"), encoding: .utf8)
    try pipeline.fixture.folder.write(
      "presets/delivery/strict.json",
      recipe.replacing("\"id\": \"proxy-1080p\"", with: "\"id\": \"strict\"")
        .replacing("\"verify\": \"proxy-1080p\"", with: "\"verify\": \"seven\""))
    try pipeline.fixture.folder.write(
      "presets/verify/seven.json",
      """
      {"schema": "longtake.verify-preset/1", "id": "seven", "title": "Seven frames", "source": "made up",
       "rules": {"container.opens": {"is": true}, "video.frame_count": {"is": 7}}}
      """)
    for isFirst in [true, false] {
      pipeline.forget()
      let summary = try await pipeline.storyboardRun().run()
      #expect(!summary.isGood && summary.master?.isGood == true)
      let file = try #require(summary.deliverables?.files.first)
      #expect(!file.isDelivered && file.verdict == "fail" && file.reasons.joined().contains("7"), "\(file.reasons)")
      #expect(try names(pipeline).allSatisfy { !$0.hasSuffix(".mp4") })
      #expect(isFirst == pipeline.events.contains { if case .delivered = $0 { true } else { false } })
    }
  }

  /// Before anything is generated.
  @Test(arguments: [
    ("deliver: [proxy-1080p, no-such-preset]", "deliver[1]", "no-such-preset"),
    ("deliver: {presets: [proxy-1080p], name: '{titel}'}", "deliver.name", "titel"),
    ("deliver: {presets: [ads-xr-na]}", "deliver.presets[0]", "ad_id"),
    ("deliver: {presets: [proxy-1080p, youtube-4k], name: '{title}'}", "deliver.presets[1]", "{preset}"),
    ("deliver: []", "deliver", "at least one"), ("deliver: [gif-preview, gif-preview]", "deliver", "twice"),
    ("deliver: {presets: [gif-preview], center: [0.5, 2]}", "deliver.center", "0 to 1"),
    ("deliver: {presets: [gif-preview], fits: pad}", "deliver.fits", "fit"),
    ("deliver: {name: x}", "deliver.presets", "missing"),
    ("deliver: {presets: [gif-preview], captions_as: [ass]}", "deliver.captions_as", "srt"),
    ("deliver: {presets: [gif-preview], label: {text: a, size: 60}}", "deliver.label.size", "25"),
    ("deliver: {presets: [gif-preview], label: {text: auto, language: xxx}}", "deliver.label", "xxx"),
    ("deliver: {presets: [gif-preview], label: '\u{E000}'}", "deliver.label", "fonts"),
    ("marking: {source_type: handmade}", "marking.source_type", "handmade"),
    ("marking: {aigc: {Label: '7'}}", "marking.aigc", "Label"),
    ("marking: {aigc: {Lable: '1'}}", "marking.aigc", "Lable"),
    ("marking: {sourcetype: none}", "marking.sourcetype", "source_type"),
  ])
  func findsAProblemWhenPlanning(_ deliver: String, _ path: String, _ text: String) throws {
    let problems = try pipeline(deliver).plan().problems
    #expect(problems.contains { $0.path == path && $0.message.contains(text) && $0.line != nil }, "\(problems)")
  }
}
