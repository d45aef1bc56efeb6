/// A camera's view: maps output positions to positions in the scene, both in pixels from the centre.
struct CameraPose: Sendable, Hashable {
  /// Scene pixels per output pixel; below 1 the scene looks larger.
  var scale: Float
  /// Offset of the view's centre from the scene's, in scene pixels, right and down.
  var x: Float
  var y: Float

  /// The scene seen as it is, pixel for pixel.
  static let identity = CameraPose(scale: 1, x: 0, y: 0)

  func mixed(with other: CameraPose, _ part: Float) -> CameraPose {
    CameraPose(
      scale: scale + (other.scale - scale) * part, x: x + (other.x - x) * part, y: y + (other.y - y) * part)
  }
}

/// A slow move between two poses that starts and ends at rest.
struct CameraMove: Sendable {
  /// Frames of acceleration, and of deceleration.
  private static let rampFrames: Float = 1.5

  let start: CameraPose
  let end: CameraPose
  let frames: Int

  /// The pose at a frame, `0 ..< frames`; exactly ``start`` at the first and ``end`` at the last.
  func pose(at frame: Int) -> CameraPose {
    guard frames > 1 else { return start }
    let last = Float(frames - 1)
    return start.mixed(with: end, Self.travelled(Float(frame), of: last, ramp: min(Self.rampFrames, last / 2)))
  }

  /// The part of the way travelled: speed rises linearly, holds, falls linearly.
  private static func travelled(_ t: Float, of total: Float, ramp: Float) -> Float {
    let whole = total - ramp
    if t <= 0 { return 0 }
    if t >= total { return 1 }
    if t < ramp { return t * t / (2 * ramp) / whole }
    if t > total - ramp {
      let left = total - t
      return 1 - left * left / (2 * ramp) / whole
    }
    return (t - ramp / 2) / whole
  }
}
