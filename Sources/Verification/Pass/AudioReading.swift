import Foundation
import Loudness
import Timing

/// Measurements of the decoded audio.
struct AudioReading: Sendable {
  /// Times of one kind kept at most.
  static let listed = 1000

  /// Samples of each channel that were measured.
  var measuredSamples: Int64 = 0
  /// Seconds of the first sample.
  var start: Double?
  /// Greatest magnitude of a sample, 1 at full scale.
  var peak: Float = 0
  /// Mean square of each channel.
  var channelEnergy: [Double] = []
  /// Runs of samples at full scale, and the times of the first ``listed`` in seconds.
  var clippedPeaks = 0
  var clips: [Double] = []
  /// Seconds.
  var silences: [ClosedRange<Double>] = []
  /// Seconds before the first and after the last sample of -60 dBFS or more; all of it where there is none.
  var headSilence = 0.0
  var tailSilence = 0.0
  /// Of stereo audio: −1 (opposite) to 1 (the same); nil for other audio and where a channel is digital silence.
  var correlation: Double?
  var isIdentical = false
  /// dBFS of every millisecond.
  var envelope: [Int8] = []
  var loudness: LoudnessReading?
  var loudnessError: String?

  /// RMS of all samples in dBFS; nil for digital silence or no audio.
  var rmsDecibels: Double? {
    let mean = channelEnergy.reduce(0, +) / Double(max(1, channelEnergy.count))
    return mean > 0 ? 10 * log10(mean) : nil
  }
  /// dBFS; nil for digital silence.
  var peakDecibels: Double? { peak > 0 ? 20 * log10(Double(peak)) : nil }

  // MARK: - Dropouts

  /// Milliseconds: shorter dips occur in ordinary audio, longer ones are pauses.
  private static let dropoutLengths = 4...60
  private static let dropoutLengthsFarFromJoins = 5...40
  /// dB of a dropout below the audio on both sides.
  private static let dropoutDepth = 18
  private static let dropoutDepthFarFromJoins = 30
  /// dBFS: dropouts in quieter audio are not listed.
  private static let dropoutFloor: Int8 = -58
  /// Milliseconds of audio on each side that are compared, and of the longest edge.
  private static let dropoutContext = 40
  private static let dropoutEdge = 3
  /// Seconds from a join.
  static let joinReach = 0.12

  /// Dropouts in continuous audio, in seconds.
  /// - Parameter joins: seconds of the joins, where thresholds are lower.
  func dropouts(joins: [Double]) -> [ClosedRange<Double>] {
    let origin = start ?? 0
    var found: [ClosedRange<Double>] = []
    var index = Self.dropoutContext
    let (shallow, floor) = (Self.dropoutDepth, Self.dropoutFloor)
    while index + Self.dropoutContext < envelope.count {
      // Only a falling edge can start a dropout, so the cheap test comes first.
      guard Int(envelope[index - 1]) - Int(envelope[index]) >= shallow / 3, let before = level(endingAt: index),
        before >= floor, Int(before) - Int(envelope[min(index + 1, envelope.count - 1)]) >= shallow
      else {
        index += 1
        continue
      }
      let time = origin + Double(index) / Double(AudioAnalyser.envelopeRate)
      let isNear = joins.contains { abs($0 - time) <= Self.joinReach }
      if let length = dropout(at: index, before: Int(before), isNear: isNear) {
        found.append(time...(time + Double(length) / Double(AudioAnalyser.envelopeRate)))
        index += length
      }
      index += 1
    }
    return found
  }

  private func dropout(at start: Int, before: Int, isNear: Bool) -> Int? {
    let depth = isNear ? Self.dropoutDepth : Self.dropoutDepthFarFromJoins
    let lengths = isNear ? Self.dropoutLengths : Self.dropoutLengthsFarFromJoins
    var first = start
    while first < start + Self.dropoutEdge, before - Int(envelope[first]) < depth { first += 1 }
    var end = first
    while end < envelope.count, end - start <= lengths.upperBound, before - Int(envelope[end]) >= depth { end += 1 }
    guard lengths.contains(end - first), end + Self.dropoutContext < envelope.count else { return nil }
    guard let after = level(startingAt: end), Int(after) - before >= -12, after >= Self.dropoutFloor else { return nil }
    // The audio returns at once and is not faded in.
    let back = envelope[end..<(end + Self.dropoutEdge + 2)].max() ?? -127
    return Int(back) >= Int(after) - 8 ? end - start : nil
  }

  /// Median level of the audio before and after a place.
  private func level(endingAt index: Int) -> Int8? { median(envelope[(index - Self.dropoutContext)..<index]) }
  private func level(startingAt index: Int) -> Int8? { median(envelope[index..<(index + Self.dropoutContext)]) }

  private func median(_ part: ArraySlice<Int8>) -> Int8? {
    let ordered = part.sorted()
    return ordered.isEmpty ? nil : ordered[ordered.count / 2]
  }
}
