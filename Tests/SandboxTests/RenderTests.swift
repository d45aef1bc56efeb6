import Foundation
import Presets
import Support
import Testing

@Suite(.serialized) struct RenderTests {
  private let model = TestSandbox.referenceModel

  @Test func aFullSizeClipIsWhatServicesDeliver() async throws {
    let folder = try ScratchFolder()
    try await TestSandbox.with(divisor: 1) { sandbox in
      let path = try await sandbox.clip(
        #"{"model":"\#(model)","prompt":"a valley","duration":3,"generate_audio":true}"#, in: folder)
      let probe = try await ClipReference.probe(path)
      let streams = probe["streams"]?.arrayValue ?? []
      #expect(streams.count == 2)
      let video = try #require(streams.first { $0["codec_type"] == "video" })
      #expect(video["codec_name"] == "h264" && video["profile"] == "High" && video["pix_fmt"] == "yuv420p")
      #expect(video["width"] == 3840 && video["height"] == 2160)
      #expect(video["has_b_frames"]?.integerValue ?? 0 >= 1)
      #expect(video["r_frame_rate"] == "24/1" && video["avg_frame_rate"] == "24/1")
      #expect(video["nb_read_packets"] == "72" && video["duration"] == "3.000000" && video["start_time"] == "0.000000")
      for tag in ["color_space", "color_transfer", "color_primaries"] { #expect(video[tag] == "bt709") }
      #expect(video["color_range"] == "tv")
      let audio = try #require(streams.first { $0["codec_type"] == "audio" })
      #expect(audio["codec_name"] == "aac" && audio["sample_rate"] == "48000" && audio["channels"] == 2)
      let length = try #require(audio["duration"]?.stringValue.flatMap { Double($0) })
      #expect((0.0075...0.0205).contains(abs(length - 3)), "\(length)")
      #expect(probe["format"]?["tags"]?["comment"] == "longtake sandbox: rendered by a simulator, not by a model")
      let times = try await ClipReference.times(path)
      #expect(times.sorted() == (0..<72).map { $0 * 512 })
      let bytes = try Data(contentsOf: URL(filePath: path))
      let index = try #require(bytes.range(of: Data("moov".utf8)))
      let media = try #require(bytes.range(of: Data("mdat".utf8)))
      #expect(index.lowerBound < media.lowerBound)
      let decoded = try await OutsideProgram.run("ffmpeg", ["-v", "warning", "-i", path, "-f", "null", "-"])
      #expect(decoded.status == 0 && decoded.errors.isEmpty, "\(decoded.errors)")
    }
  }

  @Test(arguments: [("16:9", 480, 270), ("9:16", 270, 480), ("1:1", 360, 360)])
  func sizesFollowTheAspectRatio(ratio: String, width: Int64, height: Int64) async throws {
    let folder = try ScratchFolder()
    try await TestSandbox.with { sandbox in
      let path = try await sandbox.clip(
        #"{"model":"\#(model)","prompt":"a","duration":3,"aspect_ratio":"\#(ratio)"}"#, in: folder)
      let streams = try await ClipReference.probe(path)["streams"]?.arrayValue ?? []
      #expect(streams.count == 1, "no audio unless asked for")
      #expect(streams[0]["width"] == .integer(width) && streams[0]["height"] == .integer(height))
    }
  }

  @Test func theOmniModelRendersTheResolutionAskedFor() async throws {
    let folder = try ScratchFolder()
    try await TestSandbox.with { sandbox in
      for (parameters, width) in [("", 240), (#","resolution":"4k""#, 480), (#","resolution":"720p""#, 160)] {
        let path = try await sandbox.clip(
          #"{"model":"kling-video-o3-omni","prompt":"a","duration":3\#(parameters)}"#, in: folder)
        let streams = try await ClipReference.probe(path)["streams"]?.arrayValue ?? []
        #expect(streams.first?["width"]?.integerValue == Int64(width))
      }
    }
  }

  @Test func theSameRequestGivesTheSameBytesFromAnotherSandbox() async throws {
    let folder = try ScratchFolder()
    let still = folder.path + "/still.png"
    try await ClipReference.still(still, source: "mandelbrot=", size: "960x540")
    var clips: [Data] = []
    for run in 0..<2 {
      try await TestSandbox.with { sandbox in
        let address = try await sandbox.upload(still, as: "start.png")
        let path = try await sandbox.clip(
          #"{"model":"\#(model)","prompt":"on","duration":3,"generate_audio":true,"start_image_url":"\#(address)"}"#,
          in: folder, name: "clip\(run)")
        clips.append(try Data(contentsOf: URL(filePath: path)))
      }
    }
    #expect(clips[0] == clips[1])
  }

  @Test func startsNearTheStartImageAndArrivesAtTheEndImage() async throws {
    let folder = try ScratchFolder()
    let (start, end) = (folder.path + "/start.png", folder.path + "/end.png")
    try await ClipReference.still(start, source: "mandelbrot=start_scale=1.4:", size: "480x270")
    try await ClipReference.still(end, source: "testsrc2=", size: "480x270")
    // 270 lines are below the published 300: the upload is twice the size of the clip.
    let (bigStart, bigEnd) = (folder.path + "/big-start.png", folder.path + "/big-end.jpg")
    for (source, target) in [(start, bigStart), (end, bigEnd)] {
      _ = try await OutsideProgram.run(
        "ffmpeg", ["-v", "error", "-i", source, "-vf", "scale=960:540:flags=neighbor", "-q:v", "1", target])
    }
    try await TestSandbox.with { sandbox in
      let (from, to) = (
        try await sandbox.upload(bigStart, as: "start.png"), try await sandbox.upload(bigEnd, as: "end.jpg")
      )
      let path = try await sandbox.clip(
        #"{"model":"\#(model)","prompt":"on","duration":3,"start_image_url":"\#(from)","tail_image_url":"\#(to)"}"#,
        in: folder)
      let first = try await ClipReference.psnr(path, frame: 0, against: start)
      #expect((25...45).contains(first), "\(first) dB")
      let arrived = try await ClipReference.psnr(path, frame: 71, against: end)
      let underway = try await ClipReference.psnr(path, frame: 30, against: end)
      #expect(arrived > 24 && arrived > underway + 6, "\(underway) → \(arrived) dB")
      let moved = try await ClipReference.psnr(path, frame: 20, against: start)
      #expect(moved < first - 1, "the camera moves: \(first) → \(moved) dB")
    }
  }

  @Test func imageToVideoTakesTheImagesAspect() async throws {
    let folder = try ScratchFolder()
    let still = folder.path + "/still.png"
    try await ClipReference.still(still, source: "testsrc2=", size: "800x600")
    let encoded = try Data(contentsOf: URL(filePath: still)).base64EncodedString()
    try await TestSandbox.with { sandbox in
      let path = try await sandbox.clip(
        #"{"model":"\#(TestSandbox.imageModel)","prompt":"on","duration":3,"input_image":"data:image/png;base64,\#(encoded)"}"#,
        in: folder)
      let video = try #require(try await ClipReference.probe(path)["streams"]?.arrayValue?.first)
      let (width, height) = (video["width"]?.doubleValue ?? 0, video["height"]?.doubleValue ?? 1)
      #expect(abs(width / height - 4.0 / 3) < 0.02)
      #expect(abs(width * height / (480 * 270) - 1) < 0.05)
    }
  }

  @Test func everyShotOfAMultiPromptIsAScene() async throws {
    let folder = try ScratchFolder()
    try await TestSandbox.with { sandbox in
      let path = try await sandbox.clip(
        #"{"model":"\#(model)","multi_prompt":[{"prompt":"night sky","duration":1},{"prompt":"desert at noon","duration":2},{"prompt":"storm over the sea","duration":1}]}"#,
        in: folder)
      let differences = try await ClipReference.differences(path)
      #expect(differences.count == 95)
      let ordinary = differences.sorted()[differences.count / 2]
      let cuts = differences.indices.filter { differences[$0] > 6 * ordinary + 3 }
      #expect(cuts == [23, 71], "cuts after frames \(cuts), ordinary difference \(ordinary)")
    }
  }

  @Test func remoteAddressesAreNotFetched() async throws {
    try await TestSandbox.with { sandbox in
      let address = "https://hub.oxen.ai/api/repos/someone/assets/file/main/a.png"
      let id = try await sandbox.enqueue(#"{"model":"\#(model)","start_image_url":"\#(address)","duration":3}"#)[0]
      let answer = try await sandbox.outcome(of: id)
      #expect(answer["status"] == "succeeded")
      #expect(answer["sandbox_note"]?.stringValue?.contains(address) == true)
    }
  }

  @Test func imagesOutsideThePublishedLimitsAreRefused() async throws {
    let folder = try ScratchFolder()
    try await TestSandbox.with { sandbox in
      for (size, limit) in [("320x200", "at least 300"), ("1600x400", "1:2.5 to 2.5:1")] {
        let still = "\(folder.path)/\(size).png"
        try await ClipReference.still(still, source: "testsrc2=", size: size)
        let address = try await sandbox.upload(still, as: "\(size).png")
        let id = try await sandbox.enqueue(#"{"model":"\#(model)","start_image_url":"\#(address)"}"#)[0]
        let message = try await sandbox.outcome(of: id)["error_message"]?.stringValue ?? ""
        #expect(message.contains(limit), "\(message)")
      }
    }
  }
}
