import Dispatch

/// A colour shift, as models apply to their start image.
struct ColorShift: Sendable {
  /// 8-bit code values added to the luma.
  var luma: Float
  /// Factor on both chroma differences.
  var saturation: Float

  static let none = ColorShift(luma: 0, saturation: 1)
}

/// One frame seen by a camera, with its opacity.
struct SceneView: Sendable {
  let frame: RenderedFrame
  let pose: CameraPose
  let shift: ColorShift
  /// 0 … 1.
  let part: Float
}

/// One output frame: a view or a dissolve of two, with grain.
struct SceneFrame: Sendable {
  /// Standard deviation of the grain, in 8-bit code values.
  private static let lumaGrain: Float = 1.9
  private static let chromaGrain: Float = 0.7
  /// Bands of a plane rendered in parallel.
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
  /// Gain and offset of a plane's samples.
  fileprivate func factors(plane: Int) -> (gain: Float, offset: Float) {
    plane == 0 ? (part, part * shift.luma) : (part * shift.saturation, part * 128 * (1 - shift.saturation))
  }
}

extension RenderedFrame {
  fileprivate func plane(_ index: Int) -> Plane { index == 0 ? luma : index == 1 ? cb : cr }
}

/// White noise for every frame, like film grain: it keeps detail up to the frame's full resolution.
struct Grain: Sendable {
  private static let stripLength = 1 << 17

  private let strip: [Float]
  private let seed: UInt64

  /// - Parameter width: of the widest row, in pixels.
  init(seed: Seed, width: Int) {
    var numbers = seed.derived("grain").numbers
    strip = (0..<Self.stripLength + width).map { _ in numbers.normal() }
    self.seed = numbers.next()
  }

  /// Calls `body` with the grain of one row of one frame: mean 0, standard deviation 1.
  func withRow<Result>(
    _ y: Int, plane: Int, frame: Int, width: Int, _ body: (UnsafeBufferPointer<Float>) -> Result
  ) -> Result {
    let at = Int(mixed(seed ^ UInt64(frame) << 32 ^ UInt64(plane) << 24 ^ UInt64(y)) % UInt64(Self.stripLength))
    return strip.withUnsafeBufferPointer { body(UnsafeBufferPointer(rebasing: $0[at..<at + width])) }
  }
}
