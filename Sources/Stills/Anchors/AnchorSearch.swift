import Color
import Foundation
import Libav
import Probing

/// The best of a shot's last frames for the next shot to start from.
///
/// The frames after it (``droppedAfter``) must be dropped when the shots are joined.
public struct AnchorChoice: Sendable, Hashable {
  /// Position in presentation order, from 0.
  public let index: Int
  /// Frames of the shot after it.
  public let droppedAfter: Int
  /// Frames that were compared.
  public let searched: Int
  /// Mean squared step between neighbouring pixels of it and of the last frame, in copies of at most
  /// ``FrameMeasure/width`` pixels across.
  public let sharpness: Double
  public let sharpnessOfLast: Double
  /// One sentence for the user.
  public let reason: String
}

/// Finds the sharpest of a shot's last frames that is not part of a cut, flash or fade.
struct AnchorSearch {
  /// Maximum number of frames searched: two seconds at 60 frames a second.
  static let maximumCount = 120
  /// A later frame is preferred unless an earlier one is sharper by more than this part.
  private static let sharperBy = 0.08
  /// A cut changes more than this from one frame to the next, in code values, and this many times the ordinary change.
  private static let cutChange = 12.0
  private static let cutTimes = 6.0
  /// Code values by which the level of a frame may differ from the median, before it counts as flash or fade.
  private static let levelStep = 16.0

  private struct Candidate {
    let index: Int
    let measure: FrameMeasure
    /// Why it is not eligible; nil when it is.
    var fault: String?
  }

  static func choose(
    _ path: String, among wanted: Int
  ) throws(LibavError) -> AnchorChoice {
    let index = try MediaIndex(path: path, videoOnly: true, glancing: true)
    guard let video = index.video else {
      throw LibavError(.noSuchStream, "has no video, so there is no frame to take", file: path)
    }
    let count = video.presentationOrder.count
    let first = max(0, count - min(max(1, wanted), maximumCount))
    var walker = try FrameWalker(
      path: path, video: video, wanted: Array(first..<count), onDamage: .accept,
      threading: .automatic.sparing(video.stream))
    let frame = try Frame()
    let scaler = FrameScaler()
    var candidates: [Candidate] = []
    while let position = try walker.next(into: frame) {
      candidates.append(Candidate(index: position, measure: try FrameMeasure(frame, of: video.stream, scaler: scaler)))
    }
    guard let last = candidates.last else {
      throw LibavError(.invalidData, "none of its last \(count - first) frames can be decoded", file: path)
    }
    markFaults(&candidates)
    let eligible = candidates.filter { $0.fault == nil }
    let best = eligible.map(\.measure.sharpness).max() ?? 0
    let chosen = eligible.last { $0.measure.sharpness * (1 + sharperBy) >= best } ?? last
    return AnchorChoice(
      index: chosen.index, droppedAfter: last.index - chosen.index, searched: candidates.count,
      sharpness: chosen.measure.sharpness, sharpnessOfLast: candidates.last?.measure.sharpness ?? 0,
      reason: reason(chosen, last: candidates[candidates.count - 1], eligible: eligible.count, of: candidates.count))
  }

  private static func markFaults(_ candidates: inout [Candidate]) {
    let changes = zip(candidates, candidates.dropFirst()).map { $0.measure.change(to: $1.measure) }
    let ordinary = changes.sorted()[safe: changes.count / 2] ?? 0
    // After a cut, the shorter side is not the shot.
    if let cut = changes.indices.max(by: { changes[$0] < changes[$1] }), changes[cut] > cutChange,
      changes[cut] > cutTimes * ordinary
    {
      let side = cut + 1 > candidates.count / 2 ? cut + 1..<candidates.count : 0..<cut + 1
      for position in side { candidates[position].fault = "is on the other side of a cut or flash" }
    }
    let levels = candidates.filter { $0.fault == nil }.map(\.measure.level).sorted()
    let middle = levels[safe: levels.count / 2] ?? 0
    for position in candidates.indices where candidates[position].fault == nil {
      let measure = candidates[position].measure
      if measure.isBlack {
        candidates[position].fault = "is black"
      } else if measure.isWhite {
        candidates[position].fault = "is white"
      } else if abs(measure.level - middle) > levelStep {
        candidates[position].fault = "is part of a fade or flash"
      }
    }
  }

  private static func reason(_ chosen: Candidate, last: Candidate, eligible: Int, of count: Int) -> String {
    guard eligible > 0 else {
      return "all of the last \(count) frames are black, white or in transition; the last is kept"
    }
    guard chosen.index != last.index else { return "the last frame is as sharp as any of the last \(count)" }
    let distance = last.index - chosen.index
    if let fault = last.fault {
      return
        "the last frame \(fault); this one, \(distance) before it, is the sharpest of the late frames without that fault"
    }
    let gain = last.measure.sharpness > 0 ? (chosen.measure.sharpness / last.measure.sharpness - 1) * 100 : 0
    return
      "\(distance) before the last and \(Int(gain.rounded())) % sharper than it, which is blurred by motion or focus"
  }
}

extension Array {
  fileprivate subscript(safe index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}
