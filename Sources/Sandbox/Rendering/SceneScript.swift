/// One scene of a clip: its image, its camera move and its end image.
struct SceneScript: Sendable {
  /// Zoom of a move from a start image, per second and at most.
  private static let zoomPerSecond: Float = 0.018
  private static let maxZoom: Float = 0.15
  /// Size of a painted scene relative to the view, so that the camera can move.
  static let overscan: Float = 1.08
  /// The shift that models apply to their start image: luma in code values, saturation as a factor.
  private static let drift = ColorShift(luma: 1.5, saturation: 1.025)
  /// Sharpening of a still before the camera moves over it.
  private static let sharpening: Float = 0.2
  /// Part of the scene at which the dissolve into the end image begins.
  private static let dissolveStart: Float = 0.3

  let frames: Int
  private let base: RenderedFrame
  private let baseMove: CameraMove
  private let shift: ColorShift
  private let arrival: (frame: RenderedFrame, move: CameraMove)?

  /// - Parameters:
  ///   - start: the first frame, of the clip's size; nil paints one from the prompt.
  ///   - end: the last frame.
  init(
    scene: ClipRequest.Scene, seed: Seed, size: FrameSize, start: RenderedFrame?, end: RenderedFrame?,
    framesPerSecond: Int
  ) {
    frames = scene.seconds * framesPerSecond
    var numbers = seed.derived("camera").numbers
    if let start {
      let zoom = min(Self.maxZoom, Self.zoomPerSecond * Float(scene.seconds))
      base = start.sharpened(Self.sharpening)
      shift = Self.drift
      baseMove = CameraMove(
        start: .identity, end: Self.pose(scale: 1 - zoom, room: zoom, size: size, &numbers), frames: frames)
    } else {
      let (width, height) = (Float(size.width) * Self.overscan, Float(size.height) * Self.overscan)
      base =
        Landscape(
          prompt: scene.prompt, seed: seed, width: Int(width) / 4 * 4, height: Int(height) / 4 * 4
        ).painted()
      shift = .none
      let near = Self.pose(scale: 1, room: Self.overscan - 1, size: size, &numbers)
      let far = Self.pose(scale: 1.05, room: Self.overscan - 1.05, size: size, &numbers)
      let pushesIn = numbers.next() % 3 != 0
      baseMove = CameraMove(start: pushesIn ? far : near, end: pushesIn ? near : far, frames: frames)
    }
    if let end {
      let zoom = min(Self.maxZoom, Self.zoomPerSecond * Float(scene.seconds))
      let pose = Self.pose(scale: 1 - zoom, room: zoom, size: size, &numbers)
      arrival = (end.sharpened(Self.sharpening), CameraMove(start: pose, end: .identity, frames: frames))
    } else {
      arrival = nil
    }
  }

  /// A random pose within the margins of the view.
  private static func pose(
    scale: Float, room: Float, size: FrameSize, _ numbers: inout SeededNumbers
  ) -> CameraPose {
    CameraPose(
      scale: scale, x: numbers.value(-0.45...0.45) * room * Float(size.width),
      y: numbers.value(-0.4...0.4) * room * Float(size.height))
  }

  /// The views of a frame of this scene, `0 ..< frames`.
  func views(at frame: Int) -> [SceneView] {
    let here = SceneView(frame: base, pose: baseMove.pose(at: frame), shift: shift, part: 1)
    guard let arrival, frames > 1 else { return [here] }
    let way = max(0, (Float(frame) / Float(frames - 1) - Self.dissolveStart) / (1 - Self.dissolveStart))
    let part = way * way * (3 - 2 * way)
    let there = SceneView(frame: arrival.frame, pose: arrival.move.pose(at: frame), shift: Self.drift, part: part)
    if part <= 0 { return [here] }
    if part >= 1 { return [there] }
    return [SceneView(frame: base, pose: here.pose, shift: shift, part: 1 - part), there]
  }
}

extension RenderedFrame {
  fileprivate func sharpened(_ amount: Float) -> RenderedFrame {
    RenderedFrame(luma: luma.sharpened(amount), cb: cb, cr: cr)
  }
}
