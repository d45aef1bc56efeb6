import Libav

/// Passes sampled keyframes to the ``NativeResolutionEstimator``.
final class NativeAnalyser: FrameAnalyser {
  let wantsOnlyKeyframes = true
  private var estimator = NativeResolutionEstimator()
  private var count = 0
  private var error: String?

  func add(_ frame: borrowing Frame, _ origin: FrameOrigin) {
    guard count < NativeThresholds.keyFrames, !frame.isCorrupt else { return }
    count += 1
    do {
      try estimator.add(frame, bytes: origin.codedBytes ?? 0, codec: origin.codecName)
    } catch {
      self.error = error.message
    }
  }

  /// Nil when no keyframe was added.
  var reading: NativeReading? {
    guard count > 0 else { return nil }
    return NativeReading(report: estimator.estimate(), error: error)
  }
}

/// The estimate from the keyframes of a pass.
struct NativeReading: Sendable {
  let report: NativeResolutionReport
  /// Why a keyframe was skipped.
  let error: String?
}
