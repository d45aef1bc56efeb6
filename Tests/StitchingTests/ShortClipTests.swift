import Foundation
import Stitching
import Support
import Testing

/// Clips of a few frames, and clips whose last packet is short.
@Suite(.media) struct ShortClipTests {
  private static let bFrames = ["-c:v", "libx264", "-bf", "2", "-x264-params", "b-adapt=0", "-pix_fmt", "yuv420p"]

  private static func clip(_ folder: ScratchFolder, _ name: String, frames: Int, _ arguments: [String] = []) throws {
    try MediaTool.ffmpeg(
      ["-f", "lavfi", "-i", "testsrc2=size=128x128:rate=24", "-frames:v", "\(frames)"] + bFrames + arguments + [name],
      in: folder.url)
  }

  private static func stitch(
    _ paths: [String], to output: String, mode: StitchOptions.Mode = .auto
  ) throws -> StitchReport {
    var options = StitchOptions()
    options.overlap = .keep
    options.mode = mode
    let plan = try StitchPlan(paths.map { StitchShot(path: $0) }, options: options)
    return try Stitcher(plan, options: options).write(to: output)
  }

  /// libav derives the decoding delay from the composition offsets, but not from the last ones.
  @Test(arguments: [2, 3, 4, 5, 6], [StitchOptions.Mode.auto, .encode])
  func keepsEveryFrameOfAShortClipWithBFrames(frames: Int, mode: StitchOptions.Mode) throws {
    let folder = try ScratchFolder()
    try Self.clip(folder, "a.mp4", frames: frames)
    let output = folder.path("m.mp4")
    let report = try Self.stitch([folder.path("a.mp4")], to: output, mode: mode)
    let master = try MasterReference(output)
    #expect(report.frames == frames && master.frames == frames)
    #expect(master.complaints.isEmpty, "\(master.complaints)")
    #expect(master.deltas.count <= 1 && master.decodingDeltas.count <= 1 && master.videoStart == 0)
    #expect(zip(master.pts, master.dts).allSatisfy { $0 >= $1 })
    if mode == .auto { #expect(try MasterReference.frames(of: folder.path("a.mp4")) == master.digests) }
  }

  /// Only the last frames of the master are reordered, and there is audio to keep in step with them.
  @Test func keepsAudioInStepWhenOnlyTheLastFramesAreReordered() throws {
    let folder = try ScratchFolder()
    let audio = ["-f", "lavfi", "-i", "sine=sample_rate=48000"]
    for (name, frames, bFrames) in [("a.mp4", 24, "0"), ("b.mp4", 3, "2")] {
      try MediaTool.ffmpeg(
        ["-f", "lavfi", "-i", "testsrc2=size=128x128:rate=24"] + audio + ["-frames:v", "\(frames)", "-shortest"]
          + Self.bFrames + ["-bf", bFrames, "-c:a", "aac", name], in: folder.url)
    }
    let output = folder.path("m.mp4")
    let report = try Self.stitch([folder.path("a.mp4"), folder.path("b.mp4")], to: output)
    let master = try MasterReference(output)
    #expect(report.frames == 27 && master.frames == 27 && master.complaints.isEmpty, "\(master.complaints)")
    #expect(report.checks.allSatisfy(\.passed) && master.deltas.count == 1)
    #expect(abs(try #require(master.audioStart)) <= 1024.0 / 48_000 && master.videoStart == 0)
  }

  @Test(arguments: [1, 100, 511, 700], ["mp4", "mkv", "mov"])
  func lastsAsLongAsItsFramesWhateverTheLastPacketSays(duration: Int, container: String) throws {
    let folder = try ScratchFolder()
    try Self.clip(folder, "whole.mp4", frames: 12)
    try MediaTool.ffmpeg(
      [
        "-i", "whole.mp4", "-c", "copy", "-bsf:v",
        "setts=pts=PTS:dts=DTS:duration=if(eq(N\\,11)\\,\(duration)\\,DURATION)", "a.\(container)",
      ], in: folder.url)
    let output = folder.path("m.mp4")
    let report = try Self.stitch([folder.path("a.\(container)")], to: output)
    let master = try MasterReference(output)
    #expect(report.frames == 12 && report.duration == 0.5 && master.frames == 12)
    #expect(abs(master.videoEnd - 0.5) < 1e-6 && master.deltas.count == 1 && master.complaints.isEmpty)
  }
}

/// Music files that end early.
@Suite(.media) struct MusicFileTests {
  /// Containers whose header gives the length, and the arguments that make them.
  private static let containers: [String: [String]] = [
    "mka": ["-c:a", "libvorbis"], "wav": [], "flac": [], "m4a": ["-c:a", "aac", "-movflags", "+faststart"],
    "mp3": ["-c:a", "libmp3lame"],
  ]

  private static func stitch(_ clips: AudioClips, music: String, loops: Bool = false) throws -> String {
    let shot = try clips.clip("a.mp4", seconds: 4, audioSource: nil)
    return try clips.stitch([shot], to: "m.mp4") {
      $0.audio.music = MusicOptions(file: music)
      $0.audio.music?.loops = loops
    }.path
  }

  @Test(arguments: containers.keys.sorted(), [false, true])
  func rejectsMusicThatIsCutShort(container: String, loops: Bool) throws {
    let clips = try AudioClips()
    let whole = "whole.\(container)"
    try MediaTool.ffmpeg(
      ["-f", "lavfi", "-i", "anoisesrc=duration=3:sample_rate=48000"] + (Self.containers[container] ?? []) + [whole],
      in: clips.folder.url)
    let bytes = try Data(contentsOf: URL(filePath: clips.folder.path(whole)))
    let cut = try clips.folder.write("cut.\(container)", bytes.prefix(bytes.count / 2))
    let error = #expect(throws: (any Error).self) { try Self.stitch(clips, music: cut, loops: loops) }
    #expect(error.map { "\($0)".contains(cut) } == true, "\(String(describing: error))")
    #expect((error as? StitchError)?.code == .unusableMusic)
    #expect(!FileManager.default.fileExists(atPath: clips.folder.path("m.mp4")))
    #expect(try Self.stitch(clips, music: clips.folder.path(whole), loops: loops) == clips.folder.path("m.mp4"))
  }

  /// A file written to a pipe has no length in its header.
  @Test(arguments: ["wav", "flac", "matroska", "mp3", "ogg", "adts"])
  func acceptsMusicWithoutALengthInItsHeader(format: String) throws {
    let clips = try AudioClips()
    let result = try MediaTool.run(
      "ffmpeg",
      ["-hide_banner", "-nostdin", "-v", "error", "-f", "lavfi", "-i", "sine=duration=2", "-f", format, "pipe:1"])
    let music = try clips.folder.write("music.bin", result.output)
    #expect(try Self.stitch(clips, music: music) == clips.folder.path("m.mp4"))
  }

  /// The header gives the length of the video, and the audio ends before it.
  @Test(arguments: ["mkv", "mp4"])
  func acceptsMusicFromALongerVideo(container: String) throws {
    let clips = try AudioClips()
    let music = "music.\(container)"
    try MediaTool.ffmpeg(
      [
        "-f", "lavfi", "-i", "testsrc2=size=64x64:duration=4", "-f", "lavfi", "-i", "sine=duration=2", "-c:a", "aac",
        music,
      ], in: clips.folder.url)
    #expect(try Self.stitch(clips, music: clips.folder.path(music)) == clips.folder.path("m.mp4"))
  }
}
