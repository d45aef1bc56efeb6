import Files
import Foundation
import Timing

/// A timeline as Final Cut Pro 7 XML (xmeml 5), as Premiere Pro and DaVinci Resolve read it.
///
/// Source frames count from the file's first; its timecode is the file's own. Each channel of audio is a track, linked to
/// the video.
struct FCP7Document {
  private static let version = "5"

  private let timeline: EditTimeline
  /// Channels of audio that become tracks: those of the file with the most.
  private let channelCount: Int

  init(_ timeline: EditTimeline) {
    self.timeline = timeline
    channelCount = timeline.sources.map { $0.audio?.channels ?? 0 }.max() ?? 0
  }

  func data() -> Data {
    var written = WrittenFiles()
    let video = XMLOutput.Element(
      "video",
      children: [
        XMLOutput.Element("format", children: [characteristics(timeline.format, timeline.rate)]),
        XMLOutput.Element("track", children: items(channel: 0, &written)),
      ])
    var children = [
      XMLOutput.Element("name", text: timeline.name), XMLOutput.Element("duration", text: timeline.frameCount),
      rate(timeline.rate),
    ]
    if let first = timeline.firstTimecode { children.append(timecode(first)) }
    children.append(XMLOutput.Element("media", children: [video, audio(&written)]))
    children += timeline.markers.map { marker in
      XMLOutput.Element(
        "marker",
        children: [
          XMLOutput.Element("name", text: marker.name), XMLOutput.Element("comment", text: marker.comment),
          XMLOutput.Element("in", text: marker.frame),
          XMLOutput.Element("out", text: marker.frameCount > 0 ? marker.frame + marker.frameCount : -1),
        ])
    }
    let sequence = XMLOutput.Element("sequence", [("id", "sequence-1")], children: children)
    return XMLOutput.data(
      XMLOutput.Element("xmeml", [("version", Self.version)], children: [sequence]), doctype: "xmeml")
  }

  private func audio(_ written: inout WrittenFiles) -> XMLOutput.Element {
    let isExploded = channelCount == 2
    var tracks = (0..<channelCount).map { channel in
      XMLOutput.Element(
        "track",
        isExploded
          ? [
            ("currentExplodedTrackIndex", "\(channel)"), ("totalExplodedTrackCount", "2"),
            ("premiereTrackType", "Stereo"),
          ] : [], children: items(channel: channel + 1, &written))
    }
    if let music = timeline.music {
      let channels = min(2, music.audio?.channels ?? 2)
      tracks += (1...max(1, channels)).map { channel in
        XMLOutput.Element("track", children: items(of: music, channel: channel, &written))
      }
    }
    let rate = timeline.sources.compactMap { $0.audio?.sampleRate }.first ?? timeline.music?.audio?.sampleRate
    let format = XMLOutput.Element(
      "format",
      children: [
        XMLOutput.Element(
          "samplecharacteristics",
          children: [XMLOutput.Element("depth", text: 16), XMLOutput.Element("samplerate", text: rate ?? 48_000)])
      ])
    return XMLOutput.Element(
      "audio",
      children: [XMLOutput.Element("numOutputChannels", text: max(2, channelCount)), format] + tracks)
  }

  // MARK: - Items

  /// - Parameter channel: 0 for video, else the channel of audio from 1 on.
  private func items(channel: Int, _ written: inout WrittenFiles) -> [XMLOutput.Element] {
    var result: [XMLOutput.Element] = []
    for (number, clip) in timeline.clips.enumerated() where has(number, channel) {
      let fadesIn = fades(into: number, channel)
      let fadesOut = fades(into: number + 1, channel)
      if fadesIn { result.append(transition(clip, channel: channel)) }
      let source = timeline.sources[clip.source]
      // A clip beside a transition reaches to its end, and its place follows from it.
      let tail = fadesOut ? timeline.clips[number + 1].dissolve : 0
      let first = source.position(of: clip.kept.lowerBound)
      let end = source.position(of: clip.kept.upperBound + tail)
      var children = [
        XMLOutput.Element("masterclipid", text: "masterclip-\(clip.source + 1)"),
        XMLOutput.Element("name", text: clip.name), XMLOutput.Element("enabled", text: "TRUE"),
        XMLOutput.Element("duration", text: source.frameCount), rate(source.rate),
        XMLOutput.Element("start", text: fadesIn ? -1 : clip.start),
        XMLOutput.Element("end", text: fadesOut ? -1 : clip.end),
        XMLOutput.Element("in", text: Int(first.rounded ?? 0)), XMLOutput.Element("out", text: Int(end.rounded ?? 0)),
        written.file(clip.source) { file(source, id: $0) },
      ]
      if channel > 0 { children.append(Self.sourceTrack(channel)) }
      children += links(number)
      result.append(XMLOutput.Element("clipitem", [("id", itemID(number, channel))], children: children))
    }
    return result
  }

  private func items(of music: EditMusic, channel: Int, _ written: inout WrittenFiles) -> [XMLOutput.Element] {
    music.repetitions.enumerated().map { number, part in
      XMLOutput.Element(
        "clipitem", [("id", "music-\(number + 1)-\(channel)")],
        children: [
          XMLOutput.Element("name", text: music.name), XMLOutput.Element("duration", text: music.frameCount),
          rate(timeline.rate), XMLOutput.Element("start", text: part.start),
          XMLOutput.Element("end", text: part.start + part.count), XMLOutput.Element("in", text: 0),
          XMLOutput.Element("out", text: part.count),
          written.file(timeline.sources.count) { file(music, id: $0) }, Self.sourceTrack(channel),
        ])
    }
  }

  private func has(_ number: Int, _ channel: Int) -> Bool {
    timeline.clips.indices.contains(number)
      && (channel == 0 || (timeline.sources[timeline.clips[number].source].audio?.channels ?? 0) >= channel)
  }

