import Foundation
import Libav
import Presets
import Probing
import Support
import Testing
import Verification

/// Frames that ffmpeg scaled up, and native ones.
@Suite(.media) struct NativeResolutionTests {
  let folder: ScratchFolder
  init() throws { folder = try ScratchFolder() }

  private static let h264 = ["-c:v", "libx264", "-preset", "veryfast", "-crf", "18", "-pix_fmt", "yuv420p"]
  private static let hevc = [
    "-c:v", "libx265", "-preset", "ultrafast", "-crf", "18", "-x265-params", "log-level=none", "-pix_fmt",
    "yuv420p10le",
  ]

  /// Encodes one frame through filters and estimates its native resolution.
  private func estimate(
    _ frame: String, _ filters: String, _ encoding: [String] = h264, name: String = "clip.mp4"
  ) throws -> NativeResolutionReport {
    try MediaTool.ffmpeg(["-i", frame, "-vf", filters] + encoding + [name], in: folder.url)
    return try NativeResolution.estimate(path: folder.path(name))
  }

  private func frame(_ width: Int = 1920, _ height: Int = 1080) throws -> String {
    try NativeTestImage.write(folder, "frame.pgm", width: width, height: height)
  }

  /// Scales down to a source and up again.
  private static func upscaled(from source: String, to target: String, _ kernel: String = "bicubic") -> String {
    "scale=\(source):flags=lanczos,scale=\(target):flags=\(kernel)"
  }

  @Test("4K scaled up from 720, 1080 and 1440 lines is recognized with its source size; native 4K passes")
  func fourK() throws {
    let frame = try frame(3840, 2160)
    let native = try estimate(frame, "null")
    #expect(native.verdict == .native)
    #expect(native.estimatedWidth == nil && native.estimatedHeight == nil)
    #expect(native.keyFrames == 1)
    #expect(native.note.contains("AI super-resolution"))
    for (width, height, kernel) in [(1280, 720, "bilinear"), (1920, 1080, "lanczos"), (2560, 1440, "bicubic")] {
      let report = try estimate(frame, Self.upscaled(from: "\(width):\(height)", to: "3840:2160", kernel))
      #expect(report.verdict == .upscaled, "\(height)")
      #expect(report.estimatedWidth == width && report.estimatedHeight == height)
      #expect(report.confidence > 0.75 && report.confidence <= 1)
      #expect((report.width, report.height) == (3840, 2160))
      if height == 1080 { try expectRefused(folder.path("clip.mp4"), source: "1920×1080") }
    }
  }

  @Test("The size of an area-averaged source is found, not half of it")
  func averaged() throws {
    let softNoise = "lutyuv=y=128,noise=c0s=90:c0f=a,gblur=sigma=1.2"
    let report = try estimate(
      frame(3840, 2160), softNoise + ",scale=2560:1440:flags=area,scale=3840:2160:flags=lanczos")
    #expect(report.estimatedHeight == 1440)
  }

  /// The 4K preset rejects an upscaled clip, in fast mode too.
  private func expectRefused(_ path: String, source: String) throws {
    let spec = try PresetLibrary(directory: ProjectFiles.path("presets")).deliverableSpec(named: "uhd-4k")
    for mode in [Verifier.Mode.full, .fast] {
      let report = try Verifier(spec: spec, mode: mode).verify(path)
      let finding = try #require(report.finding("video.native_resolution"))
      #expect(report.verdict == .fail)
      #expect(finding.status == .fail && finding.actual == "upscaled")
      #expect(finding.message.contains(source) && finding.advice?.contains("full resolution") == true)
      #expect(report.reasons.filter { $0.status == .fail }.map(\.check) == ["video.native_resolution"])
    }
  }

