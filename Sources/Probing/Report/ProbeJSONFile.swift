import Files
import Libav
import Timing

/// The project's own fields of the whole file, under `longtake`. Times in seconds; unknown values are `null`.
struct ProbeJSONFile: Encodable {
  let schema = ProbeJSON.schema
  let counted: Bool
  @Nullable var readError: String?
  @Nullable var mainVideo: Int?
  @Nullable var mainAudio: Int?
  @Nullable var audioStartOffset: ProbeJSONTime?
  @Nullable var audioEndOffset: ProbeJSONTime?
  @Nullable var isFastStart: Bool?
  @Nullable var isFragmented: Bool?
  @Nullable var isTruncated: Bool?
  @Nullable var truncatedBox: TruncatedBox?
  @Nullable var hasC2PA: Bool?
  @Nullable var hasAIGC: Bool?
  @Nullable var timecode: String?
  @Nullable var encoder: String?
  let chapters: [Chapter]

  init(_ report: ProbeReport) {
    counted = report.isCounted
    readError = report.readError
    mainVideo = report.mainVideo
    mainAudio = report.mainAudio
    audioStartOffset = report.audioStartOffset.map { ProbeJSONTime($0) }
    audioEndOffset = report.audioEndOffset.map { ProbeJSONTime($0) }
    let layout = report.layout
    isFastStart = layout?.isFastStart
    isFragmented = layout?.isFragmented
    isTruncated = layout.map { $0.truncatedBox != nil }
    truncatedBox = layout?.truncatedBox.map { TruncatedBox($0) }
    hasC2PA = report.movie?.hasC2PA
    hasAIGC = report.movie?.hasAIGC
    timecode = report.timecode
    encoder = report.container.metadata["encoder"]
    chapters = report.container.chapters.map { Chapter($0) }
  }

  enum CodingKeys: String, CodingKey {
    case schema, counted, timecode, encoder, chapters
    case readError = "read_error"
    case mainVideo = "main_video"
    case mainAudio = "main_audio"
    case audioStartOffset = "audio_start_offset"
    case audioEndOffset = "audio_end_offset"
    case isFastStart = "faststart"
    case isFragmented = "fragmented"
    case isTruncated = "truncated"
    case truncatedBox = "truncated_box"
    case hasC2PA = "c2pa"
    case hasAIGC = "aigc"
  }

  /// Bytes.
  struct TruncatedBox: Encodable {
    let type: String
    let claimed: Int64
    let present: Int64

    init(_ box: ContainerLayout.TruncatedBox) {
      (type, claimed, present) = (box.type, box.claimed, box.present)
    }
  }

  struct Chapter: Encodable {
    let start: Double
    let end: Double
    @Nullable var title: String?

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
