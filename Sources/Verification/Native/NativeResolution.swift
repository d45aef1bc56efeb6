import Libav
public import Probing

/// Runs a ``NativeResolutionEstimator`` over a file's keyframes, and decodes no others.
public enum NativeResolution {
  /// Samples keyframes of the main video stream, spread evenly.
  /// - Parameters:
  ///   - index: the file's packet index, when it was read already.
  ///   - progress: called before each frame with its number and how many there are.
  /// - Throws: ``LibavError``: `noSuchStream` without video, `invalidData` when no keyframe can be decoded, others when the
  ///   file cannot be read; `CancellationError` when the task is cancelled.
  public static func estimate(
    path: String, index: MediaIndex? = nil, progress: ((_ number: Int, _ count: Int) -> Void)? = nil
  ) throws -> NativeResolutionReport {
    let index = try index ?? MediaIndex(path: path, videoOnly: true, glancing: true)
    guard let video = index.video else {
      throw LibavError(.noSuchStream, "no video stream", file: path)
    }
    guard !video.entries.isEmpty else {
      throw LibavError(.invalidData, index.readError ?? "no frames", file: path)
    }
    var estimator = NativeResolutionEstimator()
    let chosen = keyframes(of: video, count: NativeThresholds.keyFrames)
    var walker = try FrameWalker(
      path: path, video: video, wanted: chosen, onDamage: .accept, restarts: false, threading: .slices(0))
    var decoded = 0
    let frame = try Frame()
    progress?(0, chosen.count)
    while let position = try walker.next(into: frame) {
      try Task.checkCancellation()
      decoded += 1
      let entry = video.entries[video.presentationOrder[position]]
      if !frame.isCorrupt { try estimator.add(frame, bytes: entry.size, codec: video.stream.codecName) }
      frame.clear()
      if decoded < chosen.count { progress?(decoded, chosen.count) }
    }
    guard decoded > 0 || chosen.isEmpty else {
      throw LibavError(
        .invalidData, "no keyframe can be decoded", file: path, log: walker.messages.suffix(3).map(\.text))
    }
    return estimator.estimate()
  }

  /// Positions in presentation order of up to this many keyframes: the middle ones of equal shares.
  static func keyframes(of video: PacketIndex, count: Int) -> [Int] {
    let all = video.presentationOrder.indices.filter { video.entries[video.presentationOrder[$0]].isKey }
    // Random access points are decoded alone, other keyframes with all before them.
    let alone = all.filter {
      video.randomAccess(before: video.presentationOrder[$0]) == video.presentationOrder[$0]
    }
    let keys = alone.isEmpty ? all : alone
    guard keys.count > count else { return keys }
    return (0..<count).map { keys[(2 * $0 + 1) * keys.count / (2 * count)] }
  }
}
