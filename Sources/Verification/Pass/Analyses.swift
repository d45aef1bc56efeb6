/// The analyses of one decoding pass; only those that some rule needs run.
struct Analyses: OptionSet, Sendable {
  let rawValue: Int

  /// Decodes every frame.
  static let frames = Analyses(rawValue: 1)
  /// Decodes all audio.
  static let audio = Analyses(rawValue: 2)
  /// Small sketches of every frame: black, frozen, repeated and flashing frames, cuts.
  static let sketches = Analyses(rawValue: 4)
  /// Sampled full frames: bars, combing, banding, blocks.
  static let textures = Analyses(rawValue: 8)
  /// Loudness and true peak.
  static let loudness = Analyses(rawValue: 16)
  /// Samples of the audio: peaks, silence, dropouts, phase.
  static let samples = Analyses(rawValue: 32)
  /// The first and the last frame against reference images.
  static let anchors = Analyses(rawValue: 64)
  /// The native-resolution estimate from keyframes.
  static let native = Analyses(rawValue: 128)
  /// Code values of every full frame.
  static let levels = Analyses(rawValue: 256)

  /// Analyses for which a few keyframes are enough, so that fast mode runs them too.
  static let onKeyframes: Analyses = [.textures, .native]

  private static let ofFrames: Analyses = [.frames, .sketches, .textures, .anchors, .native, .levels]
  private static let ofAudio: Analyses = [.audio, .samples, .loudness]

  var needsFrames: Bool { !isDisjoint(with: Self.ofFrames) }
  var needsAudio: Bool { !isDisjoint(with: Self.ofAudio) }
  /// Whether every frame, or the audio, must be decoded.
  var needsDecoding: Bool { !subtracting(Self.onKeyframes).isEmpty }
}
