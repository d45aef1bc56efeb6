import Foundation
import Stitching
import Support
import Testing

@Suite(.media) struct AudioLevelTests {
  @Test(arguments: [(-23.0, "m.mp4"), (-14, "m.mp4"), (-12, "m.mov")])
  func reachesTheTargetLoudnessWithinThePeakLimit(_ target: Double, _ name: String) throws {
    let clips = try AudioClips()
    let paths = [
      try clips.clip("a.mov", seconds: 3, audioSource: AudioClips.lively),
      try clips.clip("b.mov", seconds: 3, hue: 90, audioSource: AudioClips.lively + ",volume=-12dB,pan=mono|c0=c0"),
    ]
    let (path, report) = try clips.stitch(paths, to: name) {
      $0.audio.loudness = target
      $0.audio.codec = name.hasSuffix("mov") ? .pcm : .aac
    }
    let measured = try AudioClips.loudness(of: path)
    #expect(abs(measured.integrated - target) <= 0.5)
    #expect(measured.truePeak <= -1 + 0.1)
    let audio = try #require(report.audio)
    #expect(abs(try #require(audio.loudness) - measured.integrated) <= 0.1)
    #expect(abs(try #require(audio.truePeak) - measured.truePeak) <= 0.2)
    #expect(audio.targetLoudness == target && audio.truePeakLimit == -1)
    // The louder shot stays the louder one.
    let samples = try AudioClips.samples(of: path)
    #expect(Tone.level(samples[24_000..<120_000]) > 1.5 * Tone.level(samples[168_000..<264_000]))
  }

  @Test func peakLimitTakesPrecedenceOverTheLoudness() throws {
    let clips = try AudioClips()
    let (path, report) = try clips.stitch([try clips.clip("a.mov", audioSource: AudioClips.clicks)], to: "m.mp4") {
      $0.audio.loudness = -6
      $0.audio.truePeak = -3
    }
    let measured = try AudioClips.loudness(of: path)
    #expect(measured.truePeak <= -3 + 0.1)
    #expect(measured.integrated < -6.5)
    #expect(try #require(report.audio).reduction > 15)
  }

  @Test func silenceStaysSilent() throws {
    let clips = try AudioClips()
    let (path, report) = try clips.stitch([try clips.clip("a.mov", audioSource: "anullsrc=r=48000")], to: "m.mp4") {
      $0.audio.loudness = -16
    }
    #expect(try AudioClips.samples(of: path).allSatisfy { abs($0) < 0.0001 })
    #expect(report.audio?.gain == 0 && report.audio?.loudness == nil)
  }

  @Test func limiterLeavesAudioBelowTheLimitUnchanged() throws {
    let clips = try AudioClips()
    let source = try clips.clip("a.mov", audioSource: "anoisesrc=amplitude=0.5:sample_rate=48000:seed=3")
    let (path, _) = try clips.stitch([source], to: "m.mov") {
      $0.audio.codec = .pcm16
      $0.audio.truePeak = -1
    }
    let (before, after) = (try AudioClips.samples(of: source), try AudioClips.samples(of: path))
    #expect(before.count == 96_000 && before == after)
  }

  /// A gain that moved at audible speed would distort.
  @Test func limitedToneStaysPure() throws {
    let clips = try AudioClips()
    let source = try clips.clip("a.mov", audioSource: "sine=frequency=997:sample_rate=48000,volume=17dB")
    let (path, report) = try clips.stitch([source], to: "m.mov") {
      $0.audio.codec = .pcm
      $0.audio.truePeak = -6
    }
    #expect(try #require(report.audio).reduction > 4)
    let samples = try AudioClips.samples(of: path)
    #expect(Tone.strength(of: 997, in: samples[24_000..<72_000]) > 0.9999)
    #expect(try AudioClips.loudness(of: path).truePeak <= -5.95)
  }
}

@Suite(.media) struct MusicTests {
  private static let music = "sine=frequency=1000:sample_rate=44100,volume=12dB"

  private func music(_ clips: AudioClips, seconds: Double) throws -> String {
    try clips.folder.make(
      "music.wav", "-f", "lavfi", "-t", "\(seconds)", "-i", Self.music)
  }

