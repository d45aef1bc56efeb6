import Color
import Libav
import Stills

extension ReducedPlane {
  /// Mean ΔE00 over a coarse grid of cells, which small motion hardly moves.
  func colorDifference(from other: ReducedPlane, color: ColorTags) -> Double {
    let sum = zip(grid, other.grid).reduce(0.0) { total, cells in
      let own = LabColor(luma: cells.0.luma, cb: cells.0.cb, cr: cells.0.cr, color: color)
      let theirs = LabColor(luma: cells.1.luma, cb: cells.1.cb, cr: cells.1.cr, color: color)
      return total + own.difference(from: theirs)
    }
    return sum / Double(max(1, grid.count))
  }
}
