import Files
import Foundation
import Timing

/// A timeline as OpenTimelineIO JSON.
///
/// Uses the schema versions of OpenTimelineIO 0.17 and 0.18. Source ranges are in frames of the file, from its start
/// timecode on; markers are on the stack of tracks.
struct OTIODocument {
  /// The metadata key of the project's own fields.
  private static let metadataKey = "longtake"
  private static let mediaKey = "DEFAULT_MEDIA"

  private let timeline: EditTimeline

  init(_ timeline: EditTimeline) { self.timeline = timeline }

  func data() throws -> Data {
    var tracks = [track("Video", of: "Video", children: items { _ in true })]
    if timeline.hasAudio {
      tracks.append(track("Audio", of: "Audio", children: items { timeline.sources[$0.source].audio != nil }))
    }
    if let music = timeline.music { tracks.append(track("Music", of: "Audio", children: clips(of: music))) }
    let stack = item("Stack.1", name: "tracks", range: .null, markers: timeline.markers.map(marker)).merging([
      "children": .list(tracks)
    ]) { _, new in new }
    let document: OTIONode = [
      "OTIO_SCHEMA": "Timeline.1", "name": .text(timeline.name),
      "global_start_time": timeline.start.map { time(Rational($0.frame), timeline.rate) } ?? .null,
      "metadata": [Self.metadataKey: ["master": .text(Self.address(timeline.master))]], "tracks": .object(stack),
    ]
    return try JSONOutput.data(document, pretty: true) + Data("\n".utf8)
  }

  private func track(_ name: String, of kind: String, children: [OTIONode]) -> OTIONode {
    .object(
      item("Track.1", name: name, range: .null).merging(["kind": .text(kind), "children": .list(children)]) { _, new in
        new
      })
  }

  /// Clips, gaps where a file has nothing for the track, and dissolves between clips.
  private func items(where isShown: (EditTimeline.Clip) -> Bool) -> [OTIONode] {
    var result: [OTIONode] = []
    var previousIsShown = false
    for clip in timeline.clips {
      let shown = isShown(clip)
      if shown, previousIsShown, clip.dissolve > 0 { result.append(dissolve(clip)) }
      result.append(shown ? node(clip) : gap(clip.kept.count))
      previousIsShown = shown
    }
    return result
  }

  private func node(_ clip: EditTimeline.Clip) -> OTIONode {
    let source = timeline.sources[clip.source]
    let first = Rational(source.start.frame)
    func position(_ frame: Int) -> Rational { source.position(of: frame) }
    let length = position(clip.kept.upperBound) - position(clip.kept.lowerBound)
    return media(
      clip.name, path: source.path, range: range(first + position(clip.kept.lowerBound), length, source.rate),
      available: range(first, Rational(source.frameCount), source.rate),
      metadata: ["mode": .text(clip.mode), "reason": .text(clip.reason)])
  }

  private func clips(of music: EditMusic) -> [OTIONode] {
    music.repetitions.map { part in
      media(
        music.name, path: music.path, range: range(.zero, Rational(part.count), timeline.rate),
        available: range(.zero, Rational(music.frameCount), timeline.rate),
        metadata: [
          "level_db": .number(music.level), "fade_seconds": .number(music.fade), "duck_db": .number(music.duck),
        ])
    }
  }

  private func media(
    _ name: String, path: String, range: OTIONode, available: OTIONode, metadata: [String: OTIONode]
  ) -> OTIONode {
    let reference: OTIONode = [
      "OTIO_SCHEMA": "ExternalReference.1", "name": "", "metadata": .object([:]), "available_range": available,
      "available_image_bounds": .null, "target_url": .text(Self.address(path)),
    ]
    let fields: [String: OTIONode] = [
      "media_references": .object([Self.mediaKey: reference]), "active_media_reference_key": .text(Self.mediaKey),
      "metadata": .object([Self.metadataKey: .object(metadata)]),
    ]
    return .object(item("Clip.2", name: name, range: range).merging(fields) { _, new in new })
  }

  private func gap(_ frames: Int) -> OTIONode {
    .object(item("Gap.1", name: "", range: range(.zero, Rational(frames), timeline.rate)))
  }

  /// From the cut on, both clips are seen.
  private func dissolve(_ clip: EditTimeline.Clip) -> OTIONode {
    [
      "OTIO_SCHEMA": "Transition.1", "name": "Dissolve", "transition_type": "SMPTE_Dissolve",
      "in_offset": time(.zero, timeline.rate), "out_offset": time(Rational(clip.dissolve), timeline.rate),
      "metadata": .object([:]),
    ]
  }

  private func marker(_ marker: EditMarker) -> OTIONode {
    let own: [String: OTIONode] =
      switch marker.kind {
      case .join(nil): [:]
      case .join(let join?):
        [
          "join": .number(Double(join.index)), "overlap": .number(Double(join.overlap)),
          "delta_e": .number(join.deltaE), "delta_luma": .number(join.deltaLuma),
        ]
      case .finding(let check, let fails): ["check": .text(check), "severity": .text(fails ? "fail" : "warn")]
      case .note(let reviewer, let shot): ["reviewer": .text(reviewer), "shot": shot.map { .text($0) } ?? .null]
      }
    return [
      "OTIO_SCHEMA": "Marker.2", "name": .text(marker.name), "color": .text(marker.color),
      "comment": .text(marker.comment),
      "marked_range": range(Rational(marker.frame), Rational(marker.frameCount), timeline.rate),
      "metadata": .object([Self.metadataKey: .object(own)]),
    ]
  }

  /// The fields that all items of a timeline have.
  private func item(
    _ schema: String, name: String, range: OTIONode, markers: [OTIONode] = []
  ) -> [String: OTIONode] {
    [
      "OTIO_SCHEMA": .text(schema), "name": .text(name), "source_range": range, "metadata": .object([:]),
      "effects": .list([]), "markers": .list(markers), "enabled": .flag(true), "color": .null,
    ]
  }

  private func range(_ start: Rational, _ frames: Rational, _ rate: FrameRate) -> OTIONode {
    ["OTIO_SCHEMA": "TimeRange.1", "start_time": time(start, rate), "duration": time(frames, rate)]
  }

  private func time(_ frames: Rational, _ rate: FrameRate) -> OTIONode {
    [
      "OTIO_SCHEMA": "RationalTime.1", "rate": .number(rate.rational.doubleValue),
      "value": .number(frames.doubleValue),
    ]
  }

  private static func address(_ path: String) -> String { URL(fileURLWithPath: path).absoluteString }
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
