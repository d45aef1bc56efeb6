import Foundation

/// The runs of frames that are encoded apart from each other, each from a keyframe on.
struct ChunkPlan: Sendable {
  /// Frames of a chunk at most, about; an interrupted delivery loses as many per encoder.
  private static let longest = 240
  /// Frames below which a chunk costs more bits than it saves time.
  private static let shortest = 24
  /// Part of a chunk by which its start may move to where the master can be decoded from.
  private static let tolerance = 0.15

  let chunks: [Range<Int>]

  /// - Parameters:
  ///   - headFrames: frames of slate and black, a chunk of their own.
  ///   - frameCount: with the head.
  ///   - workers: encoders at a time; the number of chunks is a multiple of it where the length allows.
  ///   - starts: frames that decoding can start from, ascending.
  init(headFrames: Int, frameCount: Int, workers: Int, starts: [Int]) {
    let program = frameCount - headFrames
    var count = max(1, (program + Self.longest - 1) / Self.longest)
    count = (count + workers - 1) / workers * workers
    count = max(1, min(count, program / Self.shortest))
    let length = Double(program) / Double(count)
    var edges = [headFrames]
    for number in 1..<max(count, 1) {
      let even = headFrames + Int((length * Double(number)).rounded())
      let near = starts.min { abs($0 - even) < abs($1 - even) }
      let start = near.flatMap { Double(abs($0 - even)) <= length * Self.tolerance ? $0 : nil } ?? even
      if start > edges[edges.count - 1] { edges.append(start) }
    }
    edges.append(frameCount)
    let own = zip(edges, edges.dropFirst()).map { $0..<$1 }
    chunks = (headFrames > 0 ? [0..<headFrames] : []) + own
  }
}
