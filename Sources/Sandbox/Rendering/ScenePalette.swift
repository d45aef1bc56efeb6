/// A colour in gamma-encoded BT.709 R′G′B′, 0…1.
typealias RGB = SIMD3<Float>

/// The colours of a scene.
struct ScenePalette: Sendable {
  enum Ground: Sendable { case water, meadow, sand, snow }

  let skyTop: RGB
  let skyLow: RGB
  let sun: RGB
  let cloud: RGB
  let far: RGB
  let near: RGB
  let ground: RGB
  /// 0 without clouds … 1 overcast.
  let cloudiness: Float
  let stars: Bool

  private static let dawn = ScenePalette(
    skyTop: [0.23, 0.36, 0.62], skyLow: [0.98, 0.72, 0.55], sun: [1.0, 0.86, 0.62], cloud: [1.0, 0.80, 0.70],
    far: [0.55, 0.50, 0.62], near: [0.11, 0.15, 0.19], ground: [0.20, 0.24, 0.18], cloudiness: 0.50, stars: false)
  private static let noon = ScenePalette(
    skyTop: [0.16, 0.42, 0.78], skyLow: [0.72, 0.85, 0.95], sun: [1.0, 0.98, 0.90], cloud: [0.97, 0.98, 1.0],
    far: [0.50, 0.63, 0.76], near: [0.16, 0.27, 0.17], ground: [0.30, 0.42, 0.18], cloudiness: 0.45, stars: false)
  private static let sunset = ScenePalette(
    skyTop: [0.16, 0.16, 0.38], skyLow: [0.99, 0.55, 0.26], sun: [1.0, 0.78, 0.42], cloud: [0.98, 0.50, 0.36],
    far: [0.52, 0.32, 0.40], near: [0.09, 0.07, 0.12], ground: [0.18, 0.12, 0.12], cloudiness: 0.60, stars: false)
  private static let night = ScenePalette(
    skyTop: [0.03, 0.05, 0.13], skyLow: [0.16, 0.23, 0.40], sun: [0.90, 0.93, 1.0], cloud: [0.22, 0.28, 0.42],
    far: [0.13, 0.19, 0.31], near: [0.04, 0.06, 0.09], ground: [0.06, 0.09, 0.13], cloudiness: 0.35, stars: true)
  private static let overcast = ScenePalette(
    skyTop: [0.46, 0.52, 0.58], skyLow: [0.78, 0.80, 0.81], sun: [0.92, 0.92, 0.90], cloud: [0.86, 0.88, 0.90],
    far: [0.56, 0.61, 0.66], near: [0.17, 0.21, 0.20], ground: [0.28, 0.32, 0.26], cloudiness: 0.85, stars: false)
  private static let desert = ScenePalette(
    skyTop: [0.20, 0.45, 0.72], skyLow: [0.95, 0.83, 0.66], sun: [1.0, 0.95, 0.80], cloud: [1.0, 0.93, 0.84],
    far: [0.72, 0.52, 0.44], near: [0.50, 0.27, 0.17], ground: [0.74, 0.52, 0.32], cloudiness: 0.30, stars: false)

  private static let moods: [(keywords: [String], palette: ScenePalette)] = [
    (["night", "star", "moon", "midnight", "aurora", "neon"], night),
    (["sunset", "dusk", "golden", "evening", "fire"], sunset),
    (["dawn", "sunrise", "morning", "mist", "first light"], dawn),
    (["desert", "dune", "sand", "canyon", "mars"], desert),
    (["rain", "storm", "fog", "grey", "gray", "cloud", "winter"], overcast),
    (["noon", "summer", "blue sky", "sunny", "field", "balloon"], noon),
  ]
  private static let grounds: [(keywords: [String], ground: Ground)] = [
    (["ocean", "sea", "lake", "river", "water", "harbour", "harbor", "coast", "beach", "boat"], .water),
    (["snow", "ice", "glacier", "winter", "arctic"], .snow),
    (["desert", "dune", "sand", "canyon", "mars"], .sand),
    (["forest", "meadow", "field", "grass", "valley", "garden", "hill"], .meadow),
  ]

  /// The palette and ground whose keywords the prompt contains, else random ones from the seed.
  static func chosen(for prompt: String, _ numbers: inout SeededNumbers) -> (palette: ScenePalette, ground: Ground) {
    let text = prompt.lowercased()
    let mood = Int(numbers.next() % UInt64(moods.count))
    let ground = Int(numbers.next() % UInt64(grounds.count))
    return (
      (moods.first { $0.keywords.contains { text.contains($0) } } ?? moods[mood]).palette,
      (grounds.first { $0.keywords.contains { text.contains($0) } } ?? grounds[ground]).ground
    )
  }
}
