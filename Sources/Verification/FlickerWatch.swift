import Foundation
import Libav

/// Follows the brightness of each part of the picture and tells when much of it turns brighter or darker at once.
///
/// The step is that of a general flash in ITU-R BT.1702 and WCAG 2.2 (2.3.1): an opposing change of 20 cd/m² or more
/// where the darker picture is below 160 cd/m², on a display of 200 cd/m².
struct FlickerWatch {
  /// cd/m².
  private static let step: Float = 20
  private static let darkerBelow: Float = 160
  private static let displayPeak: Float = 200
  /// Of a display by ITU-R BT.1886.
  private static let displayGamma: Float = 2.4

  private let luminance: [Float]
  /// Of each cell: the extreme reached in the current direction, and the direction.
  private var extremes: [Float] = []
  private var directions: [Int8] = []

  init(color: ColorTags) {
    let (black, span): (Float, Float) = color.range == "pc" ? (0, 255) : (16, 219)
    luminance = (0...1020).map { quarter in
      let signal = min(1, max(0, (Float(quarter) / 4 - black) / span))
      return Self.displayPeak * powf(signal, Self.displayGamma)
    }
  }

  /// - Parameter cells: mean luma of each part of the picture.
  /// - Returns: the part of the picture that completed a step up, and down, at this picture.
  mutating func look(at cells: [Float]) -> (brightened: Float, darkened: Float) {
    guard extremes.count == cells.count else {
      extremes = cells.map { value(of: $0) }
      directions = [Int8](repeating: 0, count: cells.count)
      return (0, 0)
    }
    var (up, down) = (0, 0)
    for index in cells.indices {
      let now = value(of: cells[index])
      let extreme = extremes[index]
      let isStep = abs(now - extreme) >= Self.step && min(now, extreme) < Self.darkerBelow
      if now > extreme {
        if directions[index] <= 0 {
          guard isStep else { continue }
          up += 1
          directions[index] = 1
        }
        extremes[index] = now
      } else if now < extreme {
        if directions[index] >= 0 {
          guard isStep else { continue }
          down += 1
          directions[index] = -1
        }
        extremes[index] = now
      }
    }
    return (Float(up) / Float(cells.count), Float(down) / Float(cells.count))
  }

  private func value(of luma: Float) -> Float { luminance[min(1020, max(0, Int(luma * 4)))] }
}
