import Libav

/// Gives a few keyframes of a pass to the ``NativeResolutionEstimator``.
final class NativeAnalyser: FrameAnalyser {
  let wantsOnlyKeyframes = true
  private var estimator = NativeResolutionEstimator()
  private var looked = 0
  private var fault: String?

  func look(at frame: borrowing Frame, _ facts: FrameFacts) {
    guard looked < NativeThresholds.keyFrames, !frame.isCorrupt else { return }
    looked += 1
    do {
      try estimator.add(frame, bytes: facts.codedBytes ?? 0, codec: facts.codecName)
    } catch {
      fault = error.message
    }
  }

  /// Nil when no keyframe could be looked at.
  var reading: NativeReading? {
    guard looked > 0 else { return nil }
    return NativeReading(report: estimator.estimate(), fault: fault)
  }
}

/// The estimate from the keyframes of a pass.
struct NativeReading: Sendable {
  let report: NativeResolutionReport
  /// Why a frame could not be looked at.
  let fault: String?
}
