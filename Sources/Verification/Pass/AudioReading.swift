import Foundation
import Loudness
import Timing

/// What listening to a film's audio gave.
struct AudioReading: Sendable {
  /// Places of one kind kept at most.
  static let listed = 1000

  /// Samples of each channel that were decoded, and that were measured.
  var samples: Int64 = 0
  var heard: Int64 = 0
  /// Seconds of the first sample.
  var start: Double?
  /// Greatest magnitude of a sample, 1 at full scale.
  var peak: Float = 0
  /// Mean square of each channel.
  var channelEnergy: [Double] = []
  /// Runs of samples at full scale, and when the first of them are, in seconds.
  var clippedPeaks = 0
  var clips: [Double] = []
  /// Seconds.
  var silences: [ClosedRange<Double>] = []
  /// Of stereo audio: −1 (opposite) to 1 (the same); nil for other audio and where a channel is digital silence.
  var correlation: Double?
  var isIdentical = false
  /// Level of every millisecond in dB of full scale.
  var envelope: [Int8] = []
  var loudness: LoudnessReading?
  var loudnessFault: String?

  /// Root mean square of all samples in dB of full scale; nil for digital silence or no audio.
  var rmsDecibels: Double? {
    let mean = channelEnergy.reduce(0, +) / Double(max(1, channelEnergy.count))
    return mean > 0 ? 10 * log10(mean) : nil
  }
  var peakDecibels: Double? { peak > 0 ? 20 * log10(Double(peak)) : nil }

  // MARK: - Holes

  /// Milliseconds: shorter dips belong to the audio itself, longer ones are pauses.
  private static let holeLengths = 4...60
  private static let holeLengthsFarFromJoins = 5...40
  /// dB that a hole lies below the audio on both sides of it.
  private static let holeDepth = 18
  private static let holeDepthFarFromJoins = 30
  /// dB of full scale: quieter audio has no holes worth telling.
  private static let holeFloor: Int8 = -58
  /// Milliseconds of audio on each side that are compared, and within which its edges must lie.
  private static let holeContext = 40
  private static let holeEdge = 3
  /// Seconds from a join.
  static let joinReach = 0.12

  /// Short holes in audio that goes on at both sides, in seconds.
  func holes(joins: [Double]) -> [ClosedRange<Double>] {
    let origin = start ?? 0
    var found: [ClosedRange<Double>] = []
    var index = Self.holeContext
    let (shallow, floor) = (Self.holeDepth, Self.holeFloor)
    while index + Self.holeContext < envelope.count {
      // Only an edge can open a hole: this much is checked for every millisecond.
      guard Int(envelope[index - 1]) - Int(envelope[index]) >= shallow / 3, let before = level(endingAt: index),
        before >= floor, Int(before) - Int(envelope[min(index + 1, envelope.count - 1)]) >= shallow
      else {
        index += 1
        continue
      }
      let time = origin + Double(index) / Double(AudioAnalyser.envelopeRate)
      let isNear = joins.contains { abs($0 - time) <= Self.joinReach }
      if let length = hole(at: index, before: Int(before), isNear: isNear) {
        found.append(time...(time + Double(length) / Double(AudioAnalyser.envelopeRate)))
        index += length
      }
      index += 1
    }
    return found
  }

  private func hole(at start: Int, before: Int, isNear: Bool) -> Int? {
    let depth = isNear ? Self.holeDepth : Self.holeDepthFarFromJoins
    let lengths = isNear ? Self.holeLengths : Self.holeLengthsFarFromJoins
    var first = start
    while first < start + Self.holeEdge, before - Int(envelope[first]) < depth { first += 1 }
    var end = first
    while end < envelope.count, end - start <= lengths.upperBound, before - Int(envelope[end]) >= depth { end += 1 }
    guard lengths.contains(end - first), end + Self.holeContext < envelope.count else { return nil }
    guard let after = level(startingAt: end), Int(after) - before >= -12, after >= Self.holeFloor else { return nil }
    // The audio is back at once, not faded in.
    let back = envelope[end..<(end + Self.holeEdge + 2)].max() ?? -127
    return Int(back) >= Int(after) - 8 ? end - start : nil
  }

  /// Median level of the audio before and after a place: a hole interrupts something steady.
  private func level(endingAt index: Int) -> Int8? { steady(envelope[(index - Self.holeContext)..<index]) }
  private func level(startingAt index: Int) -> Int8? { steady(envelope[index..<(index + Self.holeContext)]) }

  private func steady(_ part: ArraySlice<Int8>) -> Int8? {
    let ordered = part.sorted()
    return ordered.isEmpty ? nil : ordered[ordered.count / 2]
  }
}
