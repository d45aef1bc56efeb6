import Foundation
import Stitching
import Support
import Testing
import Timing

@Suite(.media) struct TransitionTests {
  /// A flat shot of two seconds with an IDR every half and a tone.
  private func flat(_ name: String, luma: Int, tone: Int, in folder: ScratchFolder) throws -> StitchShot {
    try MediaTool.ffmpeg(
      [
        "-f", "lavfi", "-i", "color=black:size=160x90:rate=24:duration=2", "-f", "lavfi", "-i",
        "sine=frequency=\(tone):sample_rate=48000:duration=2", "-vf",
        "format=yuv420p,geq=lum='\(luma)+mod(N\\,2)':cb=128:cr=128", "-c:v", "libx264", "-preset", "veryfast", "-g",
        "12", "-keyint_min", "12",
        "-sc_threshold", "0", "-c:a", "aac", "-ac", "2", name,
      ], in: folder.url)
    return StitchShot(path: folder.path(name))
  }

  private func pair(_ transition: StitchTransition?) throws -> (ScratchFolder, [StitchShot]) {
    let folder = try ScratchFolder()
    var shots = [
      try flat("a.mp4", luma: 60, tone: 440, in: folder), try flat("b.mp4", luma: 180, tone: 880, in: folder),
    ]
    shots[1].transition = transition
    return (folder, shots)
  }

  @Test func dissolveMixesVideoAndAudioOverItsSpan() throws {
    let (folder, shots) = try pair(StitchTransition(kind: .dissolve, duration: .seconds(Rational(1, 2))))
    let output = folder.path("master.mp4")
    let report = try stitched(shots, to: output)
    let master = try MasterReference(output)
    #expect(master.complaints.isEmpty && master.deltas.count == 1)
    #expect(master.frames == 96 - 12 && report.frames == 84)
    let join = report.joins[0]
    #expect(join.transition == "dissolve" && join.fadeFrames == 12 && join.frame == 36)
    let luma = try FrameReference.luma(of: output)
    for number in 0..<12 {
      let wanted = 60.5 + 120 * Double(number + 1) / 13
      #expect(abs(Double(luma[36 + number]) - wanted) <= 2, "\(number): \(luma[36 + number]) for \(wanted)")
    }
    // The second shot is re-encoded up to the IDR at the dissolve's end and no further.
    #expect(report.shots.map(\.framesEncoded)[1] == 12 && report.shots[0].framesEncoded <= 3)
    let second = try MasterReference.frames(of: shots[1].path)
    #expect(Array(master.digests[48...]) == Array(second[12...]))
    let samples = try MasterReference.samples(of: output)
    let middle = samples[(42 * 2000 - 2400)..<(42 * 2000 + 2400)]
    for tone in [440, 880] {
      let strength = Tone.strength(of: tone, in: middle)
      #expect(abs(strength - 0.707) < 0.12, "\(tone) Hz: \(strength)")
    }
    #expect(Tone.strength(of: 440, in: samples[60_000..<70_000]) > 0.95)
    #expect(Tone.strength(of: 880, in: samples[98_000..<108_000]) > 0.95)
    #expect(abs(try #require(master.audioEnd) - master.videoEnd) <= 1024.0 / 48_000)
  }

  @Test func dipFadesThroughBlackWithoutChangingTheLength() throws {
    let (folder, shots) = try pair(StitchTransition(kind: .dip, duration: .frame(12)))
    let output = folder.path("master.mp4")
    let report = try stitched(shots, to: output)
    let master = try MasterReference(output)
    #expect(master.complaints.isEmpty && master.frames == 96 && master.deltas.count == 1)
    let luma = try FrameReference.luma(of: output)
    #expect(luma[41] >= 60 && luma[47] == 16 && luma[54] >= 179)
    #expect(zip(luma[41..<47], luma[42..<48]).allSatisfy { $0 > $1 })
    #expect(zip(luma[47..<53], luma[48..<54]).allSatisfy { $0 < $1 })
    #expect(report.joins[0].transition == "dip" && report.joins[0].fadeFrames == 0)
    #expect(report.shots[1].framesEncoded == 12 && report.shots[0].framesEncoded <= 9)
    let sources = try shots.map { try MasterReference.frames(of: $0.path) }
    #expect(Array(master.digests[..<39]) == Array(sources[0][..<39]))
    #expect(Array(master.digests[60...]) == Array(sources[1][12...]))
  }

  /// Three shots, a dissolve at each join, the middle one conformed and trimmed: every frame is where it belongs.
  @Test func dissolvesCombineWithTrimsAndConforming() throws {
    let (folder, flats) = try pair(nil)
    var shots = [flats[0], flats[1], flats[0]]
    try MediaTool.ffmpeg(
      ["-i", "b.mp4", "-vf", "scale=320:180", "-c:v", "libx264", "-c:a", "copy", "large.mp4"], in: folder.url)
    shots[1] = StitchShot(path: folder.path("large.mp4"))
    shots[1].trim = StitchTrim(start: .frame(4), end: .frame(34))
    shots[1].transition = StitchTransition(kind: .dissolve, duration: .frame(10))
    shots[2].transition = StitchTransition(kind: .dissolve, duration: .frame(20))
    let output = folder.path("master.mp4")
    let report = try stitched(shots, to: output) { $0.video.conform = ConformOptions() }
    let master = try MasterReference(output)
    #expect(master.complaints.isEmpty && master.deltas.count == 1)
    #expect(master.frames == 48 + 30 + 48 - 10 - 20)
    #expect(report.joins.map(\.frame) == [38, 48])
    let luma = try FrameReference.luma(of: output)
    #expect(abs(luma[47] - Int(60.5 + 120 * 10 / 11)) <= 2)
    #expect(abs(luma[48] - Int(180.5 - 120 * 1 / 21)) <= 2)
    #expect(abs(luma[68] - 60) <= 1)
    shots[2].transition = StitchTransition(kind: .dissolve, duration: .frame(21))
    let error = #expect(throws: StitchError.self) {
      _ = try stitched(shots, to: folder.path("none.mp4")) { $0.video.conform = ConformOptions() }
    }
    #expect(error?.code == .outOfRange && error?.file == shots[1].path)
  }

  @Test func refusesTransitionsInCopyModeAndOnTheFirstShot() throws {
    let (folder, both) = try pair(StitchTransition(kind: .dip, duration: .frame(12)))
    var shots = both
    let copying = #expect(throws: StitchError.self) {
      _ = try stitched(shots, to: folder.path("m.mp4")) { $0.mode = .copy }
    }
    #expect(copying?.code == .needsEncoding)
    shots.swapAt(0, 1)
    let first = #expect(throws: StitchError.self) { _ = try stitched(shots, to: folder.path("m.mp4")) }
    #expect(first?.code == .badRequest)
  }
}