  /// RMS of the first channel over a part of the master in seconds.
  private func level(_ samples: [Float], _ range: Range<Double>, rate: Double) -> Float {
    Tone.level(samples[Int(range.lowerBound * rate)..<Int(range.upperBound * rate)])
  }

  @Test(arguments: [false, true])
  func fillsSilentShotsAndFadesInAndOut(loops: Bool) throws {
    let clips = try AudioClips()
    let paths = [try clips.clip("a.mp4", audioSource: nil), try clips.clip("b.mp4", hue: 90, audioSource: nil)]
    let file = try music(clips, seconds: 2.5)
    let (path, report) = try clips.stitch(paths, to: "m.mp4") {
      var music = MusicOptions(file: file)
      music.level = -6
      music.fade = 0.5
      music.loops = loops
      $0.audio.music = music
    }
    let samples = try AudioClips.samples(of: path)
    #expect(abs(samples.count - 4 * 48_000) <= 1024)
    // A sine of 1/8, raised by 12 dB and lowered by 6.
    let plain = Float(0.125 * pow(10, 6.0 / 20) / 2.0.squareRoot())
    #expect(abs(level(samples, 0.6..<1.9, rate: 48_000) / plain - 1) < 0.03)
    #expect(level(samples, 0..<0.05, rate: 48_000) < 0.05 * plain)
    #expect(level(samples, 3.95..<3.99, rate: 48_000) < 0.05 * plain)
    let late = level(samples, 2.7..<3.4, rate: 48_000)
    #expect(loops ? abs(late / plain - 1) < 0.05 : late < 0.001)
    // Without a loop it fades out before its own end.
    let end = level(samples, 2.44..<2.48, rate: 48_000)
    #expect(loops ? end > 0.9 * plain : end < 0.1 * plain)
    #expect(report.audio?.music?.loops == loops && report.audio?.truePeakLimit == -1)
  }

  @Test func ducksUnderTheShotsAudio() throws {
    let clips = try AudioClips()
    let paths = [
      try clips.clip("a.mov", seconds: 3, audioSource: "sine=frequency=300:sample_rate=48000,volume=6dB"),
      try clips.clip("b.mov", seconds: 3, hue: 90, audioSource: "anullsrc=r=48000"),
    ]
    let file = try music(clips, seconds: 6)
    let (path, _) = try clips.stitch(paths, to: "m.mov") {
      var music = MusicOptions(file: file)
      music.level = 0
      music.fade = 0
      music.duck = 12
      $0.audio.music = music
      $0.audio.codec = .pcm
    }
    let samples = try AudioClips.samples(of: path)
    func amplitude(_ range: Range<Int>) -> Double {
      Tone.strength(of: 1000, in: samples[range]) * Double(Tone.level(samples[range]))
    }
    let ducked = amplitude(48_000..<96_000)
    let free = amplitude(216_000..<264_000)
    #expect(abs(20 * log10(free / ducked) - 12) < 0.3)
    // The shots' own audio keeps its level.
    let own = Tone.strength(of: 300, in: samples[48_000..<96_000]) * Double(Tone.level(samples[48_000..<96_000]))
    #expect(abs(own / (0.125 * pow(10, 6.0 / 20) / 2.0.squareRoot()) - 1) < 0.03)
  }

  @Test func refusesUnusableMusicByNameAndWritesNothing() throws {
    let clips = try AudioClips()
    let shot = try clips.clip("a.mp4", audioSource: nil)
    let whole = try Data(contentsOf: URL(filePath: try music(clips, seconds: 1)))
    for file in [
      shot, clips.folder.path("missing.wav"), try clips.folder.write("junk.wav", "no audio"),
      try clips.folder.write("head.wav", whole.prefix(44)),
    ] {
      let error = #expect(throws: (any Error).self) {
        try clips.stitch([shot], to: "m.mp4") {
          $0.audio.music = MusicOptions(file: file)
          $0.audio.music?.loops = true
        }
      }
      #expect(error.map { "\($0)".contains(file) } == true)
      #expect(!FileManager.default.fileExists(atPath: clips.folder.path("m.mp4")))
    }
  }
}
