import Foundation
import Libav
import Loudness
import Timing

/// Measures decoded audio into an ``AudioReading``.
struct AudioAnalyser: ~Copyable {
  /// Least magnitude of a sample at full scale.
  private static let fullScale: Float = 0.9999
  /// Samples in a row at full scale in a clipped peak.
  private static let clippedRun = 3
  /// Magnitude below which all channels are silent: −60 dBFS, as in ffmpeg's silencedetect.
  private static let silence: Float = 0.001
  /// Seconds of the shortest silence listed.
  static let shortestSilence = 1.0
  /// Windows of the envelope in a second.
  static let envelopeRate = 1000

  private let analyses: Analyses
  private let stream: StreamInfo
  private(set) var reading: AudioReading
  private var meter: LoudnessMeter?
  /// Nil while the audio is planar float already.
  private var resampler: Resampler?
  private var source: AudioFormat?
  private var interleaved: [Float] = []

  private var squares: [Double] = []
  private var products = 0.0
  private var pairs: Int64 = 0
  private var greatestDifference: Float = 0
  private var fullRuns: [Int] = []
  /// Samples of silence up to the current one.
  private var silentSamples = 0
  private var windowEnergy = 0.0
  private var windowSamples = 0
  /// Seconds of the next sample, from the timestamps.
  private var now = 0.0

  init(_ stream: StreamInfo, _ analyses: Analyses) {
    self.analyses = analyses
    self.stream = stream
    reading = AudioReading()
  }

  /// - Throws: ``LibavError`` when the audio cannot be converted.
  mutating func add(_ frame: borrowing Frame) throws(LibavError) {
    guard analyses.contains(.samples) || analyses.contains(.loudness) else { return }
    if let pts = frame.pts {
      let time = stream.timeBase.seconds(pts).doubleValue
      if reading.start == nil {
        reading.start = time
        now = time
      } else if abs(time - now) > 0.05 {
        endSilence()
        now = time
      }
    } else if reading.start == nil {
      reading.start = 0
    }
    let format = frame.audioFormat
    guard format.sampleFormat != .floatPlanar else {
      try measure(frame)
      return
    }
    if format != source {
      resampler = Resampler(to: AudioFormat(sampleRate: format.sampleRate, layout: format.layout))
      source = format
    }
    guard let converted = try resampler?.convert(frame) else { return }
    try measure(converted)
  }

  /// The complete reading: call it once, after the last frame.
  mutating func finish() -> AudioReading {
    reading.tailSilence = Double(silentSamples) / Double(lastRate)
    if !hasSounded { reading.headSilence = reading.tailSilence }
    endSilence()
    if let meter = meter.take() {
      reading.loudness = meter.reading
      self.meter = consume meter
    }
    for channel in squares.indices {
      reading.channelEnergy.append(squares[channel] / Double(max(1, reading.measuredSamples)))
    }
    reading.correlation = correlation
    reading.isIdentical = squares.count == 2 && pairs > 0 && greatestDifference < Self.identicalWithin
    return reading
  }

  /// Greatest difference of identical channels: less than a 16-bit step.
  private static let identicalWithin: Float = 1 / 32768

  private var correlation: Double? {
    guard squares.count == 2, squares[0] > 0, squares[1] > 0 else { return nil }
    return products / (squares[0] * squares[1]).squareRoot()
  }

  private mutating func measure(_ frame: borrowing Frame) throws(LibavError) {
    let (channels, count) = (frame.channelCount, frame.sampleCount)
    guard channels > 0, count > 0 else { return }
    if squares.count != channels {
      squares = [Double](repeating: 0, count: channels)
      fullRuns = [Int](repeating: 0, count: channels)
    }
    interleaved.removeAll(keepingCapacity: true)
    interleaved.append(contentsOf: repeatElement(0, count: channels * count))
    for channel in 0..<channels {
      frame.withSamples(channel) { samples in
        for index in samples.indices { interleaved[index * channels + channel] = samples[index] }
      }
    }
    if analyses.contains(.samples) { measureSamples(channels: channels, rate: max(1, frame.sampleRate)) }
    if analyses.contains(.loudness) { measureLoudness(frame) }
    reading.measuredSamples += Int64(count)
  }

  private mutating func measureLoudness(_ frame: borrowing Frame) {
    if meter == nil, reading.loudnessError == nil {
      do {
        let layout = frame.audioFormat.layout
        meter = try LoudnessMeter(
          sampleRate: frame.sampleRate,
          roles: LoudnessMeter.Role.roles(layout: layout.description, channels: frame.channelCount))
      } catch {
        reading.loudnessError = error.message
      }
    }
    do throws(LoudnessError) {
      let samples = interleaved
      try meter?.add(samples.span)
    } catch {
      reading.loudnessError = error.message
    }
  }

  private mutating func measureSamples(channels: Int, rate: Int) {
    let window = max(1, rate / Self.envelopeRate)
    let seconds = 1 / Double(rate)
    let samples = interleaved
    samples.withUnsafeBufferPointer { samples in
      for start in stride(from: 0, to: samples.count, by: channels) {
        var loudest: Float = 0
        var energy: Float = 0
        for channel in 0..<channels {
          let sample = samples[start + channel]
          let magnitude = abs(sample)
          loudest = max(loudest, magnitude)
          energy += sample * sample
          squares[channel] += Double(sample * sample)
          if magnitude >= Self.fullScale {
            fullRuns[channel] += 1
            if fullRuns[channel] == Self.clippedRun { noteClip() }
          } else {
            fullRuns[channel] = 0
          }
        }
        if channels == 2 {
          products += Double(samples[start] * samples[start + 1])
          greatestDifference = max(greatestDifference, abs(samples[start] - samples[start + 1]))
          pairs += 1
        }
        reading.peak = max(reading.peak, loudest)
        if loudest < Self.silence {
          silentSamples += 1
        } else {
          if !hasSounded {
            hasSounded = true
            reading.headSilence = Double(silentSamples) * seconds
          }
          if silentSamples > 0 { endSilence(rate: rate) }
        }
        windowEnergy += Double(energy)
        windowSamples += 1
        if windowSamples == window { closeWindow(channels: channels) }
        now += seconds
      }
    }
    lastRate = rate
  }

  private var lastRate = 48_000
  /// Whether a sample was not silent.
  private var hasSounded = false

  private mutating func noteClip() {
    reading.clippedPeaks += 1
    // Several channels clipping at once are one place.
    if reading.clips.count < AudioReading.listed, reading.clips.last != now { reading.clips.append(now) }
  }

  private mutating func closeWindow(channels: Int) {
    let power = windowEnergy / Double(windowSamples * channels)
    let level = power > 0 ? 10 * log10(power) : -127
    reading.envelope.append(Int8(max(-127, min(0, level.rounded()))))
    windowEnergy = 0
    windowSamples = 0
  }

  private mutating func endSilence(rate: Int? = nil) {
    let length = Double(silentSamples) / Double(rate ?? lastRate)
    if length >= Self.shortestSilence, reading.silences.count < AudioReading.listed {
      reading.silences.append((now - length)...now)
    }
    silentSamples = 0
  }
}
