import Files
import Foundation
import Libav
import Timing

/// A timeline as FCPXML 1.10, as Final Cut Pro and DaVinci Resolve read it.
///
/// Every time is a whole number of frames as an exact fraction of seconds. A dissolve is centred on its cut there, so the
/// cut lies in its middle; the same frames are seen as in the master.
struct FCPXMLDocument {
  private static let version = "1.10"
  private static let dissolve = (name: "Cross Dissolve", uid: "FxPlug:4731E73A-8DAC-4113-9A30-AE85B1761265")
  private static let crossfade = (name: "Audio Crossfade", uid: "FFAudioTransition")

  private let timeline: EditTimeline
  /// Frames by which each cut is later than in the master, so that its dissolve is centred.
  private let shifts: [Int]

  init(_ timeline: EditTimeline) {
    self.timeline = timeline
    shifts = timeline.clips.map { $0.dissolve / 2 } + [0]
  }

  private var sequenceFormat: EditFormat { EditFormat(timeline.format, timeline.rate) }

  /// Formats of the sequence and of every source, each once.
  private var formats: [EditFormat] {
    ([sequenceFormat] + timeline.sources.map { EditFormat($0.format, $0.rate) }).reduce(into: []) { formats, format in
      if !formats.contains(format) { formats.append(format) }
    }
  }

  func data() -> Data {
    let formats = formats
    let sequence = XMLOutput.Element(
      "sequence",
      [
        ("format", Self.formatID(sequenceFormat, in: formats)), ("duration", time(timeline.frameCount)),
        ("tcStart", time(timeline.firstTimecode?.frame ?? 0)),
        ("tcFormat", timeline.firstTimecode?.isDropFrame == true ? "DF" : "NDF"),
        ("audioLayout", audioLayout), ("audioRate", audioRate),
      ], children: [XMLOutput.Element("spine", children: timeline.clips.indices.flatMap { items($0, formats) })])
    let project = XMLOutput.Element("project", [("name", timeline.name)], children: [sequence])
    let event = XMLOutput.Element("event", [("name", timeline.name)], children: [project])
    let root = XMLOutput.Element(
      "fcpxml", [("version", Self.version)],
      children: [
        XMLOutput.Element("resources", children: resources(formats)), XMLOutput.Element("library", children: [event]),
      ])
    return XMLOutput.data(root, doctype: "fcpxml")
  }

  // MARK: - Resources

  private func resources(_ formats: [EditFormat]) -> [XMLOutput.Element] {
    var list = formats.map { $0.element(id: Self.formatID($0, in: formats)) }
    list += timeline.sources.enumerated().map { number, source in
      let own = EditFormat(source.format, source.rate)
      let start = source.rate.duration(frames: source.start.frame)
      let attributes = [
        ("id", Self.assetID(number)), ("name", source.name), ("start", Self.time(start)),
        ("duration", Self.time(source.rate.duration(frames: source.frameCount))), ("hasVideo", "1"),
        ("format", Self.formatID(own, in: formats)), ("videoSources", "1"),
      ]
      return asset(attributes + Self.audioAttributes(source.audio), path: source.path)
    }
    if let music = timeline.music {
      let attributes = [
        ("id", Self.musicID), ("name", music.name), ("start", "0s"), ("duration", time(music.frameCount)),
      ]
      list.append(asset(attributes + Self.audioAttributes(music.audio), path: music.path))
    }
    if timeline.clips.contains(where: { $0.dissolve > 0 }) {
      for (id, effect) in [(Self.dissolveID, Self.dissolve), (Self.crossfadeID, Self.crossfade)] {
        list.append(XMLOutput.Element("effect", [("id", id), ("name", effect.name), ("uid", effect.uid)]))
      }
    }
    return list
  }

  private func asset(_ attributes: [(String, String)], path: String) -> XMLOutput.Element {
    XMLOutput.Element(
      "asset", attributes.map { ($0.0, $0.1) },
      children: [
        XMLOutput.Element(
          "media-rep", [("kind", "original-media"), ("src", URL(fileURLWithPath: path).absoluteString)])
      ])
  }

