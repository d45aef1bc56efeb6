import Foundation
import Loudness
import Support
import Testing

/// Against `ffmpeg`'s `ebur128` and the values of EBU Tech 3341.
@Suite(.media) struct LoudnessMeterTests {
  private static let rate = 48_000

  /// A stereo sine; EBU Tech 3341 case 1: 1 kHz at −23 dBFS in both channels reads −23.0 LUFS.
  private static func sine(_ level: Double, frequency: Double = 1000, seconds: Double = 20) -> [Float] {
    let amplitude = pow(10, level / 20)
    return (0..<Int(seconds * Double(rate))).flatMap { index -> [Float] in
      let value = Float(amplitude * sin(2 * .pi * frequency * Double(index) / Double(rate)))
      return [value, value]
    }
  }

  private static func measure(
    _ pieces: [[Float]], roles: [LoudnessMeter.Role] = [.left, .right]
  ) throws -> LoudnessReading {
    var meter = try LoudnessMeter(sampleRate: rate, roles: roles)
    for piece in pieces {
      let samples = piece.span
      try meter.add(samples)
    }
    return meter.reading
  }

  @Test(arguments: [-23.0, -33.0]) func measuresTheLevelOfASine(_ level: Double) throws {
    let reading = try Self.measure([Self.sine(level)])
    let integrated = try #require(reading.integrated)
    let momentary = try #require(reading.maximumMomentary)
    let shortTerm = try #require(reading.maximumShortTerm)
    let peak = try #require(reading.truePeak)
    #expect(abs(integrated - level) <= 0.1)
    #expect(abs(momentary - level) <= 0.1)
    #expect(abs(shortTerm - level) <= 0.1)
    #expect(abs(peak - level) <= 0.2)
  }

  /// EBU Tech 3341 case 3.
  @Test func gateLeavesOutQuietParts() throws {
    let pieces = [Self.sine(-36, seconds: 10), Self.sine(-23, seconds: 60), Self.sine(-36, seconds: 10)]
    let reading = try Self.measure(pieces)
    let integrated = try #require(reading.integrated)
    #expect(abs(integrated + 23) <= 0.1)
  }

  @Test func silenceHasNoLoudness() throws {
    let reading = try Self.measure([[Float](repeating: 0, count: Self.rate * 8)])
    #expect(reading.integrated == nil)
    #expect(reading.truePeak == nil)
    #expect(reading.maximumMomentary == nil)
  }

  /// A sine at a quarter of the rate whose samples all miss the crests: the samples reach −3 dB, the true peak is 0.
  @Test func measuresPeaksBetweenSamples() throws {
    let samples = (0..<Self.rate).map { Float(sin(2 * .pi * Double($0) / 4 + .pi / 4)) * 0.5 }
    let peak = try #require(try Self.measure([samples], roles: [.left]).truePeak)
    #expect(abs(peak - 20 * log10(0.5)) <= 0.3)
  }

  @Test func agreesWithFFmpegOnSwellingNoise() async throws {
    let folder = try ScratchFolder()
    let raw = try folder.make(
      "noise.f32", "-f", "lavfi", "-i",
      "anoisesrc=color=pink:seed=7:amplitude=0.5:duration=14,volume='0.1+0.4*abs(sin(t))':eval=frame,"
        + "aformat=channel_layouts=stereo:sample_rates=48000",
      "-f", "f32le")
    let data = try Data(contentsOf: URL(fileURLWithPath: raw))
    let samples = data.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
    let measured = try await OutsideProgram.run(
      "ffmpeg",
      [
        "-hide_banner", "-f", "f32le", "-ar", "48000", "-ac", "2", "-i", raw, "-af", "ebur128=peak=true", "-f", "null",
        "-",
      ])
    let summary = try #require(measured.errors.components(separatedBy: "Summary:").last)
    func number(_ pattern: Regex<(Substring, Substring)>) throws -> Double {
      try #require(summary.firstMatch(of: pattern).flatMap { Double($0.1) })
    }
    let reading = try Self.measure([samples])
    let integrated = try #require(reading.integrated)
    let range = try #require(reading.range)
    let peak = try #require(reading.truePeak)
    #expect(abs(integrated - (try number(/I:\s+(-?[\d.]+) LUFS/))) <= 0.1)
    #expect(abs(range - (try number(/LRA:\s+([\d.]+) LU/))) <= 0.3)
    #expect(abs(peak - (try number(/Peak:\s+(-?[\d.]+) dBFS/))) <= 0.2)
  }

  @Test func rejectsImpossibleFormats() {
    #expect(throws: LoudnessError.self) { _ = try LoudnessMeter(sampleRate: 1, roles: [.left]) }
    #expect(throws: LoudnessError.self) { _ = try LoudnessMeter(sampleRate: 48_000, roles: []) }
  }
}
