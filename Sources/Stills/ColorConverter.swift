import Libav
import Probing
import Timing

/// Turns decoded pictures into RGB by their own matrix and range, and upright for display.
struct ColorConverter {
  /// RGB at the wanted depth: 8 bits as `rgb24`, 16 as `rgb48be`.
  ///
  /// A tone map turns HDR into 8-bit sRGB; other frames do not need one and are converted as without.
  static func rgb(
    _ source: borrowing Frame, color: ColorUnderstanding, deep: Bool, toneMap: ToneMap? = nil
  ) throws(LibavError) -> Frame {
    let target: PixelFormat = deep ? .rgb48 : .rgb24
    if let toneMap, color.tags.isHDR { return try mapped(source, color: color, by: toneMap) }
    let format = source.pixelFormat
    if format == target { return try source.share() }
    if !format.isRGB, !format.hasPalette, isExact(format, width: source.width, height: source.height),
      LibraryVersions.hasFilter("zscale"), let zimg = zimgMatrix(color.tags.matrix)
    {
      return try throughZimg(source, color: color, matrix: zimg, target: target)
    }
    let scaler = try Scaler(
      from: (source.width, source.height, format), color: color.tags,
      to: (source.width, source.height, target), targetColor: rgbTags, quality: .bicubic)
    return try scaler.scale(source)
  }

  private static let rgbTags = ColorTags(range: "pc", matrix: "gbr")

  /// zimg wants sizes that the chroma subsampling divides.
  private static func isExact(_ format: PixelFormat, width: Int, height: Int) -> Bool {
    format.isPlanar && !format.hasAlpha && width % (1 << format.chromaShiftX) == 0
      && height % (1 << format.chromaShiftY) == 0
  }

  private static func zimgMatrix(_ name: String?) -> String? {
    switch name {
    case "bt709": "709"
    case "smpte170m": "170m"
    case "bt470bg": "470bg"
    case "bt2020nc": "2020_ncl"
    case "smpte240m": "240m"
    case "fcc": "fcc"
    default: nil
    }
  }

  private static func throughZimg(
    _ source: borrowing Frame, color: ColorUnderstanding, matrix: String, target: PixelFormat
  ) throws(LibavError) -> Frame {
    let tagged = try source.share()
    tagged.relabelWithoutImpliedRange()
    tagged.color = ColorTags(
      range: color.tags.range, matrix: color.tags.matrix, chromaLocation: color.tags.chromaLocation)
    let range = color.tags.range == "pc" ? "full" : "limited"
    let location = color.tags.chromaLocation.map { ":chromalin=\($0)" } ?? ""
    let planar = target == .rgb48 ? "gbrp16le" : "gbrp"
    let graph = try FilterGraph(
      "zscale=matrixin=\(matrix):rangein=\(range)\(location):matrix=gbr:range=full:dither=none:filter=bicubic,format=\(planar)",
      inputs: [
        .video(
          width: source.width, height: source.height, format: tagged.pixelFormat, timeBase: .microseconds,
          frameRate: nil, color: tagged.color)
      ])
    tagged.pts = 0
    return try through(graph, tagged, to: target)
  }

  private static func mapped(
    _ source: borrowing Frame, color: ColorUnderstanding, by toneMap: ToneMap
  ) throws(LibavError) -> Frame {
    guard LibraryVersions.hasFilter("zscale"), LibraryVersions.hasFilter("tonemap") else {
      throw LibavError(.unsupported, "this libav has no zscale or tonemap filter, so HDR cannot be tone mapped")
    }
    var frame = try source.share()
    if !isExact(frame.pixelFormat, width: frame.width, height: frame.height), !frame.pixelFormat.isRGB,
      let full = PixelFormat(name: "yuv444p16le")
    {
      let scaler = try Scaler(
        from: (frame.width, frame.height, frame.pixelFormat), color: color.tags,
        to: (frame.width, frame.height, full), quality: .bicubic)
      frame = try scaler.scale(frame)
    }
    let graph = try FilterGraph(
      toneMap.filters(color.tags, isRGB: frame.pixelFormat.isRGB, hasLightLevels: source.hasLightLevels),
      inputs: [
        .video(
          width: frame.width, height: frame.height, format: frame.pixelFormat, timeBase: .microseconds,
          frameRate: nil, color: color.tags)
      ])
    frame.pts = 0
    frame.color = color.tags
    return try through(graph, frame, to: .rgb24)
  }

  /// Planar RGB out of a graph, packed.
  private static func through(
    _ graph: borrowing FilterGraph, _ frame: borrowing Frame, to target: PixelFormat
  ) throws(LibavError) -> Frame {
    try graph.send(frame)
    try graph.sendEnd()
    let result = try Frame()
    guard try graph.receive(into: result) else { throw LibavError(.other, "the colour conversion gave no frame") }
    let shuffle = try Scaler(
      from: (result.width, result.height, result.pixelFormat), color: rgbTags,
      to: (result.width, result.height, target), targetColor: rgbTags, quality: .bicubic)
    return try shuffle.scale(result)
  }

  /// The frame as a player shows it: rotated clockwise, then mirrored. Other angles than right ones are left alone.
  static func upright(_ frame: borrowing Frame, rotation: Int, isMirrored: Bool) throws(LibavError) -> Frame {
    var steps: [String] =
      switch rotation {
      case 90: ["transpose=clock"]
      case 180: ["hflip", "vflip"]
      case 270: ["transpose=cclock"]
      default: []
      }
    if isMirrored { steps.append("hflip") }
    guard !steps.isEmpty else { return try frame.share() }
    let graph = try FilterGraph(
      steps.joined(separator: ","),
      inputs: [
        .video(
          width: frame.width, height: frame.height, format: frame.pixelFormat, timeBase: .microseconds, frameRate: nil,
          color: frame.color)
      ])
    let timed = try frame.share()
    timed.pts = 0
    try graph.send(timed)
    try graph.sendEnd()
    let result = try Frame()
    guard try graph.receive(into: result) else { throw LibavError(.other, "turning the frame upright gave none") }
    return result
  }
}
