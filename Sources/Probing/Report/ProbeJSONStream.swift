import Foundation
import Libav
import Timing

/// ffprobe's object for one stream, with our own under `longtake`.
struct ProbeJSONStream: Encodable {
  let report: ProbeReport.StreamReport
  let showsID: Bool
  let track: MovieBoxes.Track?

  /// Greatest number in a display aspect ratio, as ffprobe reduces it.
  private static let aspectLimit: Int64 = 1024 * 1024

  func encode(to encoder: any Swift.Encoder) throws {
    let info = report.info
    var fields = JSONFields(encoder)
    try fields.put("index", info.index)
    if info.codecName != "unknown" {
      try fields.put("codec_name", info.codecName)
      try fields.put("codec_long_name", info.codecLongName)
    }
    try fields.put("profile", info.profile ?? info.profileNumber.map { "\($0)" })
    try fields.put("codec_type", info.kind == .unknown ? nil : info.kind.rawValue)
    try fields.put("codec_tag_string", info.codecTag)
    try fields.put("codec_tag", "0x" + Self.hexadecimal(info.codecTagValue, digits: 4))
    try putVideo(&fields)
    try putAudio(&fields)
    try fields.put("width", info.subtitleSize?.width)
    try fields.put("height", info.subtitleSize?.height)
    for (name, value) in report.decoder?.exported ?? [:] { try fields.put(name, value) }
    try fields.put("id", showsID ? "0x" + String(UInt32(truncatingIfNeeded: info.id), radix: 16) : nil)
    try fields.put("r_frame_rate", info.baseFrameRate.fraction)
    try fields.put("avg_frame_rate", info.writtenAverageFrameRate.description)
    try fields.put("time_base", info.timeBase.rational.fraction)
    try fields.put("start_pts", info.startTime)
    try fields.put("start_time", info.startTime.map { ProbeText.seconds($0, info.timeBase) })
    try fields.put("duration_ts", info.durationFromHeader)
    try fields.put("duration", info.durationFromHeader.map { ProbeText.seconds($0, info.timeBase) })
    try fields.put("bit_rate", info.bitRate.map { "\($0)" })
    try fields.put("max_bit_rate", report.decoder?.maximumBitRate.map { "\($0)" })
    try fields.put("bits_per_raw_sample", report.decoder?.bitsPerRawSample.map { "\($0)" })
    try fields.put("nb_frames", info.frameCountFromHeader.map { "\($0)" })
    try fields.put("extradata_size", info.extradataSize > 0 ? info.extradataSize : nil)
    try fields.put("disposition", ProbeJSONDisposition(set: info.dispositions))
    try fields.put("tags", info.metadata.isEmpty ? nil : info.metadata)
    try fields.put("side_data_list", info.sideData.isEmpty ? nil : info.sideData.map { ProbeJSONSideData(data: $0) })
    try fields.put("longtake", ProbeJSONStreamExtras(report: report, track: track))
  }

  private func putVideo(_ fields: inout JSONFields) throws {
    guard let video = report.info.video else { return }
    try fields.put("width", video.width)
    try fields.put("height", video.height)
    if let decoder = report.decoder {
      try fields.put("coded_width", decoder.codedWidth)
      try fields.put("coded_height", decoder.codedHeight)
      try fields.put("closed_captions", decoder.hasClosedCaptions ? 1 : 0)
      try fields.put("film_grain", decoder.hasFilmGrain ? 1 : 0)
      try fields.put("refs", decoder.referenceFrames)
    }
    try fields.put("has_b_frames", report.info.videoDelay)
    let aspect = video.sampleAspectRatio
    if aspect.isPositive {
      try fields.put("sample_aspect_ratio", ProbeText.ratio(aspect))
      let display = Rational(Int64(video.width), Int64(max(video.height, 1))) * aspect
      try fields.put("display_aspect_ratio", ProbeText.ratio(display.approximated(limit: Self.aspectLimit)))
    }
    try fields.put("pix_fmt", video.pixelFormat == "unknown" ? nil : video.pixelFormat)
    try fields.put("level", report.info.levelNumber)
    try fields.put("color_range", video.color.range)
    try fields.put("color_space", video.color.matrix)
    try fields.put("color_transfer", video.color.transfer)
    try fields.put("color_primaries", video.color.primaries)
    try fields.put("chroma_location", video.color.chromaLocation)
    try fields.put("field_order", video.fieldOrder)
  }

  private func putAudio(_ fields: inout JSONFields) throws {
    guard let audio = report.info.audio else { return }
    try fields.put("sample_fmt", audio.sampleFormat == "unknown" ? nil : audio.sampleFormat)
    try fields.put("sample_rate", "\(audio.sampleRate)")
    try fields.put("channels", audio.channels)
    try fields.put("channel_layout", audio.channelLayout)
    try fields.put("bits_per_sample", audio.bitsPerSample)
  }

