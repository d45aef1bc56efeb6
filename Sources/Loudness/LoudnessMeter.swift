import CEbur128
import Foundation

/// Measures loudness by EBU R 128 and ITU-R BS.1770-5 with libebur128.
///
/// Memory does not grow with the duration of the audio: gating uses libebur128's histogram.
public struct LoudnessMeter: ~Copyable {
  public let sampleRate: Int
  public let roles: [Role]
  private var state: UnsafeMutablePointer<ebur128_state>?
  private var truePeaks: TruePeakMeter

  private var maximumMomentary: Double?
  private var maximumShortTerm: Double?
  private var frameCount = 0
  private var framesToUpdate = 0
  private let hop: Int

  /// - Parameters:
  ///   - sampleRate: frames per second, 16…2,822,400.
  ///   - roles: one for each channel, 1…64, in the order of the samples.
  /// - Throws: `LoudnessError` where libebur128 cannot measure such audio.
  public init(sampleRate: Int, roles: [Role]) throws(LoudnessError) {
    guard (16...2_822_400).contains(sampleRate), (1...64).contains(roles.count) else {
      throw LoudnessError(.unsupported, "loudness of \(roles.count) channels at \(sampleRate) Hz is not supported")
    }
    let modes = EBUR128_MODE_I.rawValue | EBUR128_MODE_LRA.rawValue
    guard
      let state = ebur128_init(
        UInt32(roles.count), UInt(sampleRate),
        Int32(bitPattern: UInt32(modes) | UInt32(EBUR128_MODE_HISTOGRAM.rawValue)))
    else { throw LoudnessError(.outOfMemory, "out of memory while measuring loudness") }
    for (index, role) in roles.enumerated() { ebur128_set_channel(state, UInt32(index), role.code) }
    self.sampleRate = sampleRate
    self.roles = roles
    hop = max(1, sampleRate / Self.updatesPerSecond)
    framesToUpdate = hop
    truePeaks = TruePeakMeter(channels: roles.count, sampleRate: sampleRate)
    self.state = state
  }

  deinit {
    var state = state
    ebur128_destroy(&state)
  }

  /// Updates of momentary and short-term loudness in a second; EBU Tech 3341 requires ten of a live meter.
  private static let updatesPerSecond = 10

  /// Adds audio.
  /// - Parameter samples: interleaved, full scale ±1; a whole number of frames of `roles.count` samples.
  /// - Throws: `LoudnessError` when memory runs out.
  public mutating func add(_ samples: Span<Float>) throws(LoudnessError) {
    let channels = roles.count
    let frames = samples.count / channels
    truePeaks.add(samples)
    var taken = 0
    while taken < frames {
      let count = min(frames - taken, framesToUpdate)
      let status = samples.extracting((taken * channels)..<((taken + count) * channels))
        .withUnsafeBufferPointer { [state] in ebur128_add_frames_float(state, $0.baseAddress, count) }
      guard status == Int32(EBUR128_SUCCESS.rawValue) else {
        throw LoudnessError(.outOfMemory, "out of memory while measuring loudness")
      }
      taken += count
      frameCount += count
      framesToUpdate -= count
      if framesToUpdate == 0 {
        framesToUpdate = hop
        updateMaxima()
      }
    }
  }

  private mutating func updateMaxima() {
    if let momentary {
      maximumMomentary = max(maximumMomentary ?? momentary, momentary)
    }
    if let shortTerm {
      maximumShortTerm = max(maximumShortTerm ?? shortTerm, shortTerm)
    }
  }

  /// LUFS of the last 400 ms; nil for silence, and before there are as many.
  public var momentary: Double? { frameCount * 10 >= sampleRate * 4 ? value(ebur128_loudness_momentary) : nil }

  /// LUFS of the last three seconds; nil for silence, and before there are as many.
  public var shortTerm: Double? { frameCount >= sampleRate * 3 ? value(ebur128_loudness_shortterm) : nil }

  /// The loudness of all audio added so far.
  public var reading: LoudnessReading {
    var peaks: [Double?] = []
    for channel in roles.indices { peaks.append(truePeak(channel: channel)) }
    return LoudnessReading(
      integrated: value(ebur128_loudness_global),
      range: frameCount >= sampleRate * 3 ? value(ebur128_loudness_range) : nil,
      maximumMomentary: maximumMomentary, maximumShortTerm: maximumShortTerm,
      truePeaks: peaks)
  }

  private func truePeak(channel: Int) -> Double? {
    let peak = truePeaks.peak(channel: channel)
    return peak > 0 ? 20 * log10(peak) : nil
  }

  private func value(
    _ ask: (UnsafeMutablePointer<ebur128_state>?, UnsafeMutablePointer<Double>?) -> Int32
  ) -> Double? {
    var result = 0.0
    guard ask(state, &result) == Int32(EBUR128_SUCCESS.rawValue), result.isFinite else { return nil }
    return result
  }
}

/// The result of a `LoudnessMeter`.
public struct LoudnessReading: Sendable, Hashable {
  /// Gated loudness in LUFS; nil where nothing exceeds −70 LUFS, or there are less than 400 ms.
  public let integrated: Double?
  /// Loudness range (EBU Tech 3342) in LU; nil under three seconds.
  public let range: Double?
  /// The loudest 400 ms in LUFS; nil for silence.
  public let maximumMomentary: Double?
  /// The loudest three seconds in LUFS; nil for silence, or where there are less.
  public let maximumShortTerm: Double?
  /// The highest true peak (four times oversampled) of each channel in dBTP; nil for digital silence.
  public let truePeaks: [Double?]

  /// The highest true peak of all channels in dBTP; nil for digital silence.
  public var truePeak: Double? { truePeaks.compactMap(\.self).max() }
}

/// Why loudness cannot be measured.
public struct LoudnessError: Error, Sendable, Hashable, CustomStringConvertible {
  /// Kinds of failure; grows without breaking callers, so it is a struct.
  public struct Code: Sendable, Hashable {
    let name: String
    /// Sample rate or number of channels out of range.
    public static let unsupported = Code(name: "unsupported")
    public static let outOfMemory = Code(name: "out of memory")
  }

  public let code: Code
  /// A sentence for people, without a full stop.
  public let message: String
  public var description: String { message }

  init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }
}
