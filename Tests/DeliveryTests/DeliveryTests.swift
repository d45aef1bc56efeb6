import Delivery
import Foundation
import Presets
import Support
import Testing
import Verification

/// Versions of a small master, judged by ffprobe and ffmpeg.
@Suite(.media) struct DeliveryTests {
  @Test(arguments: [
    ("prores-422-hq", "prores", "yuv422p10le", "pcm_s24le"), ("dnxhr-hqx", "dnxhd", "yuv422p10le", "pcm_s24le"),
    ("h264-uhd-web", "h264", "yuv420p", "aac"), ("hevc-10bit-uhd", "hevc", "yuv420p10le", "aac"),
    ("av1-uhd", "av1", "yuv420p10le", "aac"), ("youtube-4k", "h264", "yuv420p", "aac"),
    ("proxy-1080p", "h264", "yuv420p", "aac"),
  ])
  func everyFrameIsDeliveredAndTagged(preset: String, codec: String, format: String, audio: String) throws {
    let fixture = try DeliveryFixture()
    let file = try #require(try fixture.deliver(preset).first)
    #expect(file.isDelivered, "\(file.problems)")
    let decoded = try MediaTool.decode(file.file)
    #expect(decoded.frames == 72 && decoded.errors == [])
    let video = try #require(try DeliveryFixture.stream(file.file, "video"))
    #expect(video["codec_name"] as? String == codec && video["pix_fmt"] as? String == format)
    #expect(video["avg_frame_rate"] as? String == "24/1" && video["start_time"] as? String == "0.000000")
    for tag in ["color_space", "color_transfer", "color_primaries"] { #expect(video[tag] as? String == "bt709") }
    let track = try #require(try DeliveryFixture.stream(file.file, "audio"))
    #expect(track["codec_name"] as? String == audio && track["sample_rate"] as? String == "48000")
    #expect(abs((Double(track["duration"] as? String ?? "") ?? 0) - 3) < 0.03)
  }

  @Test func framesLookLikeThoseOfTheMaster() throws {
    let fixture = try DeliveryFixture()
    let file = try #require(try fixture.deliver("h264-uhd-web", options: { $0.workers = 3 }).first)
    #expect(file.chunks == 3)
    let result = try MediaTool.run(
      "ffmpeg", ["-v", "info", "-i", file.file, "-i", fixture.master, "-lavfi", "[0:v][1:v]ssim", "-f", "null", "-"])
    let all = try #require(result.errors.firstMatch(of: /All:([0-9.]+)/))
    #expect(try #require(Double(all.1)) > 0.98)
  }

  @Test func loudnessAndPeakMeetTheRecipe() throws {
    let fixture = try DeliveryFixture(seconds: "4")
    let file = try #require(try fixture.deliver("ads-netflix-1080").first)
    #expect(file.isDelivered, "\(file.problems)")
    let result = try MediaTool.run(
      "ffmpeg", ["-nostats", "-i", file.file, "-filter_complex", "ebur128=peak=true", "-f", "null", "-"])
    let summary = try #require(result.errors.components(separatedBy: "Summary:").last)
    let loudness = try #require(summary.firstMatch(of: /I: +(-?[0-9.]+) LUFS/))
    #expect(abs(try #require(Double(loudness.1)) + 24) < 0.2)
  }

  @Test func aMasterOfAnotherRateIsRetimed() throws {
    let fixture = try DeliveryFixture()
    let file = try #require(try fixture.deliver("ads-dv360").first)
    #expect(file.isDelivered, "\(file.problems)")
    let video = try #require(try DeliveryFixture.stream(file.file, "video"))
    #expect(video["avg_frame_rate"] as? String == "24000/1001" && video["nb_frames"] as? String == "72")
    let decoded = try MediaTool.run(
      "ffmpeg", ["-v", "error", "-i", file.file, "-map", "0:a", "-f", "f32le", "-ac", "1", "-"])
    // 72 frames of 1001/24000 s.
    #expect(abs(decoded.output.count / 4 - 144_144) <= 1024)
  }

  @Test func slateAndBlackComeFirst() throws {
    let fixture = try DeliveryFixture(seconds: "2")
    let file = try #require(try fixture.deliver("ads-xr-na", options: { $0.adID = "ABCD1234000H" }).first)
    #expect(file.isDelivered, "\(file.problems)")
    #expect(file.file.contains("ABCD1234000H"))
    let decoded = try MediaTool.run(
      "ffmpeg",
      [
        "-v", "info", "-i", file.file, "-vf", "blackdetect=d=1:pix_th=0.05", "-af", "silencedetect=d=1", "-f", "null",
        "-",
      ])
    let black = try #require(decoded.errors.firstMatch(of: /black_start:([0-9.]+) black_end:([0-9.]+)/))
    // Frame 120 to frame 168 at 24000/1001.
    #expect(abs((Double(black.1) ?? 0) - 5.005) < 0.05 && abs((Double(black.2) ?? 0) - 7.007) < 0.05)
    let silence = try #require(decoded.errors.firstMatch(of: /silence_end: ([0-9.]+)/))
    #expect(abs((Double(silence.1) ?? 0) - 7.007) < 0.05)
  }

  @Test func edgesAreSilentWhereTheDestinationAsks() throws {
    let fixture = try DeliveryFixture(rate: "25")
    let file = try #require(try fixture.deliver("ads-as11-25p").first)
    #expect(file.isDelivered, "\(file.problems)")
    let decoded = try MediaTool.run(
      "ffmpeg", ["-v", "error", "-i", file.file, "-map", "0:a", "-f", "s16le", "-ac", "1", "-"])
    let samples = decoded.output.withUnsafeBytes { Array($0.bindMemory(to: Int16.self)) }
    let silent = 6 * 48_000 / 25
    #expect(samples.prefix(silent).allSatisfy { $0 == 0 } && samples.suffix(silent).allSatisfy { $0 == 0 })
    #expect(samples[silent + 2000] != 0 || samples[silent + 2040] != 0)
  }

  @Test(arguments: ["crop", "pad", "blur"])
  func anotherShapeIsFilledAsTold(fit: String) throws {
    let fixture = try DeliveryFixture(seconds: "1")
    let file = try #require(
      try fixture.deliver("social-9x16", options: { $0.fit = DeliveryFit(rawValue: fit) }).first)
    #expect(file.isDelivered, "\(file.problems)")
    let video = try #require(try DeliveryFixture.stream(file.file, "video"))
    #expect(video["width"] as? Int == 180 && video["height"] as? Int == 320)
    let result = try MediaTool.run(
      "ffmpeg", ["-v", "info", "-i", file.file, "-vf", "cropdetect=limit=24:round=2:skip=0:reset=1", "-f", "null", "-"])
    let crops = result.errors.matches(of: /crop=([0-9]+):([0-9]+)/).compactMap { Int($0.2) }
    // 180 columns of 16:9 are 101 rows.
    if fit == "pad" {
      #expect(crops.allSatisfy { (96...106).contains($0) })
    } else {
      #expect(crops.contains { $0 > 250 })
    }
  }

