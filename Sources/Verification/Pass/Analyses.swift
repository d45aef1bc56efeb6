/// What measuring costs beyond reading headers and packets; only work that some rule needs is done.
struct Work: OptionSet, Sendable {
  let rawValue: Int

  /// Decoding every frame.
  static let frames = Work(rawValue: 1)
  /// Decoding all audio.
  static let audio = Work(rawValue: 2)
  /// Watching every frame's sketch: black, frozen, repeated, flashing frames, cuts.
  static let sketches = Work(rawValue: 4)
  /// Looking at a few whole frames: bars, combing, banding, blocks.
  static let textures = Work(rawValue: 8)
  /// Loudness and true peak.
  static let loudness = Work(rawValue: 16)
  /// Samples of the audio: peaks, silence, holes, phase.
  static let samples = Work(rawValue: 32)
  /// The first and the last frame against images that were given.
  static let anchors = Work(rawValue: 64)
  /// The native-resolution estimate from keyframes.
  static let native = Work(rawValue: 128)

  /// Work that a few keyframes are enough for, so that fast mode does it too.
  static let onKeyframes: Work = [.textures, .native]

  private static let ofFrames: Work = [.frames, .sketches, .textures, .anchors, .native]
  private static let ofAudio: Work = [.audio, .samples, .loudness]

  var needsFrames: Bool { !isDisjoint(with: Self.ofFrames) }
  var needsAudio: Bool { !isDisjoint(with: Self.ofAudio) }
  /// Whether it needs every frame, or the audio, decoded.
  var needsDecoding: Bool { !subtracting(Self.onKeyframes).isEmpty }
}
