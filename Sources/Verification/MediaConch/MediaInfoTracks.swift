import Libav
import Probing

/// A file's properties under the names and in the form of MediaInfo 23.04, as MediaConch policies have them.
///
/// Of MediaInfo's fields only those that are measured here, and these only where MediaInfo's own value is known to be the
/// same; else they are ``Value/unknown``.
struct MediaInfoTracks: Sendable {
  enum Value: Sendable, Hashable {
    case text(String)
    /// MediaInfo has no such field for this track.
    case absent
    case unknown
  }

  /// The fields of each type of track.
  static let fields: [String: Set<String>] = [
    "General": [
      "VideoCount", "AudioCount", "FileExtension", "Format", "Format_Profile", "CodecID", "FileSize", "Duration",
      "OverallBitRate", "FrameRate", "FrameCount", "IsStreamable",
    ],
    "Video": [
      "Format", "Format_Version", "Format_Profile", "Format_Level", "CodecID", "Duration", "BitRate", "Width", "Height",
      "PixelAspectRatio", "DisplayAspectRatio", "Rotation", "FrameRate_Mode", "FrameRate", "FrameRate_Num",
      "FrameRate_Den", "FrameCount", "ColorSpace", "ChromaSubsampling", "BitDepth", "ScanType", "ScanOrder", "Language",
      "colour_range", "colour_primaries", "transfer_characteristics", "matrix_coefficients",
    ],
    "Audio": [
      "Format", "Format_Profile", "Format_Settings_Endianness", "Format_Settings_Sign", "CodecID", "Duration",
      "BitRate",
      "BitRate_Mode", "Channels", "SamplingRate", "BitDepth", "Compression_Mode", "Language",
    ],
    "Other": ["Type", "TimeCode_FirstFrame"],
  ]

  /// By type, each with its fields; a field that is missing is unknown.
  private let tracks: [String: [[String: Value]]]

  /// - Parameter report: with counted packets.
  init(_ report: ProbeReport) {
    let file = MediaInfoFile(report)
    let video = report.streams.filter { $0.info.kind == .video && !$0.info.isAttachedPicture }
    let audio = report.streams.filter { $0.info.kind == .audio }
    let videoTracks = video.map { MediaInfoVideo($0, file).fields }
    let hasTimecode = report.streams.contains { $0.info.codecTag == "tmcd" }
    tracks = [
      "General": [file.fields(video: videoTracks, audioCount: audio.count)], "Video": videoTracks,
      "Audio": audio.map { MediaInfoAudio($0, file).fields },
      "Other": hasTimecode
        ? [["Type": .text("Time code"), "TimeCode_FirstFrame": .of(report.timecode)]] : [],
    ]
  }

  /// Of every track of a type, in order.
  func values(_ field: String, of type: String) -> [Value] {
    (tracks[type] ?? []).map { $0[field] ?? .unknown }
  }
}

extension MediaInfoTracks.Value {
  /// Absent where there is none.
  static func of(_ text: (some CustomStringConvertible)?) -> Self { text.map { .text($0.description) } ?? .absent }

  /// Unknown where there is none.
  static func known(_ text: (some CustomStringConvertible)?) -> Self { text.map { .text($0.description) } ?? .unknown }
}
