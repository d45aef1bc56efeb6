import Foundation

/// One line chart as SVG, with the numbers of its table.
///
/// Colours come from the page's style sheet by class, so that both themes are legible.
struct Chart {
  struct Line {
    /// A class of the style sheet: `a`, `b`, `target`.
    let style: String
    let name: String
    /// One value for each equal step across; nil leaves a gap.
    let values: [Double?]
  }

  let id: String
  let title: String
  let unit: String
  var lines: [Line]
  /// Positions 0–1 of vertical marks, with their names.
  var marks: [(at: Double, name: String)] = []
  /// Positions 0–1 of small ticks at the bottom.
  var ticks: [Double] = []
  /// Draws bars instead of lines.
  var isBars = false
  /// The range of values is at least this wide.
  var leastRange = 1.0
  /// The lowest value shown at most.
  var floor: Double?

  static let width = 720.0
  static let height = 150.0
  private static let left = 44.0
  private static let right = 8.0
  private static let top = 10.0
  private static let bottom = 14.0
  /// Points of a line at most.
  private static let mostPoints = 720

  private var range: (low: Double, high: Double) {
    let values = lines.flatMap { $0.values.compactMap(\.self) }
    var (low, high) = (values.min() ?? 0, values.max() ?? 1)
    if let floor { low = min(low, floor) }
    if high - low < leastRange {
      let middle = (high + low) / 2
      (low, high) = floor == low ? (low, low + leastRange) : (middle - leastRange / 2, middle + leastRange / 2)
    }
    let margin = (high - low) * 0.06
    return (floor == low ? low : low - margin, high + margin)
  }

  private func x(_ part: Double) -> Double { Self.left + part * (Self.width - Self.left - Self.right) }

  /// The drawing's content, without the `svg` element.
  var svg: String {
    let (low, high) = range
    func y(_ value: Double) -> Double {
      Self.top + (high - value) / (high - low) * (Self.height - Self.top - Self.bottom)
    }
    var parts: [String] = []
    for step in 0...2 {
      let value = low + (high - low) * Double(step) / 2
      let at = Self.text(y(value))
      parts.append(
        "<line class=\"grid\" x1=\"\(Self.left)\" x2=\"\(Self.width - Self.right)\" y1=\"\(at)\" y2=\"\(at)\"/>")
      parts.append(
        "<text class=\"axis\" x=\"\(Self.left - 6)\" y=\"\(Self.text(y(value) + 3.5))\">\(Self.number(value, high - low))</text>"
      )
    }
    for mark in marks {
      let at = Self.text(x(mark.at))
      parts.append(
        "<line class=\"mark\" x1=\"\(at)\" x2=\"\(at)\" y1=\"\(Self.top)\" y2=\"\(Self.height - Self.bottom)\"><title>"
          + PageEscaping.escaped(mark.name) + "</title></line>")
    }
    for tick in ticks {
      let at = Self.text(x(tick))
      parts.append(
        "<line class=\"tick\" x1=\"\(at)\" x2=\"\(at)\" y1=\"\(Self.height - Self.bottom + 2)\" y2=\"\(Self.height - Self.bottom + 8)\"/>"
      )
    }
    for line in lines {
      if isBars {
        let step = 1 / Double(max(1, line.values.count))
        for (number, value) in line.values.enumerated() {
          guard let value else { continue }
          let (from, to) = (x(Double(number) * step), x((Double(number) + 0.86) * step))
          parts.append(
            "<rect class=\"bar \(line.style)\" x=\"\(Self.text(from))\" y=\"\(Self.text(y(value)))\" width=\"\(Self.text(max(0.5, to - from)))\" height=\"\(Self.text(max(0, y(low) - y(value))))\"/>"
          )
        }
      } else {
        parts.append("<path class=\"line \(line.style)\" d=\"\(path(line.values, y))\"/>")
      }
    }
    return parts.joined()
  }

  /// The line with the lowest and the highest value of each column of pixels.
  private func path(_ values: [Double?], _ y: (Double) -> Double) -> String {
    var path = ""
    var isDown = false
    let count = values.count
    let step = max(1, (count * 2 + Self.mostPoints - 1) / Self.mostPoints)
    for start in stride(from: 0, to: count, by: step) {
      let part = values[start..<min(count, start + step)].compactMap(\.self)
      guard let low = part.min(), let high = part.max() else {
        isDown = false
        continue
      }
      let at = Self.text(x((Double(start) + Double(min(step, count - start) - 1) / 2) / Double(max(1, count - 1))))
      let points = low == high ? [low] : [low, high]
      for value in points {
        path += (isDown ? "L" : "M") + "\(at) \(Self.text(y(value)))"
        isDown = true
      }
    }
    return path
  }

  private static func text(_ value: Double) -> String { String(format: "%.1f", value) }

  private static func number(_ value: Double, _ range: Double) -> String {
    String(format: range >= 20 ? "%.0f" : range >= 2 ? "%.1f" : "%.2f", value).replacing("-", with: "−")
  }
}
