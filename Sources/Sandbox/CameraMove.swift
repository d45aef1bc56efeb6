/// Where a camera looks: how output positions map to positions in the scene, both measured in pixels from the centre.
struct CameraPose: Sendable, Hashable {
  /// Scene pixels per output pixel; below 1 the scene looks larger.
  var scale: Float
  /// Scene pixels that the view's centre lies right of and below the scene's centre.
  var x: Float
  var y: Float

  /// The scene seen as it is, pixel for pixel.
  static let identity = CameraPose(scale: 1, x: 0, y: 0)

  func mixed(with other: CameraPose, _ part: Float) -> CameraPose {
    CameraPose(
      scale: scale + (other.scale - scale) * part, x: x + (other.x - x) * part, y: y + (other.y - y) * part)
  }
}

/// A slow move from one pose to another that starts and ends at rest.
struct CameraMove: Sendable {
  /// Frames over which the camera gathers speed, and later loses it.
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

  /// The part of the way behind the camera: speed rises evenly, holds, falls evenly.
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
