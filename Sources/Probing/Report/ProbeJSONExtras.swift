import Libav
import Timing

/// The project's own fields of the whole file, under `longtake`. Times in seconds; unknown values are `null`.
struct ProbeJSONFile: Encodable {
  let report: ProbeReport

  func encode(to encoder: any Swift.Encoder) throws {
    var fields = JSONFields(encoder)
    try fields.put("schema", ProbeJSON.schema)
    try fields.put("counted", report.isCounted)
    try fields.putOrNull("read_error", report.readError)
    try fields.putOrNull("main_video", report.mainVideo)
    try fields.putOrNull("main_audio", report.mainAudio)
    try fields.putOrNull("audio_start_offset", report.audioStartOffset.map { ProbeJSONTime($0) })
    try fields.putOrNull("audio_end_offset", report.audioEndOffset.map { ProbeJSONTime($0) })
    let layout = report.layout
    try fields.putOrNull("faststart", layout?.isFastStart)
    try fields.putOrNull("fragmented", layout?.isFragmented)
    try fields.putOrNull("truncated", layout.map { $0.truncatedBox != nil })
    try fields.putOrNull("truncated_box", layout?.truncatedBox.map { TruncatedBox($0) })
    try fields.putOrNull("c2pa", report.movie?.hasC2PA)
    try fields.putOrNull("aigc", report.movie?.hasAIGC)
    try fields.putOrNull("timecode", report.timecode)
    try fields.putOrNull("encoder", report.container.metadata["encoder"])
    try fields.put("chapters", report.container.chapters.map(Chapter.init))
  }

  /// Bytes.
  private struct TruncatedBox: Encodable {
    let type: String
    let claimed: Int64
    let present: Int64

    init(_ box: ContainerLayout.TruncatedBox) {
      (type, claimed, present) = (box.type, box.claimed, box.present)
    }
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

    func encode(to encoder: any Swift.Encoder) throws {
      var fields = JSONFields(encoder)
      try fields.put("start", start)
      try fields.put("end", end)
      try fields.putOrNull("title", title)
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

/// The project's own fields of one stream, under `longtake`; those about frames only for video. Values that are unknown or not
/// counted are `null`.
struct ProbeJSONStreamExtras: Encodable {
  let report: ProbeReport.StreamReport
  let track: MovieBoxes.Track?

  func encode(to encoder: any Swift.Encoder) throws {
    var fields = JSONFields(encoder)
    let counted = report.counted
    try fields.putOrNull("packets", counted?.packets)
    try fields.putOrNull("shown_packets", counted?.shownPackets)
    try fields.putOrNull("bytes", counted?.bytes)
    try fields.putOrNull("start", counted?.start.map { ProbeJSONTime($0) })
    try fields.putOrNull("end", counted?.end.map { ProbeJSONTime($0) })
    try fields.putOrNull("duration", counted?.duration.map { ProbeJSONTime($0) })
    try fields.putOrNull("edits", track.map { $0.edits.map(Edit.init) })
    try fields.putOrNull("unusual_edits", track?.unusualEdits)
    guard let video = report.info.video else { return }
    try fields.putOrNull("sample_entry", track?.sampleEntry.map { SampleEntry(entry: $0) })
    try fields.putOrNull("encoder", report.info.metadata["encoder"])
    try putFrames(counted, &fields)
    try fields.putOrNull("display", DisplayGeometry(report.info).map(Display.init))
    try fields.putOrNull("color", report.color.map { Color(understood: $0) })
    try fields.putOrNull("hdr", report.hdr.map { ProbeJSONHDR(hdr: $0) })
    try fields.putOrNull("bit_depth", PixelFormat(name: video.pixelFormat)?.bitDepth)
    try fields.put("dolby_vision", video.hasDolbyVision)
    try fields.put("mastering_display", video.hasMasteringDisplay)
    try fields.put("content_light_level", video.hasContentLightLevel)
  }

  private func putFrames(_ counted: ProbeReport.Counted?, _ fields: inout JSONFields) throws {
    try fields.putOrNull("frames", counted?.shownPackets)
    let timing = counted?.timing
    try fields.putOrNull("frame_rate", timing?.rate?.description)
    try fields.putOrNull("frame_rate_constant", timing?.isConstant)
    try fields.putOrNull("worst_deviation", timing.map { ProbeJSONTime($0.worstDeviation) })
    try fields.putOrNull("shortest_delta", timing?.shortestDelta.map { ProbeJSONTime($0) })
    try fields.putOrNull("longest_delta", timing?.longestDelta.map { ProbeJSONTime($0) })
    try fields.putOrNull("duplicate_times", timing?.duplicateTimes)
    try fields.putOrNull("key_packets", counted?.keyPackets)
    let isClassified = counted?.opensWithIDR != nil
    try fields.putOrNull("idr_frames", isClassified ? counted?.idrFrames : nil)
    try fields.putOrNull("cra_frames", isClassified ? counted?.craFrames : nil)
    try fields.putOrNull("opens_with_idr", counted?.opensWithIDR)
    try fields.putOrNull("open_gops", counted?.order?.openGOPs)
    try fields.putOrNull("b_frames_in_a_row", counted?.order?.longestBRun)
    try fields.putOrNull("reorder_depth", counted?.order?.reorderDepth)
    try fields.putOrNull("gop", counted.map { GOP(lengths: $0.gopLengths) })
  }

  /// An entry of the edit list.
  private struct Edit: Encodable {
    let duration: Int64
    let mediaTime: Int64
    let rate: Double

    init(_ edit: MovieBoxes.Edit) {
      duration = edit.duration
      mediaTime = edit.mediaTime
      rate = Double(edit.rate) / 65536
    }

    enum CodingKeys: String, CodingKey {
      case duration, rate
      case mediaTime = "media_time"
    }
  }

  private struct SampleEntry: Encodable {
    let entry: MovieBoxes.SampleEntry

    func encode(to encoder: any Swift.Encoder) throws {
      var fields = JSONFields(encoder)
      try fields.put("type", entry.type)
      try fields.put("width", entry.width)
      try fields.put("height", entry.height)
      try fields.putOrNull(
        "clean_aperture", entry.cleanAperture.map { CleanAperture(width: $0.width, height: $0.height) })
      try fields.putOrNull("pixel_aspect_ratio", entry.pixelAspect.map { ProbeText.ratio($0) })
      try fields.putOrNull(
        "color_codes",
        entry.colorCodes.map { ColorCodes(primaries: $0.primaries, transfer: $0.transfer, matrix: $0.matrix) })
    }
  }

  private struct ColorCodes: Encodable {
    let primaries: Int
    let transfer: Int
    let matrix: Int
  }

  private struct CleanAperture: Encodable {
    let width: Double
    let height: Double
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

    func encode(to encoder: any Swift.Encoder) throws {
      var fields = JSONFields(encoder)
      try fields.put("count", count)
      try fields.putOrNull("shortest", shortest)
      try fields.putOrNull("longest", longest)
      try fields.put("lengths", lengths)
      try fields.put("omitted", omitted)
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
      try fields.putOrNull("matrix", understood.tags.matrix)
      try fields.putOrNull("range", understood.tags.range)
      try fields.putOrNull("transfer", understood.tags.transfer)
      try fields.putOrNull("primaries", understood.tags.primaries)
      try fields.putOrNull("chroma_location", understood.tags.chromaLocation)
      try fields.put("assumed", understood.assumed)
      try fields.put("hdr", understood.tags.isHDR)
    }
  }
}
