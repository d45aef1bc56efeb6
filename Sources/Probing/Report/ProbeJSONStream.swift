import Foundation
import Libav
import Timing

/// ffprobe's object for one stream, with our own under `longtake`; nil fields are omitted, as ffprobe does.
struct ProbeJSONStream: Encodable {
  private let fields: Fields
  private let video: VideoFields?
  private let audio: AudioFields?
  /// The decoder's private options by their own names.
  private let options: [String: String]

  init(_ report: ProbeReport.StreamReport, showsID: Bool, track: MovieBoxes.Track?) {
    fields = Fields(report, showsID: showsID, track: track)
    video = report.info.video.map { VideoFields($0, report) }
    audio = report.info.audio.map { AudioFields($0) }
    options = report.decoder?.exported ?? [:]
  }

  func encode(to encoder: any Swift.Encoder) throws {
    try options.encode(to: encoder)
    try fields.encode(to: encoder)
    try video?.encode(to: encoder)
    try audio?.encode(to: encoder)
  }

  /// The fields of every kind of stream.
  private struct Fields: Encodable {
    let index: Int
    let codecName: String?
    let codecLongName: String?
    let profile: String?
    let codecType: String?
    let codecTagString: String
    let codecTag: String
    /// Of subtitles.
    let width: Int?
    let height: Int?
    let id: String?
    let baseFrameRate: String
    let averageFrameRate: String
    let timeBase: String
    let startPTS: Int64?
    let startTime: String?
    let durationTS: Int64?
    let duration: String?
    let bitRate: String?
    let maximumBitRate: String?
    let bitsPerRawSample: String?
    let frameCount: String?
    let extradataSize: Int?
    /// Every name, 1 where set.
    let disposition: [String: Int]
    let tags: [String: String]?
    let sideData: [ProbeJSONSideData]?
    let longtake: ProbeJSONStreamExtras

    private static let dispositions = [
      "default", "dub", "original", "comment", "lyrics", "karaoke", "forced", "hearing_impaired", "visual_impaired",
      "clean_effects", "attached_pic", "timed_thumbnails", "captions", "descriptions", "metadata", "dependent",
      "still_image",
    ]

    init(_ report: ProbeReport.StreamReport, showsID: Bool, track: MovieBoxes.Track?) {
      let info = report.info
      index = info.index
      codecName = info.codecName == "unknown" ? nil : info.codecName
      codecLongName = info.codecName == "unknown" ? nil : info.codecLongName
      profile = info.profile ?? info.profileNumber.map { "\($0)" }
      codecType = info.kind == .unknown ? nil : info.kind.rawValue
      codecTagString = info.codecTag
      codecTag = "0x" + Self.hexadecimal(info.codecTagValue, digits: 4)
      width = info.subtitleSize?.width
      height = info.subtitleSize?.height
      id = showsID ? "0x" + String(UInt32(truncatingIfNeeded: info.id), radix: 16) : nil
      baseFrameRate = info.writtenBaseFrameRate.description
      averageFrameRate = info.writtenAverageFrameRate.description
      timeBase = info.timeBase.rational.fraction
      startPTS = info.startTime
      startTime = info.startTime.map { ProbeText.seconds($0, info.timeBase) }
      durationTS = info.durationFromHeader
      duration = info.durationFromHeader.map { ProbeText.seconds($0, info.timeBase) }
      bitRate = info.bitRate.map { "\($0)" }
      maximumBitRate = report.decoder?.maximumBitRate.map { "\($0)" }
      bitsPerRawSample = report.decoder?.bitsPerRawSample.map { "\($0)" }
      frameCount = info.frameCountFromHeader.map { "\($0)" }
      extradataSize = info.extradataSize > 0 ? info.extradataSize : nil
      disposition = Dictionary(
        uniqueKeysWithValues: Self.dispositions.map { ($0, info.dispositions.contains($0) ? 1 : 0) })
      tags = info.metadata.isEmpty ? nil : info.metadata
      sideData = info.sideData.isEmpty ? nil : info.sideData.map { ProbeJSONSideData(data: $0) }
      longtake = ProbeJSONStreamExtras(report, track: track)
    }

