import Color
import Libav
import Presets
import Probing
import Stitching
import Timing

/// Turns a master's frames into those of a version: orientation, size, colours, bit depth.
///
/// Not `Sendable`: it owns filter graphs.
final class FramePreparer {
  /// The blurred background is made at this part of the size.
  private static let backgroundPart = 8
  /// H.273's codes for linear light in RGB.
  private static let linearLight = "transfer=8:matrix=0:range=full"

  private let plan: DeliveryPlan
  private let main = FrameFilter(threads: 1)
  private let background = FrameFilter(threads: 1)
  private let labelling = FrameFilter(threads: 1)
  private let labelSteps: [String]
  private let labelled: Range<Int>
  private let steps: [String]
  private let backgroundSteps: [String]
  /// The place of the frame on a canvas of the version's size; nil when it fills it.
  private let place: (x: Int, y: Int)?
  private let isUnchanged: Bool

  /// - Throws: ``DeliveryError`` when the label cannot be drawn.
  init(_ plan: DeliveryPlan) throws(DeliveryError) {
    self.plan = plan
    labelled = plan.label?.frames(rate: plan.rate, of: plan.master.frameCount) ?? 0..<0
    labelSteps = try plan.label?.steps(width: plan.width, height: plan.height) ?? []
    let (master, video) = (plan.master, plan.master.video.stream.video)
    let content = (width: master.display.width, height: master.display.height)
    let scale = (
      Double(plan.width) / Double(content.width), Double(plan.height) / Double(content.height)
    )
    let factor: Double? =
      switch plan.fit {
      case .pad, .blur: min(scale.0, scale.1)
      case .crop: max(scale.0, scale.1)
      case .within: nil
      }
    func even(_ side: Double) -> Int { max(2, Int((side / 2).rounded()) * 2) }
    var scaled = (width: plan.width, height: plan.height)
    if let factor { scaled = (even(Double(content.width) * factor), even(Double(content.height) * factor)) }
    if plan.fit == .crop {
      scaled = (max(scaled.width, plan.width), max(scaled.height, plan.height))
    } else {
      scaled = (min(scaled.width, plan.width), min(scaled.height, plan.height))
    }
    let rotation = FrameFilter.orientation(rotation: master.display.rotation, isMirrored: false)
    let depth = master.pixelFormat.bitDepth
    isUnchanged =
      rotation.isEmpty && scaled.width == video?.width && scaled.height == video?.height
      && scaled == (plan.width, plan.height)
      && master.pixelFormat.withoutImpliedRange == plan.format && master.color == plan.color
    let own =
      FrameFilter.preparation(master.pixelFormat, width: video?.width ?? 0, height: video?.height ?? 0) + rotation
    let dither = depth > plan.format.bitDepth ? "error_diffusion" : "none"
    let colors = FrameFilter.colors(
      from: master.color, to: plan.color, format: plan.format, hasPrimaries: video?.color.primaries != nil)
    var steps = own
    if plan.video.scalesInLinearLight, scaled != content {
      steps.append("zscale=\(Self.linearLight),format=gbrpf32le")
      steps.append(
        "zscale=w=\(scaled.width):h=\(scaled.height):filter=lanczos:dither=error_diffusion"
          + Self.allColors(plan.color, format: plan.format))
    } else {
      steps.append("zscale=w=\(scaled.width):h=\(scaled.height):filter=lanczos:dither=\(dither)" + colors)
    }
    steps.append("format=\(plan.format)")
    if plan.fit == .crop, scaled != (plan.width, plan.height) {
      let x = Self.offset(plan.center.x, of: scaled.width, length: plan.width)
      let y = Self.offset(plan.center.y, of: scaled.height, length: plan.height)
      steps.append("crop=\(plan.width):\(plan.height):\(x):\(y)")
    }
    self.steps = steps
    let isPlaced = plan.fit != .crop && scaled != (plan.width, plan.height)
    place = isPlaced ? ((plan.width - scaled.width) / 4 * 2, (plan.height - scaled.height) / 4 * 2) : nil
    backgroundSteps = isPlaced && plan.fit == .blur ? own + Self.blurred(plan, content: content, colors: colors) : []
  }

  /// The master's frame as it is in the version.
  /// - Parameter position: of the frame in the master.
  func prepare(_ source: borrowing Frame, at position: Int) throws -> Frame {
    let frame = try fitted(source)
    var steps = labelled.contains(position) ? labelSteps : []
    if let burned = plan.burned {
      steps += try burned.steps(at: plan.master.rate.duration(frames: position), width: plan.width, height: plan.height)
    }
    return steps.isEmpty ? frame : finished(try labelling.run(steps + ["format=\(plan.format)"], on: frame))
  }

  private func fitted(_ source: borrowing Frame) throws(LibavError) -> Frame {
    let tagged = try source.share()
    tagged.relabelWithoutImpliedRange()
    tagged.color = plan.master.color
    guard !isUnchanged else { return tagged }
    let frame = try main.run(steps, on: tagged)
    guard let place else { return finished(frame) }
    let canvas =
      backgroundSteps.isEmpty
      ? try FrameBlend.black(width: plan.width, height: plan.height, format: plan.format, color: plan.color)
      : try background.run(backgroundSteps, on: tagged)
    try canvas.makeWritable()
    FrameBlend.place(frame, into: canvas, x: place.x, y: place.y)
    return finished(canvas)
  }

  private func finished(_ frame: consuming Frame) -> Frame {
    frame.color = plan.color
    frame.sampleAspectRatio = .one
    return frame
  }

  /// Where a crop begins, even and inside.
  private static func offset(_ center: Double, of side: Int, length: Int) -> Int {
    let wanted = Int((center * Double(side) - Double(length) / 2).rounded())
    return min(max(wanted, 0), side - length) / 2 * 2
  }

  /// The master enlarged over the version's whole frame and blurred.
  private static func blurred(
    _ plan: DeliveryPlan, content: (width: Int, height: Int), colors: String
  ) -> [String] {
    func even(_ side: Int) -> Int { max(8, side / 2 * 2) }
    let small = (width: even(plan.width / backgroundPart), height: even(plan.height / backgroundPart))
    let factor = max(
      Double(small.width) / Double(content.width), Double(small.height) / Double(content.height))
    let covering = (
      width: max(small.width, even(Int((Double(content.width) * factor).rounded(.up)) + 1)),
      height: max(small.height, even(Int((Double(content.height) * factor).rounded(.up)) + 1))
    )
    return [
      "zscale=w=\(covering.width):h=\(covering.height):filter=bilinear:dither=none" + colors, "format=\(plan.format)",
      "crop=\(small.width):\(small.height)", "gblur=sigma=6",
      "zscale=w=\(plan.width):h=\(plan.height):filter=bicubic:dither=none", "format=\(plan.format)",
    ]
  }

  private static func allColors(_ color: ColorTags, format: PixelFormat) -> String {
    var options = ":range=\(color.range == "pc" ? "full" : "limited")"
    if let code = color.matrixCode { options += ":matrix=\(code)" }
    if let code = color.transferCode { options += ":transfer=\(code)" }
    if let code = color.primariesCode { options += ":primaries=\(code)" }
    if format.chromaShiftX > 0, let location = color.chromaLocation { options += ":chromal=\(location)" }
    return options
  }
}