  private static func audioAttributes(_ audio: EditSource.Audio?) -> [(String, String)] {
    guard let audio else { return [] }
    return [
      ("hasAudio", "1"), ("audioSources", "1"), ("audioChannels", "\(audio.channels)"),
      ("audioRate", "\(audio.sampleRate)"),
    ]
  }

  private static let musicID = "music"
  private static let dissolveID = "dissolve"
  private static let crossfadeID = "crossfade"
  private static func assetID(_ number: Int) -> String { "a\(number + 1)" }
  private static func formatID(_ format: EditFormat, in formats: [EditFormat]) -> String {
    "f\((formats.firstIndex(of: format) ?? 0) + 1)"
  }

  private var audioLayout: String? {
    switch timeline.sources.compactMap({ $0.audio?.channels }).max() ?? timeline.music?.audio?.channels ?? 0 {
    case 0: nil
    case 1: "mono"
    case 2: "stereo"
    default: "surround"
    }
  }

  /// Of the names that the format has.
  private var audioRate: String? {
    switch timeline.sources.compactMap({ $0.audio?.sampleRate }).first ?? timeline.music?.audio?.sampleRate ?? 0 {
    case 32_000: "32k"
    case 44_100: "44.1k"
    case 48_000: "48k"
    case 88_200: "88.2k"
    case 96_000: "96k"
    default: nil
    }
  }

  // MARK: - Spine

  /// A clip, with the dissolve into it before it.
  private func items(_ number: Int, _ formats: [EditFormat]) -> [XMLOutput.Element] {
    let clip = timeline.clips[number]
    let source = timeline.sources[clip.source]
    let first = clip.start + shifts[number]
    let end = clip.end + shifts[number + 1]
    let firstKept = clip.kept.lowerBound + shifts[number]
    let start =
      source.rate.duration(frames: source.start.frame) + timeline.rate.duration(frames: firstKept)
    var children: [XMLOutput.Element] = []
    if source.rate != timeline.rate {
      children.append(
        XMLOutput.Element("conform-rate", [("scaleEnabled", "0"), ("srcFrameRate", source.rate.fcpxmlName)]))
    }
    children += music(under: first..<end, from: start)
    children += timeline.markers.filter { (first..<end).contains($0.frame) }.map { marker in
      let place = start + timeline.rate.duration(frames: marker.frame - first)
      let length = max(1, min(marker.frameCount, end - marker.frame))
      return XMLOutput.Element(
        "marker",
        [
          ("start", Self.time(place)), ("duration", time(length)), ("value", marker.name),
          ("completed", marker.isToDo ? "0" : nil), ("note", marker.comment.isEmpty ? nil : marker.comment),
        ])
    }
    let element = XMLOutput.Element(
      "asset-clip",
      [
        ("ref", Self.assetID(clip.source)), ("offset", recorded(first)), ("name", clip.name),
        ("start", Self.time(start)), ("duration", time(end - first)),
        ("format", Self.formatID(EditFormat(source.format, source.rate), in: formats)),
        ("tcFormat", source.start.isDropFrame ? "DF" : "NDF"),
        ("audioRole", source.audio == nil ? nil : "dialogue"),
      ], children: children)
    guard clip.dissolve > 0 else { return [element] }
    return [transition(clip), element]
  }

  private func transition(_ clip: EditTimeline.Clip) -> XMLOutput.Element {
    XMLOutput.Element(
      "transition",
      [("name", Self.dissolve.name), ("offset", recorded(clip.start)), ("duration", time(clip.dissolve))],
      children: [
        XMLOutput.Element("filter-video", [("ref", Self.dissolveID), ("name", Self.dissolve.name)]),
        XMLOutput.Element("filter-audio", [("ref", Self.crossfadeID), ("name", Self.crossfade.name)]),
      ])
  }

