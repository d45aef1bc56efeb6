import Files
import Libav
import Timing

/// The project's own fields of one stream, under `longtake`. Values that are unknown or not counted are `null`.
struct ProbeJSONStreamExtras: Encodable {
  private let fields: Fields
  private let video: ProbeJSONVideoExtras?

  init(_ report: ProbeReport.StreamReport, track: MovieBoxes.Track?) {
    fields = Fields(report.counted, track)
    video = report.info.video.map { ProbeJSONVideoExtras($0, report, track) }
  }

  func encode(to encoder: any Swift.Encoder) throws {
    try fields.encode(to: encoder)
    try video?.encode(to: encoder)
  }

  /// The fields of every kind of stream.
  private struct Fields: Encodable {
    @Nullable var packets: Int?
    @Nullable var shownPackets: Int?
    @Nullable var bytes: Int64?
    @Nullable var start: ProbeJSONTime?
    @Nullable var end: ProbeJSONTime?
    @Nullable var duration: ProbeJSONTime?
    @Nullable var edits: [Edit]?
    @Nullable var unusualEdits: Int?

    init(_ counted: ProbeReport.Counted?, _ track: MovieBoxes.Track?) {
      packets = counted?.packets
      shownPackets = counted?.shownPackets
      bytes = counted?.bytes
      start = counted?.start.map { ProbeJSONTime($0) }
      end = counted?.end.map { ProbeJSONTime($0) }
      duration = counted?.duration.map { ProbeJSONTime($0) }
      edits = track.map { $0.edits.map { Edit($0) } }
      unusualEdits = track?.unusualEdits
    }

    enum CodingKeys: String, CodingKey {
      case packets, bytes, start, end, duration, edits
      case shownPackets = "shown_packets"
      case unusualEdits = "unusual_edits"
    }
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
}

/// The fields of video streams only.
struct ProbeJSONVideoExtras: Encodable {
  @Nullable private var sampleEntry: SampleEntry?
  @Nullable private var encoder: String?
  @Nullable private var frames: Int?
  @Nullable private var frameRate: String?
  @Nullable private var hasConstantFrameRate: Bool?
  @Nullable private var worstDeviation: ProbeJSONTime?
  @Nullable private var shortestDelta: ProbeJSONTime?
  @Nullable private var longestDelta: ProbeJSONTime?
  @Nullable private var duplicateTimes: Int?
  @Nullable private var keyPackets: Int?
  @Nullable private var idrFrames: Int?
  @Nullable private var craFrames: Int?
  @Nullable private var opensWithIDR: Bool?
  @Nullable private var openGOPs: Int?
  @Nullable private var longestBRun: Int?
  @Nullable private var reorderDepth: Int?
  @Nullable private var gop: GOP?
  @Nullable private var display: Display?
  @Nullable private var color: Color?
  @Nullable private var hdr: ProbeJSONHDR?
  @Nullable private var bitDepth: Int?
  private let hasDolbyVision: Bool
  private let hasMasteringDisplay: Bool
  private let hasContentLightLevel: Bool

  init(_ video: StreamInfo.Video, _ report: ProbeReport.StreamReport, _ track: MovieBoxes.Track?) {
    sampleEntry = track?.sampleEntry.map { SampleEntry($0) }
    encoder = report.info.metadata["encoder"]
    let counted = report.counted
    frames = counted?.shownPackets
    let timing = counted?.timing
    frameRate = timing?.rate?.description
    hasConstantFrameRate = timing?.isConstant
    worstDeviation = timing.map { ProbeJSONTime($0.worstDeviation) }
    shortestDelta = timing?.shortestDelta.map { ProbeJSONTime($0) }
    longestDelta = timing?.longestDelta.map { ProbeJSONTime($0) }
    duplicateTimes = timing?.duplicateTimes
    keyPackets = counted?.keyPackets
    let isClassified = counted?.opensWithIDR != nil
    idrFrames = isClassified ? counted?.idrFrames : nil
    craFrames = isClassified ? counted?.craFrames : nil
    opensWithIDR = counted?.opensWithIDR
    openGOPs = counted?.order?.openGOPs
    longestBRun = counted?.order?.longestBRun
    reorderDepth = counted?.order?.reorderDepth
    gop = counted.map { GOP(lengths: $0.gopLengths) }
    display = DisplayGeometry(report.info).map { Display($0) }
    color = report.color.map { Color($0) }
    hdr = report.hdr.map { ProbeJSONHDR($0) }
    bitDepth = PixelFormat(name: video.pixelFormat)?.bitDepth
    hasDolbyVision = video.hasDolbyVision
    hasMasteringDisplay = video.hasMasteringDisplay
    hasContentLightLevel = video.hasContentLightLevel
  }

