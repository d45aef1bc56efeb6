import Foundation
import Stitching
import Support
import Testing

@Suite(.media) struct AudioJoinTests {
  /// Around a join, no sample step is larger than 1.5 times the usual steps of the louder neighbour.
  @Test(arguments: [
    ["aevalsrc='0.5*sin(2*PI*220*t)':s=48000", "aevalsrc='0.5*cos(2*PI*220*t)':s=48000"],
    ["aevalsrc='0.5*cos(2*PI*97*t)':s=48000", "aevalsrc='-0.5*cos(2*PI*97*t)':s=48000"],
    [
      "anoisesrc=color=brown:amplitude=0.5:sample_rate=48000:seed=1",
      "anoisesrc=color=brown:amplitude=0.5:sample_rate=48000:seed=2",
    ],
    ["anoisesrc=color=pink:amplitude=0.4:sample_rate=48000:seed=1", "sine=frequency=880:sample_rate=44100,volume=9dB"],
  ])
  func joinsDoNotClick(sources: [String]) throws {
    let clips = try AudioClips()
    let paths = try sources.enumerated().map { number, source in
      try clips.clip(
        "\(number).mp4", hue: 90 * number, audioSource: source, encoding: ["-c:a", "aac", "-b:a", "256k", "-ac", "2"])
    }
    let (path, report) = try clips.stitch(paths, to: "m.mp4")
    func steps(_ samples: [Float]) -> [Float] { zip(samples, samples.dropFirst()).map { abs($1 - $0) } }
    let usual = try paths.map { path in
      let sorted = steps(try AudioClips.samples(of: path)).sorted()
      return sorted[sorted.count * 999 / 1000]
    }
    let samples = steps(try AudioClips.samples(of: path))
    let at = Int((report.joins[0].time * 48_000).rounded())
    let worst = samples[(at - 2400)..<(at + 2400)].max() ?? .infinity
    #expect(worst <= 1.5 * (usual.max() ?? 0), "\(worst) against \(usual)")
  }

  /// Forty tiny shots of every kind: the audio of each starts with its video, to the end.
  @Test func audioDoesNotDriftOverManyTinyShots() throws {
    let clips = try AudioClips()
    // A burst of 5 ms, a tenth of a second into each shot.
    func burst(_ rate: Int) -> String {
      "aevalsrc='0.8*between(t,0.1,0.105)*sin(2*PI*4000*(t-0.1))':s=\(rate)"
    }
    let seconds = 7 * 1001.0 / 24_000
    let aac = ["-c:a", "aac", "-b:a", "192k"]
    let kinds = [
      try clips.clip(
        "stereo.mp4", seconds: seconds, rate: "24000/1001", audioSource: burst(44_100) + ",pan=stereo|c0=c0|c1=c0",
        encoding: aac),
      try clips.clip(
        "mono.mp4", seconds: seconds, rate: "24000/1001", hue: 90, audioSource: burst(48_000), encoding: aac),
      try clips.clip("silent.mp4", seconds: seconds, rate: "24000/1001", hue: 180, audioSource: nil),
      try clips.clip(
        "surround.mov", seconds: seconds, rate: "24000/1001", hue: 270,
        audioSource: burst(32_000) + ",pan=5.1|c0=c0|c1=c0|c2=0*c0|c3=0*c0|c4=0*c0|c5=0*c0"),
    ]
    let paths = (0..<40).map { kinds[$0 % 4] }
    let (path, report) = try clips.stitch(paths, to: "m.mp4")
    let samples = try AudioClips.samples(of: path)
    #expect(abs(Double(samples.count) - report.duration * 48_000) <= 1024)
    for (number, start) in ([0] + report.joins.map(\.time)).enumerated() {
      let expected = Int(((start + 0.1) * 48_000).rounded())
      let around = samples[max(0, expected - 4000)..<min(samples.count, expected + 4000)]
      let loudest = around.map { abs($0) }.max() ?? 0
      if number % 4 == 2 {
        #expect(loudest < 0.01, "shot \(number)")
        continue
      }
      let onset = try #require(around.firstIndex { abs($0) > loudest / 2 })
      #expect(loudest > 0.2 && abs(onset - expected) < 96, "shot \(number): \(onset - expected) samples off")
    }
    #expect(report.joins.allSatisfy { abs($0.avOffset ?? 1) < 1024.0 / 48_000 })
  }

