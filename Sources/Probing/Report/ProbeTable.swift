import Files
import Foundation
import Libav
import Timing

/// A ``ProbeReport`` for people: a few aligned lines, free of control characters.
public struct ProbeTable: Sendable {
  public let lines: [String]

  /// Columns of the labels.
  private static let labelWidth = 12

  /// - Parameter path: the file as the user named it.
  public init(_ report: ProbeReport, path: String) {
    var rows: [(String, String)] = [("file", path)]
    rows.append(("container", Self.container(report)))
    for stream in report.streams {
      let isMain = stream.info.index == report.mainVideo || stream.info.index == report.mainAudio
      let mark = isMain && report.streams.count > 2 ? " (main)" : ""
      rows.append(("#\(stream.info.index) \(stream.info.kind.rawValue)", Self.summary(stream) + mark))
      for line in Self.details(stream) { rows.append(("", line)) }
    }
    if let start = report.audioStartOffset, let end = report.audioEndOffset {
      rows.append(("audio", "starts \(Self.offset(start)), ends \(Self.offset(end)) relative to the video"))
    }
    if let notes = Self.notes(report) { rows.append(("also", notes)) }
    if let error = report.readError { rows.append(("error", error)) }
    lines = rows.map { label, text in
      let label = label.terminalSafe
      return label + String(repeating: " ", count: max(1, Self.labelWidth - label.count)) + text.terminalSafe
    }
  }

  private static func container(_ report: ProbeReport) -> String {
    var parts = [report.container.formatLongName]
    if let duration = report.container.durationFromHeader { parts.append("\(seconds(duration)) s") }
    if let size = report.container.size { parts.append("\(size) bytes") }
    if let rate = report.container.bitRate { parts.append("\(kilobits(rate)) kbit/s") }
    if let layout = report.layout {
      if layout.isFragmented { parts.append("fragmented") }
      if let first = layout.isFastStart { parts.append(first ? "index first" : "index at the end") }
      if let box = layout.truncatedBox { parts.append("TRUNCATED in '\(box.type)'") }
    }
    return parts.joined(separator: ", ")
  }

  /// Properties that most files do not have.
  private static func notes(_ report: ProbeReport) -> String? {
    var parts: [String] = []
    if let encoder = report.container.metadata["encoder"] { parts.append("written by \(encoder)") }
    if let timecode = report.timecode { parts.append("timecode \(timecode)") }
    let chapters = report.container.chapters.count
    if chapters > 0 { parts.append(Files.counted(chapters, "chapter")) }
    let edits = report.movie?.tracks.reduce(0) { $0 + $1.unusualEdits } ?? 0
    if edits > 0 { parts.append(Files.counted(edits, "unusual edit")) }
    if report.movie?.hasC2PA == true { parts.append("C2PA manifest (not checked)") }
    if report.movie?.hasAIGC == true { parts.append("AIGC mark") }
    return parts.isEmpty ? nil : parts.joined(separator: ", ")
  }

  private static func summary(_ stream: ProbeReport.StreamReport) -> String {
    let info = stream.info
    var parts = [info.codecName + (info.profile.map { " (\($0))" } ?? "")]
    if let video = info.video {
      parts.append("\(video.width)x\(video.height)")
      parts.append(video.pixelFormat)
    }
    if let audio = info.audio {
      parts.append("\(audio.sampleRate) Hz")
      parts.append(audio.channelLayout ?? "\(audio.channels) channels")
    }
    if let rate = info.bitRate { parts.append("\(kilobits(rate)) kbit/s") }
    if let language = info.metadata["language"], language != "und" { parts.append(language) }
    if info.isAttachedPicture { parts.append("cover image") }
    return parts.joined(separator: ", ")
  }

  private static func details(_ stream: ProbeReport.StreamReport) -> [String] {
    var lines: [String] = []
    if let geometry = DisplayGeometry(stream.info), let video = stream.info.video,
      (geometry.width, geometry.height) != (video.width, video.height) || geometry.isMirrored
    {
      let rotated = geometry.rotation == 0 ? "" : ", rotated \(geometry.rotation)° clockwise"
      let mirrored = geometry.isMirrored ? ", mirrored" : ""
      lines.append("shown at \(geometry.width)x\(geometry.height)\(rotated)\(mirrored)")
    }
    if let counted = stream.counted, counted.packets > 0 {
      lines.append(Self.counted(counted, isVideo: stream.info.kind == .video))
      if stream.info.kind == .video, let timing = counted.timing { lines.append(Self.timing(timing)) }
    }
    if let color = stream.color {
      let tags = [color.tags.matrix, color.tags.transfer, color.tags.primaries, color.tags.range]
      let assumed = color.assumed.isEmpty ? "" : " (assumed: \(color.assumed.joined(separator: ", ")))"
      lines.append("colour " + tags.map { $0 ?? "?" }.joined(separator: "/") + assumed)
    }
    if let hdr = stream.hdr { lines.append("HDR " + hdr.summary) }
    return lines
  }

  private static func counted(_ counted: ProbeReport.Counted, isVideo: Bool) -> String {
    var parts = [isVideo ? Files.counted(counted.shownPackets, "frame") : Files.counted(counted.packets, "packet")]
    if let duration = counted.duration { parts.append("\(seconds(duration)) s") }
    if let start = counted.start, start != .zero { parts.append("from \(seconds(start)) s") }
    if isVideo {
      parts.append("\(counted.keyPackets) key, longest GOP \(counted.gopLengths.max() ?? 0)")
      if counted.opensWithIDR == false { parts.append("does not open with an IDR") }
      if let open = counted.order?.openGOPs, open > 0 { parts.append(Files.counted(open, "open GOP")) }
    }
    return parts.joined(separator: ", ")
  }

  private static func timing(_ timing: FrameTiming) -> String {
    let rate = timing.rate.map { "\($0) per second" } ?? "rate unknown"
    guard !timing.isConstant else { return "\(rate), constant" }
    return "\(rate) on average, VARIABLE: off by up to \(seconds(timing.worstDeviation)) s"
  }

  private static func offset(_ value: Rational) -> String {
    (value < .zero ? "" : "+") + String(format: "%.3f s", value.doubleValue)
  }

  private static func seconds(_ value: Rational) -> String { String(format: "%.3f", value.doubleValue) }
  private static func kilobits(_ bits: Int64) -> Int64 { Rational(bits, 1000).rounded ?? 0 }
}
