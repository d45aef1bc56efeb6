/// What measuring costs beyond reading headers and packets; only work that some rule needs is done.
struct Work: OptionSet, Sendable {
  let rawValue: Int

  /// Decoding every picture.
  static let pictures = Work(rawValue: 1)
  /// Decoding all sound.
  static let sound = Work(rawValue: 2)
  /// Watching every picture's sketch: black, frozen, repeated, flashing pictures, cuts.
  static let sketches = Work(rawValue: 4)
  /// Looking at a few whole pictures: bars, combing, banding, blocks.
  static let textures = Work(rawValue: 8)
  /// Loudness and true peak.
  static let loudness = Work(rawValue: 16)
  /// Samples of the sound: peaks, silence, holes, phase.
  static let samples = Work(rawValue: 32)
  /// The first and the last picture against images that were given.
  static let anchors = Work(rawValue: 64)
  /// The native-resolution estimate from key pictures.
  static let native = Work(rawValue: 128)

  /// Work that a few key pictures are enough for, so that fast mode does it too.
  static let onKeyPictures: Work = [.textures, .native]

  private static let ofPictures: Work = [.pictures, .sketches, .textures, .anchors, .native]
  private static let ofSound: Work = [.sound, .samples, .loudness]

  var needsPictures: Bool { !isDisjoint(with: Self.ofPictures) }
  var needsSound: Bool { !isDisjoint(with: Self.ofSound) }
  /// Whether it needs every picture, or the sound, decoded.
  var needsDecoding: Bool { !subtracting(Self.onKeyPictures).isEmpty }
}
