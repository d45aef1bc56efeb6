/// What is done to a shot's kept frames.
struct FrameEdits: Sendable {
  /// Frames at the start that are mixed with the shot before.
  var dissolve = 0
  /// Frames at the start that fade up from black.
  var fadeIn = 0
  /// Frames at the end that fade down to black.
  var fadeOut = 0
  var correction: ShotCorrection?
  /// A phrase for each edit, for the report.
  var reasons: [String] = []

  static let none = FrameEdits()

  /// Frames at the start that differ from the source.
  func head(of count: Int) -> Int {
    min(count, max(dissolve, fadeIn, correction.map { $0.frames ?? count } ?? 0))
  }

  /// A frame's brightness, from 0 (black) to 1 (unchanged).
  func brightness(_ number: Int, of count: Int) -> Float {
    var brightness: Float = 1
    if number < fadeIn { brightness = min(brightness, Float(number + 1) / Float(fadeIn + 1)) }
    let left = count - 1 - number
    if left < fadeOut { brightness = min(brightness, Float(left) / Float(fadeOut)) }
    return brightness
  }
}
