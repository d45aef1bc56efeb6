import Files
import Stitching
import Timing

/// `export --json`.
struct ExportReport: Encodable, Sendable {
  struct Clip: Encodable, Sendable {
    let name: String
    let file: String
    let sourceRate: String
    let sourceFrames: Int
    let sourceTimecode: String
    let keptFrom: Int
    let keptTo: Int
    let recordFrom: Int
    let recordTo: Int
    let recordTimecode: String
    let dissolveFrames: Int

    private enum CodingKeys: String, CodingKey {
      case name, file
      case sourceRate = "source_rate"
      case sourceFrames = "source_frames"
      case sourceTimecode = "source_timecode"
      case keptFrom = "kept_from"
      case keptTo = "kept_to"
      case recordFrom = "record_from"
      case recordTo = "record_to"
      case recordTimecode = "record_timecode"
      case dissolveFrames = "dissolve_frames"
    }
  }

  struct File: Encodable, Sendable {
    let format: String
    let file: String
    let bytes: Int
  }

  let schema = "longtake.export/1"
  let master: String
  let name: String
  let frameRate: String
  let frames: Int
  @Nullable var startTimecode: String?
  let clips: [Clip]
  let markers: Int
  let files: [File]

  private enum CodingKeys: String, CodingKey {
    case schema, master, name, frames, clips, markers, files
    case frameRate = "frame_rate"
    case startTimecode = "start_timecode"
  }

  init(_ timeline: EditTimeline, files: [(format: String, path: String, bytes: Int)]) {
    master = timeline.master
    name = timeline.name
    frameRate = timeline.rate.description
    frames = timeline.frameCount
    clips = timeline.clips.map { clip in
      let source = timeline.sources[clip.source]
      return Clip(
        name: clip.name, file: source.path, sourceRate: source.rate.description, sourceFrames: source.frameCount,
        sourceTimecode: source.start.description, keptFrom: clip.kept.lowerBound, keptTo: clip.kept.upperBound,
        recordFrom: clip.start, recordTo: clip.start + clip.kept.count,
        recordTimecode: timeline.firstTimecode?.advanced(by: clip.start).description ?? "",
        dissolveFrames: clip.dissolve)
    }
    markers = timeline.markers.count
    self.files = files.map { File(format: $0.format, file: $0.path, bytes: $0.bytes) }
    startTimecode = timeline.start?.description
  }

  /// For people.
  var lines: [String] {
    [
      "\(name): \(counted(clips.count, "clip")), \(counted(frames, "frame")) at \(frameRate), \(counted(markers, "marker"))"
    ]
      + files.map { "  \($0.file)" }
  }
}
