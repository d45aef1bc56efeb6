import Foundation
public import Libav

extension Threading {
  /// Pixels of all frames that the threads of a ``FrameWalker`` over stills work on together.
  private static let pixelsInWork = 2 * 3840 * 2160
  private static let maximumThreads = 8

  /// Instead of ``automatic``, fewer threads for larger frames: each thread over frames holds frames of its own.
  public func sparing(_ stream: StreamInfo) -> Threading {
    guard self == .automatic, let video = stream.video else { return self }
    return .count(
      min(
        max(2, Self.pixelsInWork / max(1, video.width * video.height)), Self.maximumThreads,
        ProcessInfo.processInfo.activeProcessorCount))
  }
}
