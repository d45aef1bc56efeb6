import Files
import Foundation
import Stitching
import Support
import Testing
import Timing

/// A voice over a master, judged by ffmpeg.
@Suite(.media) struct VoiceTests {
  /// 440 Hz from 1 s to 2 s of 3 s.
  private static func voice(_ clips: AudioClips, _ name: String = "voice.wav", seconds: Double = 3) throws -> String {
    try clips.folder.make(
      name, "-f", "lavfi", "-i", "aevalsrc='0.25*sin(440*2*PI*t)*between(t,1,2)':s=48000:d=\(seconds)")
  }

  private func clip(_ clips: AudioClips) throws -> String {
    try clips.clip("a.mov", seconds: 3, audioSource: "aevalsrc=0.2*sin(3000*2*PI*t):s=48000")
  }

  /// Amplitude of a tone over 0.2 s from a time on.
  private func amplitude(_ samples: [Float], of frequency: Double, at time: Double) -> Double {
    let part = samples[Int(time * 48_000)..<Int((time + 0.2) * 48_000)]
    let sums = part.enumerated().reduce((0.0, 0.0)) { sums, item in
      let angle = 2 * Double.pi * frequency * Double(item.offset) / 48_000
      return (sums.0 + Double(item.element) * cos(angle), sums.1 + Double(item.element) * sin(angle))
    }
    return 2 * (sums.0 * sums.0 + sums.1 * sums.1).squareRoot() / Double(part.count)
  }

  @Test(arguments: [(12.0, 0.05), (6.0, 0.2), (0.0, 0.05)])
  func theProgramIsDuckedUnderTheVoiceAndComesBack(duck: Double, attack: Double) throws {
    let clips = try AudioClips()
    var voice = VoiceOptions(file: try Self.voice(clips))
    (voice.duck, voice.attack) = (duck, attack)
    let (path, report) = try clips.stitch([try clip(clips)], to: "m.mov") {
      $0.audio.codec = .pcm
      $0.audio.voice = voice
      $0.audio.language = "deu"
    }
    let samples = try AudioClips.samples(of: path)
    #expect(samples.count == 144_000)
    let lowered = 0.2 * pow(10, -duck / 20)
    #expect(abs(amplitude(samples, of: 3000, at: 0.5) - 0.2) < 0.002)
    #expect(abs(amplitude(samples, of: 3000, at: 1.75) - lowered) < 0.1 * lowered)
    // 2.2 time constants after the voice's end.
    #expect(amplitude(samples, of: 3000, at: 2.78) > 0.14)
    #expect(abs(amplitude(samples, of: 440, at: 1.5) - 0.25) < 0.01)
    if duck == 12 {
      // One time constant after its start, not at once and not much later.
      #expect(amplitude(samples, of: 3000, at: 1.15) < 1.35 * lowered)
    }
    let audio = try #require(try MediaTool.ffprobe(path)?["streams"] as? [[String: Any]]).first {
      $0["codec_type"] as? String == "audio"
    }
    #expect((audio?["tags"] as? [String: Any])?["language"] as? String == "deu")
    #expect(report.audio?.voice?.duck == duck && report.audio?.truePeakLimit == -1)
  }

  @Test func loudnessAndPeakAreThoseOfTheMix() throws {
    let clips = try AudioClips()
    let voice = VoiceOptions(file: try Self.voice(clips))
    let (path, _) = try clips.stitch([try clip(clips)], to: "m.mp4") {
      $0.audio.voice = voice
      $0.audio.loudness = -16
      $0.audio.truePeak = -2
    }
    let measured = try AudioClips.loudness(of: path)
    #expect(abs(measured.integrated + 16) <= 0.3 && measured.truePeak <= -1.9)
  }

  @Test func aVoiceIsHeardOverShotsWithoutAudioAndMovesWithRetiming() throws {
    let clips = try AudioClips()
    let voice = VoiceOptions(file: try Self.voice(clips))
    let (path, _) = try clips.stitch([try clips.clip("a.mov", seconds: 3, audioSource: nil)], to: "m.mov") {
      $0.audio.codec = .pcm
      $0.audio.voice = voice
      $0.retime = FrameRate(25).map { RetimeOptions(rate: $0) }
    }
    let samples = try AudioClips.samples(of: path)
    #expect(samples.count == 138_240)
    let first = try #require(samples.firstIndex { abs($0) > 0.01 })
    #expect(abs(Double(first) / 48_000 - 0.96) < 0.002)
  }

  /// The second master's video is the first one's.
  @Test func languagesShareEveryVideoPacket() throws {
    let clips = try AudioClips()
    let voice = VoiceOptions(file: try Self.voice(clips))
    let shots = [
      try clips.clip("a.mov", seconds: 2, audioSource: AudioClips.lively),
      try clips.clip("b.mov", seconds: 2, hue: 90, audioSource: nil),
    ]
    var options = StitchOptions()
    options.overlap = .fixed(3)
    options.writesChapters = true
    let plan = try StitchPlan(shots.map { StitchShot(path: $0) }, options: options)
    let paths = ["eng", "deu"].map { Stitcher.path(clips.folder.path("m.mp4"), language: $0) }
    for (number, path) in paths.enumerated() {
      options.audio.language = number == 0 ? "eng" : "deu"
      options.audio.voice = number == 0 ? nil : voice
      _ = try Stitcher(plan, options: options).write(to: path, videoOf: number == 0 ? nil : paths[0])
    }
    let packets = try paths.map { path in
      try MediaTool.run("ffmpeg", ["-v", "error", "-i", path, "-map", "0:v", "-c", "copy", "-f", "framemd5", "-"]).text
    }
    #expect(packets[0] == packets[1] && packets[0].count > 1000)
    let audio = try paths.map {
      try SHA256Text.of(MediaTool.run("ffmpeg", ["-v", "error", "-i", $0, "-map", "0:a", "-f", "s16le", "-"]).output)
    }
    #expect(audio[0] != audio[1])
    #expect(try MediaTool.decode(paths[1]).errors == [])
    let probes = try paths.map { try #require(try MediaTool.ffprobe($0)?["streams"] as? [[String: Any]]) }
    #expect(probes[0].map { $0["codec_name"] as? String } == probes[1].map { $0["codec_name"] as? String })
    #expect(probes[0].first?["nb_frames"] as? String == probes[1].first?["nb_frames"] as? String)
  }

  @Test func voicesThatCannotBeUsedAreRefused() throws {
    let clips = try AudioClips()
    let long = VoiceOptions(file: try Self.voice(clips, "long.wav", seconds: 5))
    func check(_ versions: [LanguageVersion]) throws { try LanguageVersion.check(versions, program: 3) }
    #expect { try check([LanguageVersion(language: "deu", voice: long)]) } throws: { error in
      (error as? StitchError)?.code == .unusableVoice && "\(error)".contains("lasts 5 s")
    }
    let voice = VoiceOptions(file: try Self.voice(clips))
    try check([LanguageVersion(language: "deu", voice: voice), LanguageVersion(language: "fra", voice: nil)])
    #expect(throws: StitchError.self) {
      try check([LanguageVersion(language: "deu", voice: voice), LanguageVersion(language: "deu", voice: nil)])
    }
    #expect(throws: StitchError.self) { try check([LanguageVersion(language: "de", voice: voice)]) }
    let mute = VoiceOptions(file: try clips.clip("mute.mov", audioSource: nil))
    #expect { try check([LanguageVersion(language: "deu", voice: mute)]) } throws: { "\($0)".contains("voice") }
  }
}