  enum CodingKeys: String, CodingKey {
    case encoder, frames, gop, display, color, hdr
    case sampleEntry = "sample_entry"
    case frameRate = "frame_rate"
    case hasConstantFrameRate = "frame_rate_constant"
    case worstDeviation = "worst_deviation"
    case shortestDelta = "shortest_delta"
    case longestDelta = "longest_delta"
    case duplicateTimes = "duplicate_times"
    case keyPackets = "key_packets"
    case idrFrames = "idr_frames"
    case craFrames = "cra_frames"
    case opensWithIDR = "opens_with_idr"
    case openGOPs = "open_gops"
    case longestBRun = "b_frames_in_a_row"
    case reorderDepth = "reorder_depth"
    case bitDepth = "bit_depth"
    case hasDolbyVision = "dolby_vision"
    case hasMasteringDisplay = "mastering_display"
    case hasContentLightLevel = "content_light_level"
  }

  private struct SampleEntry: Encodable {
    let type: String
    let width: Int
    let height: Int
    @Nullable var cleanAperture: CleanAperture?
    @Nullable var pixelAspectRatio: String?
    @Nullable var colorCodes: ColorCodes?

    init(_ entry: MovieBoxes.SampleEntry) {
      (type, width, height) = (entry.type, entry.width, entry.height)
      cleanAperture = entry.cleanAperture.map { CleanAperture(width: $0.width, height: $0.height) }
      pixelAspectRatio = entry.pixelAspect.map { ProbeText.ratio($0) }
      colorCodes = entry.colorCodes.map {
        ColorCodes(primaries: $0.primaries, transfer: $0.transfer, matrix: $0.matrix)
      }
    }

    enum CodingKeys: String, CodingKey {
      case type, width, height
      case cleanAperture = "clean_aperture"
      case pixelAspectRatio = "pixel_aspect_ratio"
      case colorCodes = "color_codes"
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
    @Nullable var shortest: Int?
    @Nullable var longest: Int?
    let lengths: [Int]
    let omitted: Int

    init(lengths all: [Int]) {
      count = all.count
      lengths = Array(all.prefix(ProbeJSON.listedGOPs))
      omitted = all.count - lengths.count
      shortest = all.min()
      longest = all.max()
    }
  }

  private struct Display: Encodable {
    let width: Int
    let height: Int
    let rotation: Int
    let isMirrored: Bool
    let hasSquarePixels: Bool

    init(_ geometry: DisplayGeometry) {
      (width, height, rotation) = (geometry.width, geometry.height, geometry.rotation)
      isMirrored = geometry.isMirrored
      hasSquarePixels = geometry.hasSquarePixels
    }

    enum CodingKeys: String, CodingKey {
      case width, height
      case rotation = "rotation_clockwise"
      case isMirrored = "mirrored"
      case hasSquarePixels = "square_pixels"
    }
  }

  private struct Color: Encodable {
    @Nullable var matrix: String?
    @Nullable var range: String?
    @Nullable var transfer: String?
    @Nullable var primaries: String?
    @Nullable var chromaLocation: String?
    let assumed: [String]
    let hdr: Bool

    init(_ color: ColorUnderstanding) {
      assumed = color.assumed
      hdr = color.tags.isHDR
      matrix = color.tags.matrix
      range = color.tags.range
      transfer = color.tags.transfer
      primaries = color.tags.primaries
      chromaLocation = color.tags.chromaLocation
    }

    enum CodingKeys: String, CodingKey {
      case matrix, range, transfer, primaries, assumed, hdr
      case chromaLocation = "chroma_location"
    }
  }
}
