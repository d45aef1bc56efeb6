import Libav

/// Follows the display light of each part of the frame and measures how much of it turns brighter, darker, or to or
/// from a saturated red at once.
///
/// The steps are those of ITU-R BT.1702-3 and WCAG 2.2 (2.3.1). General: an opposing change of 20 cd/m² or more where
/// the darker frame is below 160 cd/m²; above that, in HDR only, of more than 1/17 of Michelson contrast. Red: a
/// change to or from a saturated red by more than 0.2 in the CIE 1976 diagram.
struct FlickerAnalyser {
  /// 0–1: the parts of the frame that completed a step at this frame.
  struct Steps: Sendable {
    var brightened: Float = 0
    var darkened: Float = 0
    var reddened: Float = 0
    var paled: Float = 0
  }

  /// cd/m².
  private static let step: Float = 20
  private static let darkerBelow: Float = 160
  private static let contrast: Float = 1 / 17
  /// Of u′ and v′.
  private static let redStep: Float = 0.2
  /// u′ and v′ of BT.709's red.
  private static let red = SIMD2<Float>(0.450_7, 0.522_9)

  /// The state of a part of the frame.
  private struct Part {
    /// The extreme reached in the current direction, in cd/m², and the direction.
    var extreme: Float
    var direction = 0
    /// Whether it is red, and the colour of this state nearest to red, or farthest from it.
    var isRed: Bool
    var color: SIMD2<Float>
  }

  private let display: DisplayLight
  private let isHDR: Bool
  private var parts: [Part] = []

  init(color: ColorTags) {
    display = DisplayLight(color)
    isHDR = color.isHDR
  }

  /// - Parameter cells: mean luma and both chromas of each part of the frame.
  mutating func steps(to cells: [[Float]]) -> Steps {
    let count = cells[0].count
    guard parts.count == count else {
      parts = (0..<count).map {
        let light = display.light(y: cells[0][$0], cb: cells[1][$0], cr: cells[2][$0])
        return Part(extreme: light.luminance, isRed: light.isSaturatedRed, color: light.chromaticity)
      }
      return Steps()
    }
    var (up, down, reddened, paled) = (0, 0, 0, 0)
    for index in 0..<count {
      let light = display.light(y: cells[0][index], cb: cells[1][index], cr: cells[2][index])
      switch brightnessStep(light.luminance, of: index) {
      case 1: up += 1
      case -1: down += 1
      default: break
      }
      if redStep(light, part: index) {
        if light.isSaturatedRed { reddened += 1 } else { paled += 1 }
      }
    }
    func part(_ number: Int) -> Float { Float(number) / Float(count) }
    return Steps(brightened: part(up), darkened: part(down), reddened: part(reddened), paled: part(paled))
  }

  /// 1 or −1 where a part completes a step up or down.
  private mutating func brightnessStep(_ now: Float, of index: Int) -> Int {
    let extreme = parts[index].extreme
    let way = now > extreme ? 1 : now < extreme ? -1 : 0
    guard way != 0 else { return 0 }
    let isReversed = parts[index].direction != way
    guard !isReversed || isStep(now, extreme) else { return 0 }
    parts[index].extreme = now
    parts[index].direction = way
    return isReversed ? way : 0
  }

  private func isStep(_ a: Float, _ b: Float) -> Bool {
    let (dark, bright) = (min(a, b), max(a, b))
    if dark < Self.darkerBelow { return bright - dark >= Self.step }
    return isHDR && bright - dark > Self.contrast * (bright + dark)
  }

  /// Whether a part turns to a saturated red or away from one.
  private mutating func redStep(_ light: DisplayLight.Light, part index: Int) -> Bool {
    let part = parts[index]
    func distance(_ a: SIMD2<Float>, _ b: SIMD2<Float>) -> Float { ((a - b) * (a - b)).sum().squareRoot() }
    let (now, before) = (distance(light.chromaticity, Self.red), distance(part.color, Self.red))
    if light.isSaturatedRed == part.isRed {
      if part.isRed ? now < before : now > before { parts[index].color = light.chromaticity }
      return false
    }
    guard distance(light.chromaticity, part.color) > Self.redStep else { return false }
    parts[index].isRed = light.isSaturatedRed
    parts[index].color = light.chromaticity
    return true
  }
}