  private static func hexadecimal(_ value: UInt32, digits: Int) -> String {
    let text = String(value, radix: 16)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
  }
}

/// ffprobe's `disposition`: every name, 1 where set.
struct ProbeJSONDisposition: Encodable {
  let set: Set<String>

  /// In ffprobe's order.
  private static let names = [
    "default", "dub", "original", "comment", "lyrics", "karaoke", "forced", "hearing_impaired", "visual_impaired",
    "clean_effects", "attached_pic", "timed_thumbnails", "captions", "descriptions", "metadata", "dependent",
    "still_image",
  ]

  func encode(to encoder: any Swift.Encoder) throws {
    var fields = JSONFields(encoder)
    for name in Self.names { try fields.put(name, set.contains(name) ? 1 : 0) }
  }
}

/// One member of ffprobe's `side_data_list`.
struct ProbeJSONSideData: Encodable {
  let data: StreamSideData

  func encode(to encoder: any Swift.Encoder) throws {
    var fields = JSONFields(encoder)
    try fields.put("side_data_type", data.name)
    switch data {
    case .displayMatrix(let matrix, let counterClockwise):
      try fields.put("displaymatrix", Self.dump(matrix))
      try fields.put("rotation", Int(counterClockwise))
    case .masteringDisplay(let display):
      let names = ["red_x", "red_y", "green_x", "green_y", "blue_x", "blue_y", "white_point_x", "white_point_y"]
      for (name, value) in zip(names, display.primaries ?? []) { try fields.put(name, value.description) }
      for (name, value) in zip(["min_luminance", "max_luminance"], display.luminance ?? []) {
        try fields.put(name, value.description)
      }
    case .contentLightLevel(let maximum, let average):
      try fields.put("max_content", maximum)
      try fields.put("max_average", average)
    case .dolbyVision(let record):
      try fields.put("dv_version_major", record.majorVersion)
      try fields.put("dv_version_minor", record.minorVersion)
      try fields.put("dv_profile", record.profile)
      try fields.put("dv_level", record.level)
      try fields.put("rpu_present_flag", record.hasRPU ? 1 : 0)
      try fields.put("el_present_flag", record.hasEnhancementLayer ? 1 : 0)
      try fields.put("bl_present_flag", record.hasBaseLayer ? 1 : 0)
      try fields.put("dv_bl_signal_compatibility_id", record.baseLayerCompatibility)
    case .codedPictureBuffer(let maximum, let minimum, let average, let bufferBits, let delay):
      try fields.put("max_bitrate", maximum)
      try fields.put("min_bitrate", minimum)
      try fields.put("avg_bitrate", average)
      try fields.put("buffer_size", bufferBits)
      // ffprobe writes it signed: -1 where it is not known.
      try fields.put("vbv_delay", Int64(bitPattern: delay))
    case .audioService(let type): try fields.put("service_type", type)
    case .other: break
    }
  }

  /// Three numbers a line, each in twelve columns after its line's number, as ffprobe lays them out.
  private static func dump(_ matrix: [Int32]) -> String {
    var text = "\n"
    for row in 0..<3 {
      text += String(format: "%08x: ", row)
      for column in 0..<3 { text += String(format: " %11d", matrix[3 * row + column]) }
      text += "\n"
    }
    return text
  }
}

extension Rational {
  /// The nearest fraction whose two numbers do not exceed the limit; itself when it does not either.
  func approximated(limit: Int64) -> Rational {
    guard isDefined, numerator.magnitude > limit || denominator > limit else { return self }
    var (n, d) = (numerator.magnitude, denominator.magnitude)
    var before = (n: UInt64(0), d: UInt64(1))
    var last = (n: UInt64(1), d: UInt64(0))
    while d != 0 {
      let x = n / d
      let (rest, next) = (n - x * d, (n: x &* last.n &+ before.n, d: x &* last.d &+ before.d))
      if next.n > UInt64(limit) || next.d > UInt64(limit) {
        var fitting = x
        if last.n > 0 { fitting = min(fitting, (UInt64(limit) - before.n) / last.n) }
        if last.d > 0 { fitting = min(fitting, (UInt64(limit) - before.d) / last.d) }
        if d * (2 * fitting * last.d + before.d) > n * last.d {
          last = (fitting * last.n + before.n, fitting * last.d + before.d)
        }
        break
      }
      (before, last) = (last, next)
      (n, d) = (d, rest)
    }
    let sign: Int64 = numerator < 0 ? -1 : 1
    return Rational(sign * Int64(clamping: last.n), Int64(clamping: last.d))
  }
}
