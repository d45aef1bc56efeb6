import Timing

/// The frames of each shot that are in the master, and the edits that transitions make to them.
struct ShotLayout {
  let kept: [Range<Int>]
  let edits: [FrameEdits]
  /// Frames of each join that show both shots.
  let fadeFrames: [Int]

  /// - Parameters:
  ///   - ranges: the frames used of each shot.
  ///   - overlaps: frames dropped from the end of each shot but the last.
  /// - Throws: ``StitchError`` naming the shot that is too short.
  init(_ clips: [SourceClip], ranges: [Range<Int>], overlaps: [Int]) throws {
    var kept = ranges
    var edits = [FrameEdits](repeating: .none, count: clips.count)
    var fades = [Int](repeating: 0, count: overlaps.count)
    if let transition = clips.first?.shot.transition {
      throw StitchError(
        .badRequest, "a \(transition.kind.rawValue) needs a shot before it, and this one is the first",
        file: clips[0].path)
    }
    for (number, overlap) in overlaps.enumerated() {
      let (clip, next) = (clips[number], clips[number + 1])
      guard overlap < ranges[number].count else {
        throw StitchError(
          .badRequest, "dropping \(overlap) frames leaves none of its \(ranges[number].count)", file: clip.path)
      }
      kept[number] = kept[number].lowerBound..<kept[number].upperBound - overlap
      guard let transition = next.shot.transition else { continue }
      let length = try Self.length(transition, clip: next)
      switch transition.kind {
      case .dissolve:
        fades[number] = length
        edits[number + 1].dissolve = length
        edits[number + 1].reasons.append("a dissolve of \(length) frames from the shot before")
      case .dip:
        edits[number].fadeOut = length / 2
        edits[number + 1].fadeIn = length - length / 2
        edits[number + 1].reasons.append("fade up from black over \(length - length / 2) frames")
        edits[number].reasons.append("fade down to black over \(length / 2) frames")
      }
    }
    for number in clips.indices {
      let edit = edits[number]
      let opening = max(edit.dissolve, edit.fadeIn)
      let closing = edit.fadeOut + (number < fades.count ? fades[number] : 0)
      let least = opening + closing + (closing > 0 && edit.fadeOut == 0 && opening == 0 ? 1 : 0)
      guard least <= kept[number].count else {
        throw StitchError(
          .outOfRange,
          "its \(kept[number].count) frames are too few for its transitions, which need \(least); shorten them",
          file: clips[number].path)
      }
      if number < fades.count {
        kept[number] = kept[number].lowerBound..<kept[number].upperBound - fades[number]
      }
    }
    self.kept = kept
    self.edits = edits
    fadeFrames = fades
  }

  private static func length(_ transition: StitchTransition, clip: SourceClip) throws -> Int {
    let least = transition.kind == .dip ? 2 : 1
    guard let frames = transition.duration.frame(at: clip.rate), frames >= least else {
      throw StitchError(
        .badRequest,
        "a \(transition.kind.rawValue) of \(transition.duration) is shorter than \(least) of the master's frames at \(clip.rate)/s",
        file: clip.path)
    }
    return frames
  }
}