  @Test func previewsMove() throws {
    let fixture = try DeliveryFixture(seconds: "1")
    let gif = try #require(try fixture.deliver("gif-preview").first)
    #expect(gif.isDelivered, "\(gif.problems)")
    #expect(try MediaTool.decode(gif.file).frames == 12)
    let webp = try #require(try fixture.deliver("webp-preview").first)
    #expect(webp.isDelivered && webp.video?.frames == 12, "\(webp.problems)")
    let script = "import sys; from PIL import Image; i = Image.open(sys.argv[1]); print(i.n_frames, *i.size)"
    let read = try MediaTool.run("python3", ["-c", script, webp.file])
    #expect(read.text.split(separator: " ").first == "12", "\(read.errors)")
  }

  @Test func everyTrackIsAStem() throws {
    let fixture = try DeliveryFixture(
      seconds: "1", name: "two.mov", "-map", "0:v", "-map", "1:a", "-map", "1:a", "-metadata:s:a:1", "language=ger")
    let files = try fixture.deliver("audio-stems")
    #expect(files.count == 2 && files.allSatisfy(\.isDelivered))
    #expect(files[1].file.hasSuffix("_2_ger.wav"))
    for file in files {
      let track = try #require(try DeliveryFixture.stream(file.file, "audio"))
      #expect(track["codec_name"] as? String == "pcm_s24le" && track["duration_ts"] as? Int == 48_000)
    }
  }

  @Test func aVersionThatFailsItsPresetIsNotDelivered() throws {
    let fixture = try DeliveryFixture(seconds: "1")
    let file = try #require(
      try fixture.deliver(
        "proxy-1080p",
        recipe: { recipe in
          var video = recipe["video"] as? [String: Any] ?? [:]
          video["gop_seconds"] = 3
          video["options"] = [
            "preset": "ultrafast", "crf": "23", "profile": "high", "x264-params": "open-gop=1:bframes=2",
          ]
          recipe["video"] = video
          recipe["verify"] = "youtube-4k"
        }
      ).first)
    #expect(!file.isDelivered && file.verdict == .fail)
    #expect(!FileManager.default.fileExists(atPath: file.file))
    #expect(try FileManager.default.contentsOfDirectory(atPath: fixture.output) == [])
  }

  @Test(arguments: [
    ("HDR", ["-color_trc", "smpte2084", "-color_primaries", "bt2020", "-colorspace", "bt2020nc"], "h264-uhd-web"),
    ("too far apart", ["-r", "15"], "ads-roku"),
  ])
  func unsuitableMastersAreRefusedBeforeTheWork(text: String, arguments: [String], preset: String) throws {
    let fixture = try DeliveryFixture(seconds: "1")
    let other = fixture.folder.path("other.mp4")
    try MediaTool.ffmpeg(
      ["-i", fixture.master, "-c:v", "libx264", "-preset", "ultrafast"] + arguments + [other], in: fixture.folder.url)
    let (recipe, spec) = try fixture.recipe(preset)
    let deliverer = try Deliverer(
      try DeliveryMaster(path: other), options: DeliveryOptions(folder: fixture.output))
    let error = #expect(throws: DeliveryError.self) { try deliverer.check(recipe, spec: spec) }
    #expect(error?.message.contains(text) == true, "\(String(describing: error))")
  }
}
