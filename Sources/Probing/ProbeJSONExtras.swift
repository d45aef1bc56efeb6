import Libav
import Timing

/// The project's own words on the whole file, under `longtake`. Times in seconds.
struct ProbeJSONFile: Encodable {
  let report: ProbeReport

  func encode(to encoder: any Swift.Encoder) throws {
    var fields = JSONFields(encoder)
    try fields.put("schema", ProbeJSON.schema)
    try fields.put("counted", report.isCounted)
    try fields.put("read_error", report.readError)
    try fields.put("main_video", report.mainVideo)
    try fields.put("main_audio", report.mainAudio)
    try fields.put("audio_start_offset", report.audioStartOffset.map { ProbeJSONTime($0) })
    try fields.put("audio_end_offset", report.audioEndOffset.map { ProbeJSONTime($0) })
    if let layout = report.layout {
      try fields.put("faststart", layout.isFastStart)
      try fields.put("fragmented", layout.isFragmented)
      try fields.put("truncated", layout.truncatedBox != nil)
      if let box = layout.truncatedBox {
        try fields.put(
          "truncated_box", TruncatedBox(type: box.type, claimed: box.size, present: layout.fileSize - box.offset))
      }
    }
    try fields.put("chapters", report.container.chapters.isEmpty ? nil : report.container.chapters.map(Chapter.init))
  }

  /// Bytes.
  private struct TruncatedBox: Encodable {
    let type: String
    let claimed: Int64
    let present: Int64
  }

  private struct Chapter: Encodable {
    let start: Double
    let end: Double
    let title: String?

    init(_ chapter: ContainerInfo.Chapter) {
      start = chapter.range.start.doubleValue
      end = chapter.range.end.doubleValue
      title = chapter.title
    }
  }
}

/// A time in seconds as a decimal, with the exact fraction beside it.
struct ProbeJSONTime: Encodable {
  let seconds: Double
  let exact: String

  init(_ value: Rational) {
    seconds = value.isDefined ? value.doubleValue : 0
    exact = value.fraction
  }
}

/// The project's own words on one stream, under `longtake`.
struct ProbeJSONStreamExtras: Encodable {
  let report: ProbeReport.StreamReport

  func encode(to encoder: any Swift.Encoder) throws {
    var fields = JSONFields(encoder)
    if let counted = report.counted {
      try fields.put("packets", counted.packets)
      try fields.put("shown_packets", counted.shownPackets)
      try fields.put("bytes", counted.bytes)
      try fields.put("start", counted.start.map { ProbeJSONTime($0) })
      try fields.put("end", counted.end.map { ProbeJSONTime($0) })
      try fields.put("duration", counted.duration.map { ProbeJSONTime($0) })
      if report.info.kind == .video { try putPictures(counted, &fields) }
    }
    try fields.put("display", DisplayGeometry(report.info).map(Display.init))
    if let video = report.info.video {
      try fields.put("color", report.color.map { Color(understood: $0) })
      try fields.put("bit_depth", PixelFormat(name: video.pixelFormat)?.bitDepth)
      try fields.put("dolby_vision", video.hasDolbyVision)
      try fields.put("mastering_display", video.hasMasteringDisplay)
      try fields.put("content_light_level", video.hasContentLightLevel)
    }
  }

  private func putPictures(_ counted: ProbeReport.Counted, _ fields: inout JSONFields) throws {
    try fields.put("frames", counted.shownPackets)
    if let timing = counted.timing {
      try fields.put("frame_rate", timing.rate?.description)
      try fields.put("frame_rate_constant", timing.isConstant)
      try fields.put("worst_deviation", ProbeJSONTime(timing.worstDeviation))
      try fields.put("shortest_delta", timing.shortestDelta.map { ProbeJSONTime($0) })
      try fields.put("longest_delta", timing.longestDelta.map { ProbeJSONTime($0) })
      try fields.put("duplicate_times", timing.duplicateTimes)
    }
    try fields.put("key_packets", counted.keyPackets)
    if let opens = counted.opensWithIDR {
      try fields.put("idr_pictures", counted.idrPictures)
      try fields.put("cra_pictures", counted.craPictures)
      try fields.put("opens_with_idr", opens)
    }
    try fields.put("gop", GOP(lengths: counted.gopLengths))
  }

  /// Lengths in packets.
  private struct GOP: Encodable {
    let count: Int
    let shortest: Int?
    let longest: Int?
    let lengths: [Int]
    let omitted: Int

    init(lengths all: [Int]) {
      count = all.count
      shortest = all.min()
      longest = all.max()
      lengths = Array(all.prefix(ProbeJSON.listedGOPs))
      omitted = all.count - lengths.count
    }
  }

  private struct Display: Encodable {
    let geometry: DisplayGeometry

    init(_ geometry: DisplayGeometry) { self.geometry = geometry }

    func encode(to encoder: any Swift.Encoder) throws {
      var fields = JSONFields(encoder)
      try fields.put("width", geometry.width)
      try fields.put("height", geometry.height)
      try fields.put("rotation_clockwise", geometry.rotation)
      try fields.put("mirrored", geometry.isMirrored)
      try fields.put("square_pixels", geometry.hasSquarePixels)
    }
  }

  private struct Color: Encodable {
    let understood: ColorUnderstanding

    func encode(to encoder: any Swift.Encoder) throws {
      var fields = JSONFields(encoder)
      try fields.put("matrix", understood.tags.matrix)
      try fields.put("range", understood.tags.range)
      try fields.put("transfer", understood.tags.transfer)
      try fields.put("primaries", understood.tags.primaries)
      try fields.put("chroma_location", understood.tags.chromaLocation)
      try fields.put("assumed", understood.assumed)
      try fields.put("hdr", understood.tags.isHDR)
    }
  }
}
