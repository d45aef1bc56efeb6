import CEbur128
import Foundation

/// How loud audio is, by EBU R 128 and ITU-R BS.1770-4, measured through libebur128 while the audio passes by.
///
/// Memory does not grow with the length of the audio where `usesHistogram` is set; without it, some hundred bytes a second.
public struct LoudnessMeter: ~Copyable {
  /// The loudspeaker that a channel belongs to, which decides its weight.
  public enum Role: Sendable, Hashable, CaseIterable {
    case left, right, center, leftSurround, rightSurround
    /// Both loudspeakers play this one channel, as mono audio is heard: counted twice.
    case dualMono
    /// Not counted: low-frequency effects.
    case unused
  }

  public let sampleRate: Int
  public let roles: [Role]
  private var state: UnsafeMutablePointer<ebur128_state>?

  private var maximumMomentary: Double?
  private var maximumShortTerm: Double?
  private var heardFrames = 0
  private var framesToLook = 0
  private let hop: Int

  /// - Parameters:
  ///   - sampleRate: frames per second, 16…2,822,400.
  ///   - roles: one for each channel, 1…64, in the order of the samples.
  /// - Throws: `LoudnessError` where libebur128 cannot measure such audio.
  public init(sampleRate: Int, roles: [Role]) throws(LoudnessError) {
    guard (16...2_822_400).contains(sampleRate), (1...64).contains(roles.count) else {
      throw LoudnessError(.unsupported, "loudness of \(roles.count) channels at \(sampleRate) Hz cannot be measured")
    }
    let modes = EBUR128_MODE_I.rawValue | EBUR128_MODE_LRA.rawValue | EBUR128_MODE_TRUE_PEAK.rawValue
    guard
      let state = ebur128_init(
        UInt32(roles.count), UInt(sampleRate),
        Int32(bitPattern: UInt32(modes) | UInt32(EBUR128_MODE_HISTOGRAM.rawValue)))
    else { throw LoudnessError(.outOfMemory, "there is no memory for measuring loudness") }
    for (index, role) in roles.enumerated() { ebur128_set_channel(state, UInt32(index), role.code) }
    self.sampleRate = sampleRate
    self.roles = roles
    hop = max(1, sampleRate / Self.looksPerSecond)
    framesToLook = hop
    self.state = state
  }

  deinit {
    var state = state
    ebur128_destroy(&state)
  }

  /// Momentary and short-term loudness are looked at ten times a second, as EBU Tech 3341 asks of a live meter.
  private static let looksPerSecond = 10

  /// Takes in audio.
  /// - Parameter samples: interleaved, full scale ±1; a whole number of frames of `roles.count` samples.
  /// - Throws: `LoudnessError` when memory runs out.
  public mutating func add(_ samples: Span<Float>) throws(LoudnessError) {
    let channels = roles.count
    let frames = samples.count / channels
    var taken = 0
    while taken < frames {
      let count = min(frames - taken, framesToLook)
      let status = samples.extracting((taken * channels)..<((taken + count) * channels))
        .withUnsafeBufferPointer { [state] in ebur128_add_frames_float(state, $0.baseAddress, count) }
      guard status == Int32(EBUR128_SUCCESS.rawValue) else {
        throw LoudnessError(.outOfMemory, "there is no memory for measuring loudness")
      }
      taken += count
      heardFrames += count
      framesToLook -= count
      if framesToLook == 0 {
        framesToLook = hop
        look()
      }
    }
  }

  private mutating func look() {
    if heardFrames * 10 >= sampleRate * 4, let momentary = value(ebur128_loudness_momentary) {
      maximumMomentary = max(maximumMomentary ?? momentary, momentary)
    }
    if heardFrames >= sampleRate * 3, let shortTerm = value(ebur128_loudness_shortterm) {
      maximumShortTerm = max(maximumShortTerm ?? shortTerm, shortTerm)
    }
  }

  /// What the audio so far comes to.
  public var reading: LoudnessReading {
    var peaks: [Double?] = []
    for channel in roles.indices { peaks.append(truePeak(channel: channel)) }
    return LoudnessReading(
      integrated: value(ebur128_loudness_global),
      range: heardFrames >= sampleRate * 3 ? value(ebur128_loudness_range) : nil,
      maximumMomentary: maximumMomentary, maximumShortTerm: maximumShortTerm,
      truePeaks: peaks)
  }

  private func truePeak(channel: Int) -> Double? {
    var peak = 0.0
    ebur128_true_peak(state, UInt32(channel), &peak)
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

extension LoudnessMeter.Role {
  fileprivate var code: Int32 {
    switch self {
    case .left: Int32(EBUR128_LEFT.rawValue)
    case .right: Int32(EBUR128_RIGHT.rawValue)
    case .center: Int32(EBUR128_CENTER.rawValue)
    case .leftSurround: Int32(EBUR128_LEFT_SURROUND.rawValue)
    case .rightSurround: Int32(EBUR128_RIGHT_SURROUND.rawValue)
    case .dualMono: Int32(EBUR128_DUAL_MONO.rawValue)
    case .unused: Int32(EBUR128_UNUSED.rawValue)
    }
  }

  /// The roles of libav's native layouts: `mono` (as it is broadcast, counted once), `stereo`, `5.1`, …; for others the
  /// default order of so many channels.
  /// - Parameters:
  ///   - layout: libav's description of the layout.
  ///   - channels: how many there are, 1 or more.
  public static func roles(layout: String, channels: Int) -> [LoudnessMeter.Role] {
    let named: [LoudnessMeter.Role]? =
      switch layout {
      case "mono": [.center]
      case "stereo", "downmix": [.left, .right]
      case "2.1": [.left, .right, .unused]
      case "3.0": [.left, .right, .center]
      case "3.1": [.left, .right, .center, .unused]
      case "quad", "quad(side)": [.left, .right, .leftSurround, .rightSurround]
      case "5.0", "5.0(side)": [.left, .right, .center, .leftSurround, .rightSurround]
      case "5.1", "5.1(side)": [.left, .right, .center, .unused, .leftSurround, .rightSurround]
      default: nil
      }
    if let named, named.count == channels { return named }
    let usual: [LoudnessMeter.Role] = [.left, .right, .center, .unused, .leftSurround, .rightSurround]
    return channels == 1 ? [.center] : (0..<channels).map { $0 < usual.count ? usual[$0] : .unused }
  }
}