  /// Repetitions of the music that begin while a clip is shown, connected to it.
  private func music(under frames: Range<Int>, from start: Rational) -> [XMLOutput.Element] {
    guard let music = timeline.music else { return [] }
    return music.repetitions.filter { frames.contains($0.start) }.map { part in
      XMLOutput.Element(
        "asset-clip",
        [
          ("ref", Self.musicID), ("lane", "-1"),
          ("offset", Self.time(start + timeline.rate.duration(frames: part.start - frames.lowerBound))),
          ("name", music.name), ("duration", time(part.count)), ("audioRole", "music"),
        ], children: [XMLOutput.Element("adjust-volume", [("amount", "\(music.level.short)dB")])])
    }
  }

  // MARK: - Times

  /// On the sequence's own clock, which starts at its timecode.
  private func recorded(_ frame: Int) -> String { time((timeline.firstTimecode?.frame ?? 0) + frame) }

  private func time(_ frames: Int) -> String { Self.time(timeline.rate.duration(frames: frames)) }

  private static func time(_ seconds: Rational) -> String {
    seconds.denominator == 1 ? "\(seconds.numerator)s" : "\(seconds.numerator)/\(seconds.denominator)s"
  }
}

extension EditMarker {
  /// Whether somebody has to act on it.
  fileprivate var isToDo: Bool { if case .finding(_, fails: true) = kind { true } else { false } }
}

extension FrameRate {
  /// As `conform-rate` names rates; nil for one that it does not have.
  fileprivate var fcpxmlName: String? {
    let names = ["23.98", "24", "25", "29.97", "30", "47.95", "48", "50", "59.94", "60"]
    let name =
      rational.denominator == 1 ? "\(rational.numerator)" : String(format: "%.2f", rational.doubleValue)
    return names.contains(name) ? name : nil
  }
}

/// A format of FCPXML: size, rate and colours.
private struct EditFormat: Hashable {
  let width: Int
  let height: Int
  let rate: FrameRate
  let colorSpace: String?

  init(_ format: EditSource.Format, _ rate: FrameRate) {
    width = format.width
    height = format.height
    self.rate = rate
    colorSpace = Self.colorSpace(format.color)
  }

  func element(id: String) -> XMLOutput.Element {
    let duration = rate.frameDuration
    return XMLOutput.Element(
      "format",
      [
        ("id", id), ("name", name), ("frameDuration", "\(duration.numerator)/\(duration.denominator)s"),
        ("width", "\(width)"), ("height", "\(height)"), ("colorSpace", colorSpace),
      ])
  }

  /// Final Cut Pro's own name; nil for a format that has none.
  private var name: String? {
    let sizes = [
      "1280x720": "720p", "1920x1080": "1080p", "3840x2160": "3840x2160p", "4096x2160": "4096x2160p",
    ]
    let rates: [Rational: String] = [
      Rational(24_000, 1001): "2398", Rational(24): "24", Rational(25): "25", Rational(30_000, 1001): "2997",
      Rational(30): "30", Rational(50): "50", Rational(60_000, 1001): "5994", Rational(60): "60",
    ]
    guard let size = sizes["\(width)x\(height)"], let rate = rates[rate.rational] else { return nil }
    return "FFVideoFormat\(size)\(rate)"
  }

  /// Numbers of ITU-T H.273 with Apple's name; nil where the file does not signal them.
  private static func colorSpace(_ tags: ColorTags) -> String? {
    switch (tags.primaries, tags.transfer, tags.matrix) {
    case ("bt709", "bt709", "bt709"): "1-1-1 (Rec. 709)"
    case ("bt2020", "smpte2084", "bt2020nc"): "9-16-9 (Rec. 2020 PQ)"
    case ("bt2020", "arib-std-b67", "bt2020nc"): "9-18-9 (Rec. 2020 HLG)"
    case ("bt2020", "bt709", "bt2020nc"), ("bt2020", "bt2020-10", "bt2020nc"): "9-1-9 (Rec. 2020)"
    case ("smpte170m", "bt709", "smpte170m"), ("smpte170m", "smpte170m", "smpte170m"): "6-1-6 (Rec. 601 (NTSC))"
    case ("bt470bg", "bt709", "smpte170m"), ("bt470bg", "smpte170m", "bt470bg"): "5-1-6 (Rec. 601 (PAL))"
    default: nil
    }
  }
}
