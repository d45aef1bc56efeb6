import Libav
import Probing
import Timing

/// Brings a shot's frames to the master's size, shape and colours.
struct FrameConverter: ~Copyable {
  private let graph: FilterGraph
  /// Into the master's own rotation.
  private let turns: FilterGraph
  private let input: ColorTags
  private let target: MasterFormat
  private let format: PixelFormat
  /// The frame within the frame, before the master's own rotation is undone; nil when it fills the frame.
  private let canvas: (width: Int, height: Int, x: Int, y: Int)?

  /// - Throws: ``LibavError`` when libav cannot convert between the two.
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
    steps += Self.preparation(sourceFormat, width: source.width, height: source.height)
    steps += Self.upright(rotation: source.rotation, isMirrored: source.isMirrored)
    steps.append(
      "zscale=w=\(geometry.scaled.width):h=\(geometry.scaled.height):filter=lanczos:dither=none"
        + Self.colors(
          from: own, to: target.tags, format: format,
          knowsPrimaries: source.color.primaries != nil && target.info.color.primaries != nil))
    steps.append("format=\(format.withoutImpliedRange)")
    if let crop = geometry.crop {
      steps.append("crop=\(crop.width):\(crop.height):\(crop.x):\(crop.y)")
    }
    let turning = Self.back(rotation: target.info.rotation, isMirrored: target.info.isMirrored)
    let graph = try FilterGraph(
      steps.joined(separator: ","),
      inputs: [
        .video(
          width: source.width, height: source.height, format: sourceFormat.withoutImpliedRange,
          timeBase: .microseconds, frameRate: nil, color: own)
      ])
    let turns = try FilterGraph(
      turning.isEmpty ? "null" : turning.joined(separator: ","),
      inputs: [
        .video(
          width: geometry.frame.width, height: geometry.frame.height, format: format.withoutImpliedRange,
          timeBase: .microseconds, frameRate: nil, color: target.tags)
      ])
    self.input = own
    self.target = target
    self.format = format
    canvas = geometry.canvas
    self.graph = graph
    self.turns = turns
  }

  func convert(_ source: borrowing Frame) throws(LibavError) -> Frame {
    let tagged = try source.share()
    tagged.relabelWithoutImpliedRange()
    tagged.color = input
    tagged.pts = 0
    var result = try Self.pass(tagged, through: graph)
    if let canvas {
      let frame = try FrameBlend.black(
        width: canvas.width, height: canvas.height, format: format.withoutImpliedRange, color: target.tags)
      FrameBlend.place(result, into: frame, x: canvas.x, y: canvas.y)
      result = frame
    }
    result.pts = 0
    result = try Self.pass(result, through: turns)
    result.color = target.tags
    result.sampleAspectRatio = target.info.sampleAspectRatio
    return result
  }

  private static func pass(
    _ frame: borrowing Frame, through graph: borrowing FilterGraph
  ) throws(LibavError) -> Frame {
    let result = try Frame()
    try graph.send(frame)
    guard try graph.receive(into: result) else {
      throw LibavError(.other, "conforming a frame gave none")
    }
    return result
  }

  /// zimg takes planar frames whose sizes suit the chroma; others are made so first, without loss.
  private static func preparation(_ format: PixelFormat, width: Int, height: Int) -> [String] {
    let deep = format.bitDepth > 8
    if format.isRGB || format.hasPalette {
      return format.isPlanar && !format.hasAlpha ? [] : ["format=\(deep ? "gbrp16le" : "gbrp")"]
    }
    if format.isGray && !format.hasAlpha { return [] }
    let suits = width % (1 << format.chromaShiftX) == 0 && height % (1 << format.chromaShiftY) == 0
    return format.isPlanar && !format.hasAlpha && format.planeCount == 3 && suits
      ? [] : ["format=\(deep ? "yuv444p16le" : "yuv444p")"]
  }

  private static func upright(rotation: Int, isMirrored: Bool) -> [String] {
    var steps: [String] =
      switch rotation {
      case 90: ["transpose=clock"]
      case 180: ["hflip", "vflip"]
      case 270: ["transpose=cclock"]
      default: []
      }
    if isMirrored { steps.append("hflip") }
    return steps
  }

  /// The opposite of ``upright(rotation:isMirrored:)``.
  private static func back(rotation: Int, isMirrored: Bool) -> [String] {
    (isMirrored ? ["hflip"] : []) + upright(rotation: (360 - rotation) % 360, isMirrored: false)
  }

  /// Transfers that stand for the same curve (ITU-R BT.1886 displays them all).
  private static let videoTransfers: Set<String> = ["bt709", "smpte170m", "bt2020-10", "bt2020-12"]

  /// - Parameter knowsPrimaries: both are tagged; what is only assumed of primaries is no ground to change every colour.
  private static func colors(
    from own: ColorTags, to wanted: ColorTags, format: PixelFormat, knowsPrimaries: Bool
  ) -> String {
    var options = ":range=\(wanted.range == "pc" ? "full" : "limited")"
    if let matrix = wanted.matrix { options += ":matrix=\(matrix)" }
    let isSameCurve =
      own.transfer == wanted.transfer
      || (videoTransfers.contains(own.transfer ?? "") && videoTransfers.contains(wanted.transfer ?? ""))
    if knowsPrimaries, let transfer = wanted.transfer, let primaries = wanted.primaries,
      own.primaries != wanted.primaries || !isSameCurve
    {
      options += ":transfer=\(transfer):primaries=\(primaries)"
    }
    if format.chromaShiftX > 0, let location = wanted.chromaLocation { options += ":chromal=\(location)" }
    return options
  }
}

/// Where a frame lies in the master's frame.
struct ConformGeometry: Sendable {
  /// The upright frame's size after scaling.
  let scaled: (width: Int, height: Int)
  /// What is taken of the scaled frame; nil for all.
  let crop: (width: Int, height: Int, x: Int, y: Int)?
  /// The frame and the frame's place in it; nil when it fills the frame.
  let canvas: (width: Int, height: Int, x: Int, y: Int)?
  /// The upright frame.
  let frame: (width: Int, height: Int)

  init(
    _ source: StreamInfo.Video, target: StreamInfo.Video, format: PixelFormat, fit: ConformOptions.Fit
  ) {
    let frame = Self.upright(target)
    let content = Self.upright(source)
    let steps = (1 << format.chromaShiftX, 1 << format.chromaShiftY)
    self.frame = (frame.width, frame.height)
    // The frame's width in the master's pixels.
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

  /// Size and pixel shape as a player turns the frame.
  private static func upright(_ info: StreamInfo.Video) -> (width: Int, height: Int, aspect: Rational) {
    let aspect = info.sampleAspectRatio.isPositive ? info.sampleAspectRatio : .one
    return info.rotation % 180 == 0
      ? (info.width, info.height, aspect) : (info.height, info.width, aspect.reciprocal)
  }
}
