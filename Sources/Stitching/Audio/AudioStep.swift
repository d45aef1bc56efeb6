import Color
import Foundation

/// The change of the audio at a join.
struct AudioStep: Sendable, Hashable {
  /// Change of level in dB; nil where a side is silent.
  let level: Double?
  /// RMS change of third-octave band levels in dB, after level matching; nil where a side is silent.
  let spectral: Double?

  /// Seconds on either side over which the level is measured.
  private static let levelWindow = 0.1
  /// Seconds on either side over which the spectrum is measured.
  private static let spectralWindow = 0.5
  /// Floor of a band's level in dB below the side's overall level, so that inaudible noise does not count.
  private static let bandFloor = -60.0

  init(from previous: Planes, to next: Planes, sampleRate: Int) {
    let window = Int(Self.levelWindow * Double(sampleRate))
    let ending = Self.meanSquare(previous.map { $0.suffix(window) })
    let opening = Self.meanSquare(next.map { $0.prefix(window) })
    level = ending.flatMap { ending in opening.map { 10 * log10($0 / ending) } }
    let reach = Int(Self.spectralWindow * Double(sampleRate))
    let tail = BandSpectrum.powers(previous.map { Array($0.suffix(reach)) }, sampleRate: sampleRate)
    let head = BandSpectrum.powers(next.map { Array($0.prefix(reach)) }, sampleRate: sampleRate)
    spectral =
      if let before = Self.decibels(tail), let after = Self.decibels(head) {
        Self.rootMeanSquare(of: zip(after, before).map { (after: Double, before: Double) in after - before })
      } else {
        nil
      }
  }

  /// Samples on either side that the measurement needs.
  static func reach(sampleRate: Int) -> Int { Int(max(levelWindow, spectralWindow) * Double(sampleRate)) }

  /// Band levels relative to their sum; nil for silence.
  private static func decibels(_ powers: [Double]) -> [Double]? {
    let sum = powers.reduce(0, +)
    guard sum > silence else { return nil }
    return powers.map { max(bandFloor, 10 * log10(max($0 / sum, .leastNormalMagnitude))) }
  }

  private static func rootMeanSquare(of differences: [Double]) -> Double {
    var sum = 0.0
    for difference in differences { sum += difference * difference }
    return (sum / Double(max(1, differences.count))).squareRoot()
  }

  /// Power that counts as silence: −120 dBFS.
  private static let silence = 1e-12

  /// Nil for silence.
  private static func meanSquare(_ planes: [ArraySlice<Float>]) -> Double? {
    var sum = 0.0
    for plane in planes {
      for sample in plane { sum += Double(sample) * Double(sample) }
    }
    let count = planes.reduce(0) { $0 + $1.count }
    return count > 0 && sum > 0 ? sum / Double(count) : nil
  }
}

/// Third-octave band powers by Welch's method.
enum BandSpectrum {
  /// Samples per transform; a power of two.
  private static let size = 4096
  /// Centre of the lowest band in Hz.
  private static let lowest = 50.0
  /// Upper limit of band centres in Hz.
  private static let highest = 16_000.0

  /// Mean power of each band over all channels, lowest band first.
  static func powers(_ planes: Planes, sampleRate: Int) -> [Double] {
    guard let spectrum = PowerSpectrum(length: size) else { return [] }
    var power = [Double](repeating: 0, count: size / 2)
    let window = PowerSpectrum.hannWindow(size)
    var blocks = 0
    for plane in planes {
      var start = 0
      repeat {
        let block = (0..<size).map { start + $0 < plane.count ? plane[start + $0] * window[$0] : 0 }
        for (bin, value) in spectrum.powers(of: block).enumerated() { power[bin] += Double(value) }
        blocks += 1
        start += size / 2
      } while start + size <= plane.count
    }
    let scale = 1 / (Double(max(1, blocks)) * Double(size) * Double(size))
    let binWidth = Double(sampleRate) / Double(size)
    var bands: [Double] = []
    var centre = lowest
    while centre <= min(highest, Double(sampleRate) / 2.3) {
      let low = Int((centre / pow(2, 1.0 / 6) / binWidth).rounded())
      let high = max(low + 1, Int((centre * pow(2, 1.0 / 6) / binWidth).rounded()))
      bands.append(power[min(low, size / 2 - 1)..<min(high, size / 2)].reduce(0, +) * scale)
      centre *= pow(2, 1.0 / 3)
    }
    return bands
  }
}
