/// Which frames of a master become stills, decided before it is decoded.
struct StillPlan: Sendable {
  /// Frames on either side of a join that the inspector loops.
  static let reach = 12
  /// Frames on either side of a join in the strip.
  static let stripReach = 3
  /// Pixels of the longer side.
  static let longerSide = 960
  static let inlinedLongerSide = 640
  static let thumbnailLongerSide = 160
  static let posterLongerSide = 640
  /// Pixels of the side of a crop at 100 %.
  static let cropSize = 480
  private static let mostThumbnails = 100
  static let spriteColumns = 10

  let jobs: [Int: [StillJob]]
  /// Frames around each join, by join.
  let joinFrames: [Range<Int>]
  let posters: [String]
  let thumbnails: [Int]
  let thumbnailSize: (width: Int, height: Int)

  /// - Parameters:
  ///   - size: of the master as shown.
  ///   - showsFirst: whether the page shows the first frame of the whole.
  ///   - isInlining: fewer and smaller stills, for a page in one file.
  init(_ timeline: MasterTimeline, size: (width: Int, height: Int), showsFirst: Bool, isInlining: Bool) {
    func scaled(_ side: Int) -> (width: Int, height: Int) {
      let longer = max(size.width, size.height, 1)
      let side = min(side, longer)
      return (max(1, size.width * side / longer), max(1, size.height * side / longer))
    }
    let width = scaled(isInlining ? Self.inlinedLongerSide : Self.longerSide).width
    let posterWidth = scaled(Self.posterLongerSide).width
    thumbnailSize = scaled(Self.thumbnailLongerSide)
    var jobs: [Int: [StillJob]] = [:]
    var ranges: [Range<Int>] = []
    for join in timeline.joins {
      let range = max(0, join - Self.reach)..<min(timeline.frameCount, join + Self.reach)
      ranges.append(range)
      for frame in range where !(jobs[frame] ?? []).contains(where: { if case .still = $0 { true } else { false } }) {
        jobs[frame, default: []].append(.still(name: Self.name(frame), width: width))
      }
    }
    if showsFirst, jobs[0] == nil { jobs[0] = [.still(name: Self.name(0), width: width)] }
    joinFrames = ranges
    posters = timeline.parts.map { part in
      let middle = (part.frames.lowerBound + part.frames.upperBound) / 2
      let frame = min(middle, timeline.frameCount - 1)
      let name = "stills/poster-\(frame).jpg"
      jobs[frame, default: []].append(.still(name: name, width: posterWidth))
      return name
    }
    let count = min(Self.mostThumbnails, timeline.frameCount)
    thumbnails = (0..<count).map { $0 * timeline.frameCount / count }
    for frame in thumbnails { jobs[frame, default: []].append(.thumbnail(width: thumbnailSize.width)) }
    self.jobs = jobs
  }

  static func name(_ frame: Int) -> String { "stills/\(frame).jpg" }
}
