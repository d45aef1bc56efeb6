import Foundation

/// Quiet stereo audio for a clip: wind or waves, and a soft chord under them.
struct AmbientAudio {
  static let sampleRate = 48_000

  private var numbers: SeededNumbers
  private var low = SIMD2<Float>.zero
  private var slow = SIMD2<Float>.zero
  private let swell: Double
  private let swellPhase: Double
  private let tones: [(step: Double, pan: Float, beat: Double)]
  private var position = 0

  /// Amplitudes, 1 is full scale.
  private static let windLevel: Float = 0.16
  private static let toneLevel: Float = 0.012

  init(seed: Seed) {
    var numbers = seed.derived("ambience").numbers
    swell = Double(numbers.value(0.09...0.22))
    swellPhase = Double(numbers.value(0...6.28))
    let root = Double(numbers.value(98...147))
    tones = [1.0, 1.5, 2.0, 2.52].map { ratio in
      (root * ratio * 2 * .pi / Double(Self.sampleRate), numbers.value(0.25...0.75), Double(numbers.value(0.1...0.4)))
    }
    self.numbers = numbers
  }

  /// How much longer than the video a clip's audio is, or shorter if negative, in samples: 8 to 20 ms, as services
  /// deliver.
  static func offset(seed: Seed) -> Int {
    var numbers = seed.derived("audio offset").numbers
    let samples = Int(numbers.value(0.008...0.020) * Float(sampleRate))
    return numbers.next() & 1 == 0 ? samples : -samples
  }

  /// The next sample of both channels.
  mutating func next() -> SIMD2<Float> {
    let time = Double(position) / Double(Self.sampleRate)
    let white = SIMD2(numbers.normal(), numbers.normal())
    low += (white - low) * 0.06
    slow += (low - slow) * 0.012
    let strength = Float(0.55 + 0.45 * sin(2 * .pi * swell * time + swellPhase))
    var sample = (slow * 1.6 + low * 0.35 * strength) * Self.windLevel
    for tone in tones {
      let level = Self.toneLevel * Float(0.6 + 0.4 * sin(2 * .pi * tone.beat * time))
      let value = Float(sin(tone.step * Double(position))) * level
      sample += SIMD2(value * (1 - tone.pan), value * tone.pan)
    }
    position += 1
    return sample
  }
}
