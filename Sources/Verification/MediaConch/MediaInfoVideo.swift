import Libav
import Probing
import Timing

/// One video track.
struct MediaInfoVideo: Sendable {
  private let stream: ProbeReport.StreamReport
  private let file: MediaInfoFile

  init(_ stream: ProbeReport.StreamReport, _ file: MediaInfoFile) {
    self.stream = stream
    self.file = file
  }

  private static let formats = [
    "h264": "AVC", "hevc": "HEVC", "av1": "AV1", "vp9": "VP9", "vp8": "VP8", "prores": "ProRes", "dnxhd": "VC-3",
    "ffv1": "FFV1", "mpeg1video": "MPEG Video", "mpeg2video": "MPEG Video", "mpeg4": "MPEG-4 Visual",
    "jpeg2000": "JPEG 2000", "dvvideo": "DV", "mjpeg": "JPEG",
  ]
  /// Codecs whose signalled properties MediaInfo shows one by one.
  private static let described: Set<String> = ["h264", "hevc", "av1"]
  private static let proResProfiles = [
    "Proxy": "422 Proxy", "LT": "422 LT", "Standard": "422", "HQ": "422 HQ", "4444": "4444", "XQ": "4444 XQ",
  ]

  var fields: [String: MediaInfoTracks.Value] {
    let info = stream.info
    guard let video = info.video else { return [:] }
    var fields: [String: MediaInfoTracks.Value] = [
      "Format": .known(Self.formats[info.codecName]), "Format_Version": version, "Format_Profile": profile,
      "Format_Level": level, "Width": .text("\(video.width)"), "Height": .text("\(video.height)"),
      "Language": MediaInfoFile.language(info), "ChromaSubsampling": subsampling, "BitDepth": bitDepth,
      "ColorSpace": colorSpace,
    ]
    fields.merge(shape(video)) { $1 }
    fields.merge(timing) { $1 }
    fields.merge(scan(video)) { $1 }
    if Self.described.contains(info.codecName) { fields.merge(colors(video.color)) { $1 } }
    if file.isMovie { fields["CodecID"] = .text(info.codecTag) }
    return fields
  }

  private var version: MediaInfoTracks.Value {
    switch stream.info.codecName {
    case "mpeg1video": .text("1")
    case "mpeg2video": .text("2")
    case "h264", "hevc", "av1": .absent
    default: .unknown
    }
  }

  private var profile: MediaInfoTracks.Value {
    switch stream.info.codecName {
    case "h264", "hevc", "av1", "mpeg2video": .known(stream.info.profile)
    case "prores": .known(stream.info.profile.flatMap { Self.proResProfiles[$0] })
    default: .unknown
    }
  }

  private var level: MediaInfoTracks.Value {
    guard let level = stream.info.level else { return .unknown }
    let tenths: Int? =
      switch stream.info.codecName {
      case "h264" where level >= 10: level
      // Thirty for each whole level.
      case "hevc": level / 3
      default: nil
      }
    guard let tenths else { return .unknown }
    return .text(tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)")
  }

  private func shape(_ video: StreamInfo.Video) -> [String: MediaInfoTracks.Value] {
    let ratio = video.sampleAspectRatio.isPositive ? video.sampleAspectRatio : .one
    let display = ratio * Rational(Int64(video.width), Int64(video.height))
    return [
      "PixelAspectRatio": .text(MediaInfoFile.decimals(ratio)),
      "DisplayAspectRatio": .text(MediaInfoFile.decimals(display)),
      "Rotation": file.isMovie ? .text(MediaInfoFile.decimals(Rational(video.rotation))) : .absent,
    ]
  }

