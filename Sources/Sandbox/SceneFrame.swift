import Dispatch

/// How a frame's colours differ from its scene's: what models do to the frames that they start from.
struct ColourShift: Sendable {
  /// 8-bit code values added to the luma.
  var luma: Float
  /// Factor on both chroma differences.
  var saturation: Float

  static let none = ColourShift(luma: 0, saturation: 1)
}

/// One frame as a camera sees it, and how much of it shows.
struct SceneView: Sendable {
  let frame: RenderedFrame
  let pose: CameraPose
  let shift: ColourShift
  /// 0 … 1.
  let part: Float
}

/// One frame to be rendered: one view, or two dissolved into each other, and grain over them.
struct SceneFrame: Sendable {
  /// Standard deviation of the grain, in 8-bit code values.
  private static let lumaGrain: Float = 1.9
  private static let chromaGrain: Float = 0.7
  /// Parts of a plane that are rendered side by side.
  private static let bands = 8

  let views: [SceneView]
  /// The frame's number in the clip, from 0.
  let index: Int
  let grain: Grain

  /// Fills one plane, on all cores.
  /// - Parameters:
  ///   - plane: 0 luma, 1 Cb, 2 Cr.
  ///   - width: and height in samples of this plane.
  func render(plane: Int, width: Int, height: Int, into rows: PlaneRows) {
    let subsampling = plane == 0 ? 1 : 2
    let samplers = views.map {
      PlaneSampler(
        $0.frame.plane(plane), width: width, height: height, pose: $0.pose, subsampling: subsampling)
    }
    let lineLength = (views.map { $0.frame.plane(plane).width }.max() ?? width) + 6
    DispatchQueue.concurrentPerform(iterations: Self.bands) { band in
      withUnsafeTemporaryAllocation(of: Float.self, capacity: lineLength + 2 * width) { room in
        let line = UnsafeMutableBufferPointer(rebasing: room[..<lineLength])
        let sum = UnsafeMutableBufferPointer(rebasing: room[lineLength..<lineLength + width])
        let other = UnsafeMutableBufferPointer(rebasing: room[(lineLength + width)...])
        for y in height * band / Self.bands..<height * (band + 1) / Self.bands {
          for (number, sampler) in samplers.enumerated() {
            let target = number == 0 ? sum : other
            sampler.row(y, line: line, into: target)
            let (gain, offset) = views[number].factors(plane: plane)
            if number == 0 {
              for x in 0..<width { sum[x] = sum[x] * gain + offset }
            } else {
              for x in 0..<width { sum[x] += other[x] * gain + offset }
            }
          }
          finish(sum, y: y, plane: plane, into: rows.row(y))
        }
      }
    }
  }

  private func finish(
    _ sum: UnsafeMutableBufferPointer<Float>, y: Int, plane: Int, into out: UnsafeMutableBufferPointer<UInt8>
  ) {
    let strength = plane == 0 ? Self.lumaGrain : Self.chromaGrain
    grain.withRow(y, plane: plane, frame: index, width: sum.count) { noise in
      for x in 0..<sum.count { out[x] = clampedToByte(sum[x] + strength * noise[x]) }
    }
  }
}

extension SceneView {
  /// What a plane's samples are multiplied by, and what is added then.
  fileprivate func factors(plane: Int) -> (gain: Float, offset: Float) {
    plane == 0 ? (part, part * shift.luma) : (part * shift.saturation, part * 128 * (1 - shift.saturation))
  }
}

extension RenderedFrame {
  fileprivate func plane(_ index: Int) -> Plane { index == 0 ? luma : index == 1 ? cb : cr }
}
