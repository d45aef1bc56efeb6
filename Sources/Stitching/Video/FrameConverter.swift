import Color
import Libav
import Probing
import Timing

/// Conforms a shot's frames to the master's size, shape and colours.
struct FrameConverter: ~Copyable {
  private let conform: [String]
  /// Into the master's own rotation.
  private let rotate: [String]
  private let conforming = FrameFilter()
  private let rotation = FrameFilter()
  private let input: ColorTags
  private let target: MasterFormat
  private let format: PixelFormat
  /// Size of the master's frame in display orientation and the place of the shot's in it; nil when it fills the frame.
  private let canvas: (width: Int, height: Int, x: Int, y: Int)?

  /// - Throws: ``StitchError`` when libav does not have a pixel format.
  init(_ clip: SourceClip, to recipe: ConformRecipe) throws {
    let source = clip.video.stream.video ?? clip.info
    let target = recipe.format
    guard let format = PixelFormat(name: target.info.pixelFormat),
      let sourceFormat = PixelFormat(name: source.pixelFormat)
    else {
      throw StitchError(.unusableShot, "has the unknown pixel format \(source.pixelFormat)", file: clip.path)
    }
    let own = (clip.video.stream.color?.tags ?? .bt709)
    let geometry = ConformGeometry(source, target: target.info, format: format, fit: recipe.fit)
    var steps: [String] = []
    steps += FrameFilter.preparation(sourceFormat, width: source.width, height: source.height)
    steps += FrameFilter.orientation(rotation: source.rotation, isMirrored: source.isMirrored)
    steps.append(
      "zscale=w=\(geometry.scaled.width):h=\(geometry.scaled.height):filter=lanczos:dither=none"
        + FrameFilter.colors(
          from: own, to: target.tags, format: format,
          hasPrimaries: source.color.primaries != nil && target.info.color.primaries != nil))
    steps.append("format=\(format.withoutImpliedRange)")
    if let crop = geometry.crop {
      steps.append("crop=\(crop.width):\(crop.height):\(crop.x):\(crop.y)")
    }
    conform = steps
    rotate = Self.reverse(rotation: target.info.rotation, isMirrored: target.info.isMirrored)
    self.input = own
    self.target = target
    self.format = format
    canvas = geometry.canvas
  }

  /// - Throws: ``LibavError`` when libav cannot convert between the two.
  func convert(_ source: borrowing Frame) throws(LibavError) -> Frame {
    let tagged = try source.share()
    tagged.relabelWithoutImpliedRange()
    tagged.color = input
    var result = try conforming.run(conform, on: tagged)
    if let canvas {
      let frame = try FrameBlend.black(
        width: canvas.width, height: canvas.height, format: format.withoutImpliedRange, color: target.tags)
      FrameBlend.place(result, into: frame, x: canvas.x, y: canvas.y)
      result = frame
    }
    result = try rotation.run(rotate, on: result)
    result.pts = 0
    result.color = target.tags
    result.sampleAspectRatio = target.info.sampleAspectRatio
    return result
  }

  /// The opposite of ``FrameFilter/orientation(rotation:isMirrored:)``.
  private static func reverse(rotation: Int, isMirrored: Bool) -> [String] {
    (isMirrored ? ["hflip"] : []) + FrameFilter.orientation(rotation: (360 - rotation) % 360, isMirrored: false)
  }
}

/// The place of a shot's frame in the master's frame.
struct ConformGeometry: Sendable {
  /// The shot's size after scaling, in display orientation.
  let scaled: (width: Int, height: Int)
  /// The part of the scaled frame that is kept; nil for all.
  let crop: (width: Int, height: Int, x: Int, y: Int)?
  /// Size of the master's frame and the place of the shot's in it; nil when it fills the frame.
  let canvas: (width: Int, height: Int, x: Int, y: Int)?
  /// The master's frame in display orientation.
  let frame: (width: Int, height: Int)

  init(
    _ source: StreamInfo.Video, target: StreamInfo.Video, format: PixelFormat, fit: ConformOptions.Fit
  ) {
    let frame = Self.displayed(target)
    let content = Self.displayed(source)
    let steps = (1 << format.chromaShiftX, 1 << format.chromaShiftY)
    self.frame = (frame.width, frame.height)
    // The shot's width in the master's pixels.
    let width = Rational(content.width) * content.aspect / frame.aspect
    let height = Rational(content.height)
    let across = Rational(frame.width) / width
    let down = Rational(frame.height) / height
    func side(_ length: Rational, step: Int, atLeast: Int, atMost: Int) -> Int {
      guard let steps = (length / Rational(step)).rounded else { return atMost }
      return min(max(Int(clamping: steps) * step, atLeast), atMost)
    }
    switch fit {
    case .stretch:
      scaled = (frame.width, frame.height)
      (crop, canvas) = (nil, nil)
    case .pad:
      let scale = min(across, down)
      let size = (
        side(width * scale, step: steps.0, atLeast: steps.0, atMost: frame.width),
        side(height * scale, step: steps.1, atLeast: steps.1, atMost: frame.height)
      )
      scaled = (size.0, size.1)
      crop = nil
      let place = (
        (frame.width - size.0) / 2 / steps.0 * steps.0, (frame.height - size.1) / 2 / steps.1 * steps.1
      )
      canvas = size == (frame.width, frame.height) ? nil : (frame.width, frame.height, place.0, place.1)
    case .crop:
      let scale = max(across, down)
      let size = (
        side(width * scale, step: steps.0, atLeast: frame.width, atMost: .max),
        side(height * scale, step: steps.1, atLeast: frame.height, atMost: .max)
      )
      scaled = (size.0, size.1)
      let place = (
        (size.0 - frame.width) / 2 / steps.0 * steps.0, (size.1 - frame.height) / 2 / steps.1 * steps.1
      )
      crop = size == (frame.width, frame.height) ? nil : (frame.width, frame.height, place.0, place.1)
      canvas = nil
    }
  }

  /// Size and pixel shape in display orientation.
  private static func displayed(_ info: StreamInfo.Video) -> (width: Int, height: Int, aspect: Rational) {
    let aspect = info.sampleAspectRatio.isPositive ? info.sampleAspectRatio : .one
    return info.rotation % 180 == 0
      ? (info.width, info.height, aspect) : (info.height, info.width, aspect.reciprocal)
  }
}