  @Test("The rule passes native frames, fails upscaled ones and is inconclusive for flat ones")
  func rule() throws {
    let frame = try frame(1080, 720)
    func finding(_ filters: String, _ mode: Verifier.Mode = .full) throws -> Finding {
      try MediaTool.ffmpeg(["-i", frame, "-vf", filters] + Self.h264 + ["rule.mp4"], in: folder.url)
      let spec = TestClip.spec(["video.native_resolution": DeliverableRule(condition: nil)])
      return try #require(
        try Verifier(spec: spec, mode: mode).verify(folder.path("rule.mp4")).finding("video.native_resolution"))
    }
    for mode in [Verifier.Mode.full, .fast] {
      let native = try finding("null", mode)
      #expect(native.status == .pass && native.actual == "native")
      #expect(!native.message.contains("AI super-resolution"))
    }
    let upscaled = try finding(Self.upscaled(from: "720:480", to: "1080:720"))
    #expect(upscaled.status == .fail && upscaled.expected == ["native", "likely_native"])
    let flat = try finding("lutyuv=y=100:u=128:v=128")
    #expect(flat.status == .inconclusive && flat.message.contains("flat"))
  }

  @Test("Other shapes, depths and codecs: portrait 10-bit HEVC, square H.264, and lossless images")
  func shapes() throws {
    let frame = try frame(2160, 2160)
    let portrait = try estimate(
      frame, "crop=1080:1920," + Self.upscaled(from: "720:1280", to: "1080:1920"), Self.hevc)
    #expect(portrait.verdict == .upscaled)
    #expect(portrait.estimatedWidth == 720 && portrait.estimatedHeight == 1280)
    #expect(try estimate(frame, "crop=1080:1920", Self.hevc).verdict == .native)
    let square = try estimate(frame, Self.upscaled(from: "1440:1440", to: "2160:2160", "spline"))
    #expect(square.estimatedWidth == 1440 && square.estimatedHeight == 1440)
    let small = "crop=1080:720," + Self.upscaled(from: "720:480", to: "1080:720")
    for (name, codec) in [
      ("still.png", ["-pix_fmt", "rgb24"]), ("deep.png", ["-pix_fmt", "gray16be"]),
      ("still.jpg", ["-pix_fmt", "yuvj420p", "-q:v", "2"]), ("clip.mkv", ["-c:v", "ffv1", "-pix_fmt", "gbrp"]),
    ] {
      let report = try estimate(frame, small, codec, name: name)
      #expect(report.estimatedHeight == 480, "\(name)")
      #expect(try estimate(frame, "crop=1080:720", codec, name: name).verdict == .native, "\(name)")
    }
  }

  @Test("Soft, dark and flat native frames are never called upscaled")
  func poor() throws {
    let frame = try frame()
    for codec in [Self.h264, Self.hevc] {
      let soft = try estimate(frame, "gblur=sigma=4", codec)
      #expect(soft.verdict != .upscaled)
      let dark = try estimate(frame, "lutyuv=y=16+(val-16)/40", codec)
      #expect(dark.verdict != .upscaled)
      let flat = try estimate(frame, "lutyuv=y=100:u=128:v=128", codec)
      #expect(flat.verdict == .inconclusive)
      #expect(flat.keyFrames == 0)
      #expect(flat.note.contains("flat"))
    }
  }

  @Test("Source sizes that codec blocks could imitate are not reported")
  func excluded() throws {
    let frame = try frame()
    for source in ["1440:810", "1600:900"] {
      let report = try estimate(frame, Self.upscaled(from: source, to: "1920:1080"))
      #expect(report.verdict != .upscaled, "\(source)")
    }
  }

  @Test(
    "Codecs with plain 8×8 blocks make no soft frame look upscaled, but hide a source of half the size"
  )
  func plainBlocks() throws {
    let frame = try frame()
    for codec in ["mpeg2video", "mpeg4", "mjpeg"] {
      let encoding = ["-c:v", codec, "-q:v", "4", "-pix_fmt", codec == "mjpeg" ? "yuvj420p" : "yuv420p"]
      let soft = try estimate(frame, "crop=1280:960:0:0,gblur=sigma=5", encoding, name: "clip.mov")
      #expect(soft.verdict != .upscaled, "\(codec)")
      let half = try estimate(
        frame, "crop=1280:960:0:0," + Self.upscaled(from: "640:480", to: "1280:960", "neighbor"), encoding,
        name: "clip.mov")
      #expect(half.verdict == .inconclusive, "\(codec)")
      #expect(half.note.contains("640×480"), "\(codec)")
    }
  }

  @Test("A source of half the size is found after codecs with a deblocking filter")
  func half() throws {
    let frame = try frame()
    let filters = Self.upscaled(from: "960:540", to: "1920:1080", "bilinear")
    for (name, encoding) in [
      ("clip.webm", ["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "0", "-crf", "20"]),
      ("clip.mp4", ["-c:v", "libsvtav1", "-preset", "12", "-crf", "25"]), ("clip.mkv", Self.h264),
      ("clip.mov", ["-c:v", "prores_ks", "-profile:v", "2"]),
    ] {
      let report = try estimate(
        frame, filters, encoding + ["-pix_fmt", name == "clip.mov" ? "yuv422p10le" : "yuv420p"], name: name)
      #expect(report.estimatedHeight == 540, "\(name)")
    }
  }

  @Test("Of a frame that was scaled up twice, the first size is found")
  func twice() throws {
    let report = try estimate(
      try frame(), "scale=854:480:flags=lanczos,scale=1280:720:flags=lanczos,scale=1920:1080:flags=lanczos")
    #expect(report.verdict == .upscaled && report.estimatedHeight == 480)
  }

  @Test("Odd sizes are estimated")
  func oddSizes() throws {
    let frame = try frame(1081, 721)
    let png = ["-pix_fmt", "gray"]
    #expect(try estimate(frame, "null", png, name: "native.png").verdict == .native)
    let report = try estimate(frame, Self.upscaled(from: "720:480", to: "1081:721"), png, name: "scaled.png")
    #expect(report.estimatedHeight == 480)
  }

  @Test("Black bars do not hide a smaller source, whether scaled with it or added later")
  func bars() throws {
    let frame = try frame()
    let inside = try estimate(
      frame,
      "scale=1280:720:flags=lanczos,drawbox=h=70:c=black:t=fill,drawbox=y=651:h=69:c=black:t=fill,"
        + "scale=1920:1080:flags=bicubic")
    #expect(inside.estimatedHeight == 720)
    #expect(inside.vertical.activeLength < 900 && inside.vertical.activeLength > 800)
    #expect(inside.vertical.length == 1080)
    let outside = try estimate(
      frame, "scale=1280:720:flags=lanczos,crop=1280:534,scale=1920:801:flags=bicubic,pad=1920:1080:0:140")
    #expect(outside.estimatedHeight == 720)
    #expect((800...802).contains(outside.vertical.activeLength))
    #expect(try estimate(frame, "crop=1920:801,pad=1920:1080:0:139").verdict == .native)
  }

  @Test("Of many keyframes the same twelve are used in every container")
  func manyKeys() throws {
    let frame = try frame(1080, 720)
    let filters = "scale=720:480:flags=lanczos,scroll=horizontal=0.01,scale=1080:720:flags=bicubic"
    let loop = ["-loop", "1", "-framerate", "25", "-t", "1.4", "-i", frame, "-vf", filters]
    try MediaTool.ffmpeg(
      loop + Self.h264 + ["-preset", "ultrafast", "-g", "2", "-bf", "0", "clip.mp4"], in: folder.url)
    let report = try NativeResolution.estimate(path: folder.path("clip.mp4"))
    #expect(report.keyFrames == NativeThresholds.keyFrames)
    #expect(report.estimatedHeight == 480)
    for name in ["clip.ts", "clip.h264", "clip.mkv"] {
      try MediaTool.ffmpeg(["-i", "clip.mp4", "-c", "copy", name], in: folder.url)
      let other = try NativeResolution.estimate(path: folder.path(name))
      #expect(other.keyFrames == report.keyFrames, "\(name)")
      #expect(other.estimatedHeight == 480, "\(name)")
      let difference = (other.vertical.correlation ?? 0) - (report.vertical.correlation ?? 1)
      #expect(abs(difference) < 1e-6, "\(name)")
    }
    let few = try NativeResolution.estimate(
      path: try folder.make("few.mp4", "-i", "clip.mp4", "-c:v", "mpeg4", "-q:v", "2", "-g", "300"))
    #expect(few.keyFrames == 1)
  }

  @Test("Too small a frame is inconclusive; a note reports that no smaller source could be tried")
  func small() throws {
    let frame = try frame(640, 360)
    #expect(try estimate(frame, "crop=100:100").verdict == .inconclusive)
    let report = try estimate(frame, "null")
    #expect(report.verdict == .native)
    #expect(report.horizontal.candidate == nil)
    #expect(report.note.contains("no smaller source could be tried"))
  }

  @Test("A file without video is an error that names it")
  func noFrame() throws {
    let audio = try folder.make("audio.m4a", "-f", "lavfi", "-i", "sine=duration=0.5", "-c:a", "aac")
    let text = try folder.write("text.mp4", "no video")
    for (path, code) in [
      (audio, LibavError.Code.noSuchStream), (text, .invalidData), (folder.path("nothing.mp4"), .fileNotFound),
    ] {
      let error = #expect(throws: LibavError.self) { _ = try NativeResolution.estimate(path: path) }
      #expect(error?.code == code)
      #expect(error?.description.contains(path) == true)
    }
  }

  @Test("No real clip is called upscaled", .enabled(if: RealClips.areThere), arguments: RealClips.paths)
  func realClips(_ path: String) throws {
    guard let info = try MediaTool.ffprobe(path), (info["streams"] as? [Any])?.isEmpty == false else { return }
    let report = try NativeResolution.estimate(path: path)
    #expect(report.verdict != .upscaled)
  }
}
