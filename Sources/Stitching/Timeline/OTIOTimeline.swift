import Files
public import Foundation
import Libav
import Probing
import Timing

/// A plan as an OpenTimelineIO timeline: the shots with their kept ranges, and the joins as markers.
///
/// Uses the schema versions of OpenTimelineIO 0.17 and 0.18. All times are in frames at the master's rate; ranges count
/// from each file's first frame.
public struct OTIOTimeline: Sendable {
  /// The metadata key of the project's own fields.
  private static let metadataKey = "longtake"

  private let plan: StitchPlan
  private let options: StitchOptions
  private let name: String
  private let master: String

  /// - Parameter master: the path of the master.
  public init(_ plan: StitchPlan, options: StitchOptions, master: String) {
    self.plan = plan
    self.options = options
    self.master = master
    name = options.metadata["title"] ?? URL(fileURLWithPath: master).deletingPathExtension().lastPathComponent
  }

  /// The timeline's JSON.
  /// - Throws: ``LibavError`` when the music cannot be read.
  public func json() throws -> Data {
    var tracks: [OTIONode] = [track("Video", of: "Video", children: plan.shots.map { clip($0) }, markers: markers)]
    if plan.shots.contains(where: { $0.clip.index.audio != nil }) {
      let children = plan.shots.map { $0.clip.index.audio == nil ? gap($0.frameCount) : clip($0) }
      tracks.append(track("Audio", of: "Audio", children: children))
    }
    if let music = options.audio.music {
      tracks.append(track("Music", of: "Audio", children: try clips(of: music)))
    }
    let timeline: OTIONode = [
      "OTIO_SCHEMA": "Timeline.1", "name": .text(name), "global_start_time": .null,
      "metadata": [Self.metadataKey: ["master": .text(Self.address(master))]],
      "tracks": .object(
        item("Stack.1", name: "tracks", range: .null).merging(["children": .list(tracks)]) { _, new in new }),
    ]
    return try JSONOutput.data(timeline, pretty: true) + Data("\n".utf8)
  }

  private func track(_ name: String, of kind: String, children: [OTIONode], markers: [OTIONode] = []) -> OTIONode {
    .object(
      item("Track.1", name: name, range: .null).merging([
        "kind": .text(kind), "children": .list(children), "markers": .list(markers),
      ]) { _, new in new })
  }

  private func clip(_ shot: ShotPlan) -> OTIONode {
    let kept = range(shot.kept.lowerBound, shot.kept.count)
    let fields: [String: OTIONode] = [
      "media_references": [
        "DEFAULT_MEDIA": reference(shot.clip.path, available: range(0, shot.clip.frameCount))
      ],
      "active_media_reference_key": "DEFAULT_MEDIA",
      "metadata": [Self.metadataKey: ["mode": .text(shot.mode), "reason": .text(shot.reason)]],
    ]
    return .object(item("Clip.2", name: shot.clip.shot.title, range: kept).merging(fields) { _, new in new })
  }

  private func gap(_ frames: Int) -> OTIONode { .object(item("Gap.1", name: "", range: range(0, frames))) }

  /// One clip per repetition of the music.
  private func clips(of music: MusicOptions) throws -> [OTIONode] {
    let demuxer = try Demuxer(path: music.file)
    let seconds = demuxer.container.durationFromHeader
    let length = seconds.flatMap { plan.rate.frames(in: $0) } ?? plan.frameCount
    guard length > 0 else { return [] }
    let title = URL(fileURLWithPath: music.file).lastPathComponent
    var clips: [OTIONode] = []
    var start = 0
    while start < plan.frameCount, start == 0 || music.loops {
      let count = min(length, plan.frameCount - start)
      let fields: [String: OTIONode] = [
        "media_references": ["DEFAULT_MEDIA": reference(music.file, available: range(0, length))],
        "active_media_reference_key": "DEFAULT_MEDIA",
        "metadata": [
          Self.metadataKey: [
            "level_db": .number(music.level), "fade_seconds": .number(music.fade), "duck_db": .number(music.duck),
          ]
        ],
      ]
      clips.append(.object(item("Clip.2", name: title, range: range(0, count)).merging(fields) { _, new in new }))
      start += count
    }
    return clips
  }

  private func reference(_ path: String, available: OTIONode) -> OTIONode {
    [
      "OTIO_SCHEMA": "ExternalReference.1", "name": "", "metadata": .object([:]), "available_range": available,
      "available_image_bounds": .null, "target_url": .text(Self.address(path)),
    ]
  }

  private var markers: [OTIONode] {
    plan.joins.map { join in
      let dropped = counted(join.overlap, "frame")
      return [
        "OTIO_SCHEMA": "Marker.2", "name": .text("Join \(join.index): \(dropped) dropped"), "color": "GREEN",
        "comment": .text(join.reason), "marked_range": range(join.frame, 0),
        "metadata": [
          Self.metadataKey: [
            "join": .number(Double(join.index)), "overlap": .number(Double(join.overlap)),
            "delta_e": .number(join.deltaE), "delta_luma": .number(join.deltaLuma),
          ]
        ],
      ]
    }
  }

  /// The fields that all items of a timeline have.
  private func item(_ schema: String, name: String, range: OTIONode) -> [String: OTIONode] {
    [
      "OTIO_SCHEMA": .text(schema), "name": .text(name), "source_range": range, "metadata": .object([:]),
      "effects": .list([]), "markers": .list([]), "enabled": .flag(true), "color": .null,
    ]
  }

  private func range(_ start: Int, _ frames: Int) -> OTIONode {
    ["OTIO_SCHEMA": "TimeRange.1", "start_time": time(start), "duration": time(frames)]
  }

  private func time(_ frames: Int) -> OTIONode {
    [
      "OTIO_SCHEMA": "RationalTime.1", "rate": .number(plan.rate.rational.doubleValue),
      "value": .number(Double(frames)),
    ]
  }

  private static func address(_ path: String) -> String {
    URL(fileURLWithPath: path).standardizedFileURL.absoluteString
  }
}

/// A JSON value of the timeline.
private indirect enum OTIONode: Encodable, ExpressibleByDictionaryLiteral, ExpressibleByStringLiteral {
  case object([String: OTIONode])
  case list([OTIONode])
  case text(String)
  case number(Double)
  case flag(Bool)
  case null

  init(dictionaryLiteral elements: (String, OTIONode)...) {
    self = .object(Dictionary(elements) { _, last in last })
  }

  init(stringLiteral value: String) { self = .text(value) }

  func encode(to encoder: any Swift.Encoder) throws {
    var value = encoder.singleValueContainer()
    switch self {
    case .object(let members): try value.encode(members)
    case .list(let items): try value.encode(items)
    case .text(let text): try value.encode(text)
    case .number(let number): try value.encode(number)
    case .flag(let flag): try value.encode(flag)
    case .null: try value.encodeNil()
    }
  }
}