  @Test func withoutCrossfadeTheAudioChangesAtTheExactSample() throws {
    let clips = try AudioClips()
    let paths = [
      try clips.clip("a.mov", seconds: 2.002, rate: "30000/1001", audioSource: "aevalsrc=0.25:s=48000"),
      try clips.clip("b.mov", seconds: 2.002, rate: "30000/1001", hue: 90, audioSource: "aevalsrc=-0.25:s=48000"),
    ]
    let (path, report) = try clips.stitch(paths, to: "m.mov") {
      $0.audio.codec = .pcm16
      $0.audioCrossfade = 0
    }
    let samples = try AudioClips.samples(of: path)
    let turn = try #require(samples.firstIndex { $0 < 0 })
    #expect(turn == Int((report.joins[0].time * 48_000).rounded()))
    #expect(samples[..<turn].allSatisfy { abs($0 - 0.25) < 0.001 })
    #expect(samples[turn..<(turn + 48_000)].allSatisfy { abs($0 + 0.25) < 0.001 })
  }

  /// The encoder's priming is signalled: the first sample is at 0, at most one AAC frame late for readers without edit
  /// lists.
  @Test(arguments: ["m.mp4", "m.mov"])
  func theFirstSampleIsAtZeroForEveryReader(name: String) throws {
    let clips = try AudioClips()
    // Silence, then audio from exactly half a second on.
    let source = try clips.clip("a.mov", audioSource: "aevalsrc='0.5*gte(t,0.5)*sin(2*PI*1000*(t-0.5))':s=48000")
    let (path, _) = try clips.stitch([source], to: name)
    for ignores in [false, true] {
      let flags = ignores ? ["-ignore_editlist", "1"] : []
      let result = try MediaTool.run(
        "ffprobe",
        ["-v", "error"] + flags + [
          "-select_streams", "a:0", "-show_entries", "stream=start_time", "-of", "csv=p=0", path,
        ])
      let start = Double(String(decoding: result.output, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines))
      #expect(abs(try #require(start)) <= (ignores ? 1024.0 / 48_000 : 0))
      let decoded = try MediaTool.run(
        "ffmpeg",
        ["-v", "error", "-nostdin"] + flags + ["-i", path, "-map", "0:a", "-af", "pan=mono|c0=c0", "-f", "f32le", "-"])
      let samples = decoded.output.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
      let onset = try #require(samples.firstIndex { abs($0) > 0.1 })
      #expect(abs(onset - 24_000) <= (ignores ? 1024 + 16 : 16))
    }
  }

  @Test func pcmIsWrittenToMOVOnly() throws {
    let clips = try AudioClips()
    let source = try clips.clip("a.mov", seconds: 1, audioSource: AudioClips.lively)
    for (codec, name) in [(AudioOptions.Codec.pcm, "pcm_s24le"), (.pcm16, "pcm_s16le")] {
      let (path, report) = try clips.stitch([source], to: "\(name).mov") { $0.audio.codec = codec }
      let streams = try #require(try MediaTool.ffprobe(path)?["streams"] as? [[String: Any]])
      #expect(streams[1]["codec_name"] as? String == name)
      #expect(report.audio?.samples == 48_000)
    }
    let error = #expect(throws: StitchError.self) { try clips.stitch([source], to: "m.mp4") { $0.audio.codec = .pcm } }
    #expect(
      error?.code == .badRequest && error?.message.contains("pcm") == true && error?.message.contains("mp4") == true)
  }

  @Test func spectralStepIgnoresTheLevel() throws {
    let clips = try AudioClips()
    let noise = "anoisesrc=color=pink:amplitude=0.4:sample_rate=48000"
    let paths = [
      try clips.clip("a.mov", audioSource: noise + ":seed=1"),
      try clips.clip("b.mov", hue: 90, audioSource: noise + ":seed=2,volume=-12dB"),
      try clips.clip("c.mov", hue: 180, audioSource: noise + ":seed=3,volume=-12dB,lowpass=f=1000,lowpass=f=1000"),
      try clips.clip("d.mov", hue: 270, audioSource: nil),
    ]
    let joins = try clips.stitch(paths, to: "m.mp4").report.joins
    #expect(abs(try #require(joins[0].audioStepDB) + 12) < 1.5)
    #expect(try #require(joins[0].audioStepSpectralDB) < 3)
    #expect(try #require(joins[1].audioStepSpectralDB) > 10)
    #expect(joins[2].audioStepDB == nil && joins[2].audioStepSpectralDB == nil)
  }
}