  private var timing: [String: MediaInfoTracks.Value] {
    guard let counted = stream.counted else { return [:] }
    var fields: [String: MediaInfoTracks.Value] = ["FrameCount": .text("\(counted.packets)")]
    if let timing = counted.timing, timing.isConstant, let rate = timing.rate {
      fields["FrameRate"] = .text(MediaInfoFile.decimals(rate.rational))
      fields["FrameRate_Num"] = .text("\(rate.rational.numerator)")
      fields["FrameRate_Den"] = .text("\(rate.rational.denominator)")
      if file.isMovie { fields["FrameRate_Mode"] = .text("CFR") }
    } else if counted.timing?.isConstant == false, file.isMovie {
      fields["FrameRate_Mode"] = .text("VFR")
    }
    guard file.isMovie, let duration = MediaInfoFile.duration(stream.info) else { return fields }
    let seconds = Rational((duration * 1000).rounded ?? 0, 1000)
    fields["Duration"] = .text(MediaInfoFile.decimals(seconds))
    // Of a codec with frames of one size, MediaInfo takes the rate from a frame.
    if stream.info.codecName != "dnxhd" {
      fields["BitRate"] = .known((Rational(counted.bytes * 8) / seconds).floor)
    }
    return fields
  }

  private func scan(_ video: StreamInfo.Video) -> [String: MediaInfoTracks.Value] {
    switch (stream.info.codecName, video.fieldOrder) {
    case ("vp8", _), ("vp9", _): ["ScanType": .absent, "ScanOrder": .absent]
    case (_, "progressive"), ("av1", _): ["ScanType": .text("Progressive"), "ScanOrder": .absent]
    case ("mpeg2video", "tt"), ("prores", "tt"), ("prores", "tb"):
      ["ScanType": .text("Interlaced"), "ScanOrder": .text("TFF")]
    case ("mpeg2video", "bb"), ("prores", "bb"), ("prores", "bt"):
      ["ScanType": .text("Interlaced"), "ScanOrder": .text("BFF")]
    default: [:]
    }
  }

  private var pixels: PixelFormat? { stream.info.video.flatMap { PixelFormat(name: $0.pixelFormat) } }

  private var subsampling: MediaInfoTracks.Value {
    guard let pixels, !pixels.isRGB, !pixels.isGray else { return .unknown }
    return switch (pixels.chromaShiftX, pixels.chromaShiftY) {
    case (0, 0): .text("4:4:4")
    case (1, 0): .text("4:2:2")
    case (1, 1): .text("4:2:0")
    case (2, 0): .text("4:1:1")
    default: .unknown
    }
  }

  private var bitDepth: MediaInfoTracks.Value {
    guard stream.info.codecName != "prores" else { return .absent }
    return .known(pixels.flatMap { $0.bitDepth > 0 ? $0.bitDepth : nil })
  }

  private var colorSpace: MediaInfoTracks.Value {
    switch stream.info.codecName {
    case "vp8", "vp9": .absent
    default: .known(pixels.flatMap { $0.isRGB || $0.isGray ? nil : "YUV" })
    }
  }

  private func colors(_ tags: ColorTags) -> [String: MediaInfoTracks.Value] {
    func value(_ text: String?, _ names: [String: String]) -> MediaInfoTracks.Value {
      guard let text else { return .absent }
      return .known(names[text])
    }
    return [
      "colour_range": value(tags.range, ["tv": "Limited", "pc": "Full"]),
      "colour_primaries": value(
        tags.primaries,
        [
          "bt709": "BT.709", "bt2020": "BT.2020", "smpte170m": "BT.601 NTSC", "bt470bg": "BT.601 PAL",
          "smpte432": "Display P3", "smpte431": "DCI P3",
        ]),
      "transfer_characteristics": value(
        tags.transfer,
        [
          "bt709": "BT.709", "smpte170m": "BT.601", "smpte2084": "PQ", "arib-std-b67": "HLG",
          "bt2020-10": "BT.2020 (10-bit)", "iec61966-2-1": "sRGB/sYCC",
        ]),
      "matrix_coefficients": value(
        tags.matrix, ["bt709": "BT.709", "smpte170m": "BT.601", "bt2020nc": "BT.2020 non-constant"]),
    ]
  }
}