    private static func hexadecimal(_ value: UInt32, digits: Int) -> String {
      let text = String(value, radix: 16)
      return String(repeating: "0", count: max(0, digits - text.count)) + text
    }

    enum CodingKeys: String, CodingKey {
      case index, profile, width, height, id, duration, disposition, tags, longtake
      case codecName = "codec_name"
      case codecLongName = "codec_long_name"
      case codecType = "codec_type"
      case codecTagString = "codec_tag_string"
      case codecTag = "codec_tag"
      case baseFrameRate = "r_frame_rate"
      case averageFrameRate = "avg_frame_rate"
      case timeBase = "time_base"
      case startPTS = "start_pts"
      case startTime = "start_time"
      case durationTS = "duration_ts"
      case bitRate = "bit_rate"
      case maximumBitRate = "max_bit_rate"
      case bitsPerRawSample = "bits_per_raw_sample"
      case frameCount = "nb_frames"
      case extradataSize = "extradata_size"
      case sideData = "side_data_list"
    }
  }

  private struct VideoFields: Encodable {
    let width: Int
    let height: Int
    let codedWidth: Int?
    let codedHeight: Int?
    let closedCaptions: Int?
    let filmGrain: Int?
    let references: Int?
    let reordering: Int
    let sampleAspectRatio: String?
    let displayAspectRatio: String?
    let pixelFormat: String?
    let level: Int
    let range: String?
    let matrix: String?
    let transfer: String?
    let primaries: String?
    let chromaLocation: String?
    let fieldOrder: String?

    /// Greatest number in a display aspect ratio, as ffprobe reduces it.
    private static let aspectLimit: Int64 = 1024 * 1024

    init(_ video: StreamInfo.Video, _ report: ProbeReport.StreamReport) {
      width = video.width
      height = video.height
      let decoder = report.decoder
      codedWidth = decoder?.codedWidth
      codedHeight = decoder?.codedHeight
      closedCaptions = decoder.map { $0.hasClosedCaptions ? 1 : 0 }
      filmGrain = decoder.map { $0.hasFilmGrain ? 1 : 0 }
      references = decoder?.referenceFrames
      reordering = report.info.videoDelay
      let aspect = video.sampleAspectRatio.isPositive ? video.sampleAspectRatio : nil
      sampleAspectRatio = aspect.map { ProbeText.ratio($0) }
      displayAspectRatio = aspect.map {
        let display = Rational(Int64(video.width), Int64(max(video.height, 1))) * $0
        return ProbeText.ratio(display.approximated(limit: Self.aspectLimit))
      }
      pixelFormat = video.pixelFormat == "unknown" ? nil : video.pixelFormat
      level = report.info.levelNumber
      range = video.color.range
      matrix = video.color.matrix
      transfer = video.color.transfer
      primaries = video.color.primaries
      chromaLocation = video.color.chromaLocation
      fieldOrder = video.fieldOrder
    }

    enum CodingKeys: String, CodingKey {
      case width, height, level
      case codedWidth = "coded_width"
      case codedHeight = "coded_height"
      case closedCaptions = "closed_captions"
      case filmGrain = "film_grain"
      case references = "refs"
      case reordering = "has_b_frames"
      case sampleAspectRatio = "sample_aspect_ratio"
      case displayAspectRatio = "display_aspect_ratio"
      case pixelFormat = "pix_fmt"
      case range = "color_range"
      case matrix = "color_space"
      case transfer = "color_transfer"
      case primaries = "color_primaries"
      case chromaLocation = "chroma_location"
      case fieldOrder = "field_order"
    }
  }

  private struct AudioFields: Encodable {
    let sampleFormat: String?
    let sampleRate: String
    let channels: Int
    let channelLayout: String?
    let bitsPerSample: Int

    init(_ audio: StreamInfo.Audio) {
      sampleFormat = audio.sampleFormat == "unknown" ? nil : audio.sampleFormat
      sampleRate = "\(audio.sampleRate)"
      channels = audio.channels
      channelLayout = audio.channelLayout
      bitsPerSample = audio.bitsPerSample
    }

    enum CodingKeys: String, CodingKey {
      case channels
      case sampleFormat = "sample_fmt"
      case sampleRate = "sample_rate"
      case channelLayout = "channel_layout"
      case bitsPerSample = "bits_per_sample"
    }
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
