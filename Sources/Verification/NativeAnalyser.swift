import Libav

/// Gives a few key pictures of a pass to the ``NativeResolutionEstimator``.
final class NativeAnalyser: PictureAnalyser {
  let wantsOnlyKeyPictures = true
  private var estimator = NativeResolutionEstimator()
  private var looked = 0
  private var fault: String?

  func look(at picture: borrowing Frame, _ facts: PictureFacts) {
    guard looked < NativeThresholds.keyFrames, !picture.isCorrupt else { return }
    looked += 1
    do {
      try estimator.add(picture, bytes: facts.codedBytes ?? 0, codec: facts.codecName)
    } catch {
      fault = error.message
    }
  }

  /// Nil when no key picture could be looked at.
  var reading: NativeReading? {
    guard looked > 0 else { return nil }
    return NativeReading(report: estimator.estimate(), fault: fault)
  }
}

/// The estimate from the key pictures of a pass.
struct NativeReading: Sendable {
  let report: NativeResolutionReport
  /// Why a picture could not be looked at.
  let fault: String?
}
