import Color
import Foundation
import Libav
import Probing
import Stills
import Timing
import Verification

/// Progress of making a page.
public enum ReviewEvent: Sendable, Hashable {
  /// Frames of the master decoded, measured and drawn.
  case surveying(frames: Int, of: Int)
  /// The master cannot be read to its end, with the reason.
  case endsEarly(String)
  /// Frames of the master that cannot be decoded; charts show each as the one before.
  case missing(frames: Int, of: Int)
  case measuringAudio
  /// Some of the master's audio cannot be decoded, for this reason; its charts leave it out.
  case damagedAudio(String)
  /// Frames of the proxy encoded.
  case encodingProxy(frames: Int, of: Int)
  case drawingPage
}

/// Everything that one pass over a master's frames gives: measurements of each frame, and stills of some.
struct MasterSurvey {
  /// The frames on both sides of a join.
  struct JoinColors: Sendable {
    /// Whether both frames could be decoded; the differences are 0 otherwise.
    var isMeasured = false
    /// Mean ΔE2000 over the grid.
    var deltaE = 0.0
    /// Mean luma step, code values.
    var deltaLuma = 0.0
    var crop: (left: Int, top: Int, size: Int)?
  }

  private(set) var frames: [FrameMeasurement] = []
  private(set) var joins: [JoinColors] = []
  private(set) var motion = MotionMeter()
  private(set) var thumbnails: [(frame: Int, image: SmallFrame)] = []

  /// Frames between two reports of progress.
  private static let reportStep = 12

  init(
    _ timeline: MasterTimeline, plan: StillPlan, assets: PageAssets, progress: (ReviewEvent) -> Void
  ) throws {
    let stream = timeline.video.stream
    let tags = stream.color?.tags ?? .bt709
    let isFullRange = tags.range == "pc"
    let worker = StillWorker(stream)
    do {
      try run(
        timeline, plan: plan, worker: worker, assets: assets, tags: tags, isFullRange: isFullRange, progress: progress)
    } catch {
      worker.finish(discarding: true)
      throw error
    }
    worker.finish()
    try keep(worker.take(), in: assets)
  }

  private mutating func run(
    _ timeline: MasterTimeline, plan: StillPlan, worker: StillWorker, assets: PageAssets, tags: ColorTags,
    isFullRange: Bool, progress: (ReviewEvent) -> Void
  ) throws {
    let count = timeline.frameCount
    var walker = try FrameWalker(
      path: timeline.path, video: timeline.video, wanted: Array(0..<count), onDamage: .accept)
    let starts = Dictionary(
      timeline.joins.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    let ends = Set(timeline.joins.map { $0 - 1 })
    var meter = FrameMeter()
    let moving = Set(timeline.joins.flatMap { MotionMeter.frames(around: $0) })
    let frame = try Frame()
    var last: LastFrame?
    var missing = 0
    while let position = try walker.next(into: frame) {
      try Task.checkCancellation()
      missing += position - frames.count
      while frames.count < position { frames.append(Self.blank(after: frames.last)) }
      let measured = meter.add(frame, isFullRange: isFullRange)
      frames.append(measured)
      if moving.contains(position) { motion.add(frame, at: position) }
      if let join = starts[position] {
        let colors = meter.colors(tags)
        var found = JoinColors()
        if let last {
          found.isMeasured = true
          found.deltaE = LabColor.meanDifference(last.colors, colors)
          found.deltaLuma = measured.luma - last.luma
          let place = Self.crop(frame, last.cells, meter.cells)
          found.crop = place
          try worker.run(
            [.crop(name: Self.cropName(join, "before"), left: place.left, top: place.top, size: place.size)],
            on: last.frame, index: position - 1)
          try worker.run(
            [.crop(name: Self.cropName(join, "after"), left: place.left, top: place.top, size: place.size)],
            on: frame, index: position)
        }
        last = nil
        while joins.count < join { joins.append(JoinColors()) }
        joins.append(found)
      }
      if ends.contains(position) {
        last = LastFrame(try frame.share(), colors: meter.colors(tags), cells: meter.cells, luma: measured.luma)
      }
      try worker.run(plan.jobs[position] ?? [], on: frame, index: position)
      frame.clear()
      if position % Self.reportStep == 0 {
        progress(.surveying(frames: position, of: count))
        try keep(worker.take(), in: assets)
      }
    }
    missing += count - frames.count
    while frames.count < count { frames.append(Self.blank(after: frames.last)) }
    while joins.count < timeline.joins.count { joins.append(JoinColors()) }
    progress(.surveying(frames: count, of: count))
    if missing > 0 { progress(.missing(frames: missing, of: count)) }
  }

  /// The last frame before a join.
  private final class LastFrame {
    let frame: Frame
    let colors: [SIMD3<Double>]
    let cells: [Float]
    let luma: Double

    init(_ frame: consuming Frame, colors: [SIMD3<Double>], cells: [Float], luma: Double) {
      self.frame = frame
      self.colors = colors
      self.cells = cells
      self.luma = luma
    }
  }

  static func cropName(_ join: Int, _ side: String) -> String { "stills/join\(join + 1)-\(side).png" }

  /// A frame that could not be decoded is shown as the one before.
  private static func blank(after last: FrameMeasurement?) -> FrameMeasurement {
    FrameMeasurement(
      luma: last?.luma ?? 0, chroma: last?.chroma ?? 0, contrast: last?.contrast ?? 0, sharpness: last?.sharpness ?? 0,
      difference: nil)
  }

  private mutating func keep(_ result: StillWorker.Result, in assets: PageAssets) throws {
    if let failure = result.failure { throw failure }
    for file in result.files { try assets.add(file.name, file.mediaType, file.bytes) }
    thumbnails += result.thumbnails
  }

  /// The square around the cell whose luma changes most.
  private static func crop(
    _ frame: borrowing Frame, _ before: [Float], _ after: [Float]
  ) -> (left: Int, top: Int, size: Int) {
    let changes = zip(before, after).map { abs($0 - $1) }
    let greatest = changes.indices.max { changes[$0] < changes[$1] } ?? 0
    let (row, column) = greatest.quotientAndRemainder(dividingBy: FrameMeasurement.gridColumns)
    let size = min(StillPlan.cropSize, frame.width, frame.height) / 2 * 2
    let x = (2 * column + 1) * frame.width / (2 * FrameMeasurement.gridColumns) - size / 2
    let y = (2 * row + 1) * frame.height / (2 * FrameMeasurement.gridRows) - size / 2
    return (max(0, min(frame.width - size, x)) / 2 * 2, max(0, min(frame.height - size, y)) / 2 * 2, max(2, size))
  }
}