  /// Whether the clip before dissolves into this one on a track.
  private func fades(into number: Int, _ channel: Int) -> Bool {
    number > 0 && has(number, channel) && has(number - 1, channel) && timeline.clips[number].dissolve > 0
  }

  private func itemID(_ number: Int, _ channel: Int) -> String { "clipitem-\(number + 1)-\(channel)" }

  /// The video and every channel of one clip.
  private func links(_ number: Int) -> [XMLOutput.Element] {
    let channels = (0...channelCount).filter { has(number, $0) }
    guard channels.count > 1 else { return [] }
    return channels.map { channel in
      let index = timeline.clips[..<number].indices.count { has($0, channel) } + 1
      return XMLOutput.Element(
        "link",
        children: [
          XMLOutput.Element("linkclipref", text: itemID(number, channel)),
          XMLOutput.Element("mediatype", text: channel == 0 ? "video" : "audio"),
          XMLOutput.Element("trackindex", text: max(1, channel)), XMLOutput.Element("clipindex", text: index),
        ])
    }
  }

  private func transition(_ clip: EditTimeline.Clip, channel: Int) -> XMLOutput.Element {
    let (name, id, kind) =
      channel == 0
      ? ("Cross Dissolve", "Cross Dissolve", "video") : ("Cross Fade (+3dB)", "KGAudioTransCrossFade3dB", "audio")
    let effect = XMLOutput.Element(
      "effect",
      children: [
        XMLOutput.Element("name", text: name), XMLOutput.Element("effectid", text: id),
        XMLOutput.Element("effecttype", text: "transition"), XMLOutput.Element("mediatype", text: kind),
      ])
    return XMLOutput.Element(
      "transitionitem",
      children: [
        rate(timeline.rate), XMLOutput.Element("start", text: clip.start),
        XMLOutput.Element("end", text: clip.start + clip.dissolve), XMLOutput.Element("alignment", text: "start"),
        effect,
      ])
  }

  // MARK: - Files

  private func file(_ source: EditSource, id: String) -> XMLOutput.Element {
    let video = XMLOutput.Element("video", children: [characteristics(source.format, source.rate)])
    return XMLOutput.Element(
      "file", [("id", id)],
      children: [
        XMLOutput.Element("name", text: source.name), XMLOutput.Element("pathurl", text: Self.address(source.path)),
        rate(source.rate), XMLOutput.Element("duration", text: source.frameCount), timecode(source.start),
        XMLOutput.Element("media", children: [video] + (source.audio.map { [Self.audio($0)] } ?? [])),
      ])
  }

  private func file(_ music: EditMusic, id: String) -> XMLOutput.Element {
    XMLOutput.Element(
      "file", [("id", id)],
      children: [
        XMLOutput.Element("name", text: music.name), XMLOutput.Element("pathurl", text: Self.address(music.path)),
        rate(timeline.rate), XMLOutput.Element("duration", text: music.frameCount),
        XMLOutput.Element("media", children: music.audio.map { [Self.audio($0)] } ?? []),
      ])
  }

  private static func audio(_ audio: EditSource.Audio) -> XMLOutput.Element {
    XMLOutput.Element(
      "audio",
      children: [
        XMLOutput.Element(
          "samplecharacteristics",
          children: [
            XMLOutput.Element("depth", text: 16), XMLOutput.Element("samplerate", text: audio.sampleRate),
          ]), XMLOutput.Element("channelcount", text: audio.channels),
      ])
  }

  private func characteristics(_ format: EditSource.Format, _ frameRate: FrameRate) -> XMLOutput.Element {
    XMLOutput.Element(
      "samplecharacteristics",
      children: [
        rate(frameRate), XMLOutput.Element("width", text: format.width),
        XMLOutput.Element("height", text: format.height), XMLOutput.Element("anamorphic", text: "FALSE"),
        XMLOutput.Element("pixelaspectratio", text: "square"), XMLOutput.Element("fielddominance", text: "none"),
      ])
  }

  private static func sourceTrack(_ channel: Int) -> XMLOutput.Element {
    XMLOutput.Element(
      "sourcetrack",
      children: [XMLOutput.Element("mediatype", text: "audio"), XMLOutput.Element("trackindex", text: channel)])
  }

  private static func address(_ path: String) -> String {
    URL(fileURLWithPath: path).absoluteString.replacing("file:///", with: "file://localhost/", maxReplacements: 1)
  }

  // MARK: - Times

  /// 24000/1001 is a timebase of 24 with `ntsc`.
  private func rate(_ rate: FrameRate) -> XMLOutput.Element {
    let base = Timecode(frame: 0, rate: rate)?.framesPerSecond ?? 0
    return XMLOutput.Element(
      "rate",
      children: [
        XMLOutput.Element("timebase", text: base),
        XMLOutput.Element("ntsc", text: rate.rational.denominator == 1001 ? "TRUE" : "FALSE"),
      ])
  }

  private func timecode(_ start: Timecode) -> XMLOutput.Element {
    XMLOutput.Element(
      "timecode",
      children: [
        rate(start.rate), XMLOutput.Element("string", text: start), XMLOutput.Element("frame", text: start.frame),
        XMLOutput.Element("displayformat", text: start.isDropFrame ? "DF" : "NDF"),
      ])
  }
}

/// A file is described where it is first used, and named by its id afterwards.
private struct WrittenFiles {
  private var numbers: Set<Int> = []

  mutating func file(_ number: Int, _ element: (String) -> XMLOutput.Element) -> XMLOutput.Element {
    let id = "file-\(number + 1)"
    return numbers.insert(number).inserted ? element(id) : XMLOutput.Element("file", [("id", id)])
  }
}
