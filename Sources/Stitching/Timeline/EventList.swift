import Files
import Foundation
import Timing

/// A timeline as a CMX 3600 edit decision list.
///
/// One event for each clip, on the video track and the first two audio channels; music is left out. Dissolves begin at the
/// cut, markers are `LOC` comments. Source and record times are timecode at the master's rate.
struct EventList {
  /// Three digits.
  private static let maximumEvents = 999
  private static let reelLength = 8
  /// Reels that programs take for black, bars and auxiliary sources.
  private static let reservedReels: Set<String> = ["AX", "BL", "BLACK", "BARS"]

  private let timeline: EditTimeline
  private let reels: [String]

  /// - Throws: ``StitchError`` `outOfRange` for more clips than a list can number.
  init(_ timeline: EditTimeline) throws {
    guard timeline.clips.count <= Self.maximumEvents else {
      throw StitchError(
        .outOfRange,
        "its \(timeline.clips.count) clips are more than the \(Self.maximumEvents) events of a CMX 3600 list; export otio or fcpxml",
        file: timeline.master)
    }
    self.timeline = timeline
    reels = Self.reels(of: timeline.sources)
  }

  func data() -> Data {
    let isDropFrame = timeline.firstTimecode?.isDropFrame ?? false
    var lines = [
      "TITLE: \(Self.line(timeline.name))", "FCM: \(isDropFrame ? "DROP FRAME" : "NON-DROP FRAME")", "",
    ]
    for number in timeline.clips.indices { lines += event(number) + [""] }
    return Data(lines.joined(separator: "\r\n").utf8)
  }

  private func event(_ number: Int) -> [String] {
    let clip = timeline.clips[number]
    let source = timeline.sources[clip.source]
    let channels = Self.channels(of: source)
    let head = String(format: "%03d", number + 1)
    let record = (recorded(clip.start), recorded(clip.end))
    let times = (timecode(source, clip.kept.lowerBound), timecode(source, clip.kept.upperBound))
    var lines: [String] = []
    if clip.dissolve > 0, number > 0 {
      let before = timeline.clips[number - 1]
      let from = timeline.sources[before.source]
      let out = timecode(from, before.kept.upperBound)
      lines += [
        Self.row(head, reels[before.source], channels, "C", nil, (out, out), (record.0, record.0)),
        Self.row(head, reels[clip.source], channels, "D", clip.dissolve, times, record),
        "* FROM CLIP NAME: \(Self.line(from.name))", "* TO CLIP NAME: \(Self.line(source.name))",
      ]
    } else {
      lines += [
        Self.row(head, reels[clip.source], channels, "C", nil, times, record),
        "* FROM CLIP NAME: \(Self.line(source.name))",
      ]
    }
    lines.append("* SOURCE FILE: \(Self.line(source.path))")
    if source.rate != timeline.rate {
      lines.append("* SOURCE RATE: \(source.rate) FRAMES/S; ITS TIMECODES ARE GIVEN AT \(timeline.rate)")
    }
    lines += timeline.markers.filter { (clip.start..<clip.end).contains($0.frame) }.map { marker in
      "* LOC: \(recorded(marker.frame)) \(Self.color(marker).padding(toLength: 7, withPad: " ", startingAt: 0)) "
        + Self.line(marker.line)
    }
    return lines
  }

  private static func row(
    _ number: String, _ reel: String, _ channels: String, _ edit: String, _ length: Int?, _ source: (String, String),
    _ record: (String, String)
  ) -> String {
    func padded(_ text: String, _ length: Int) -> String {
      text.padding(toLength: length, withPad: " ", startingAt: 0)
    }
    let duration = length.map { String(format: "%03d", $0) } ?? "   "
    return "\(number)  \(padded(reel, reelLength)) \(padded(channels, 5)) \(padded(edit, 4)) \(duration) "
      + [source.0, source.1, record.0, record.1].joined(separator: " ")
  }

  private func recorded(_ frame: Int) -> String { timeline.firstTimecode?.advanced(by: frame).description ?? "" }

  /// The timecode of a source's frame, counted at the master's rate.
  private func timecode(_ source: EditSource, _ frame: Int) -> String {
    guard source.rate != timeline.rate else { return source.start.advanced(by: frame).description }
    // The same second; frames within it as many as pass by then.
    let text = source.start.description
    let part = Rational(Int64(text.suffix(2)) ?? 0) / source.rate.rational * timeline.rate.rational
    let whole = Timecode(parsing: text.prefix(8) + ":00", rate: timeline.rate)
    return whole?.advanced(by: frame + Int(part.rounded ?? 0)).description ?? text
  }

  /// `AA/V`: video with two channels of audio; `B` with one.
  private static func channels(of source: EditSource) -> String {
    switch source.audio?.channels ?? 0 {
    case 0: "V"
    case 1: "B"
    default: "AA/V"
    }
  }

  /// Colours that all readers of `LOC` comments have.
  private static func color(_ marker: EditMarker) -> String { marker.color == "ORANGE" ? "MAGENTA" : marker.color }

  /// Up to eight capital letters, digits and `_` of the file's name, different for each file.
  private static func reels(of sources: [EditSource]) -> [String] {
    var taken = reservedReels
    return sources.enumerated().map { number, source in
      let stem = (source.name as NSString).deletingPathExtension.uppercased()
      let letters = stem.unicodeScalars.filter { scalar in
        scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || scalar == "_")
      }
      let plain = String(String.UnicodeScalarView(letters).prefix(reelLength))
      var reel = plain.isEmpty ? "SHOT\(number + 1)" : plain
      var suffix = 2
      while !taken.insert(reel).inserted {
        reel = plain.prefix(reelLength - "\(suffix)".count) + "\(suffix)"
        suffix += 1
      }
      return reel
    }
  }

  /// Text for one line: no breaks, no controls.
  private static func line(_ text: String) -> String {
    String(
      String.UnicodeScalarView(
        text.unicodeScalars.map { scalar in
          switch scalar.properties.generalCategory {
          case .control, .lineSeparator, .paragraphSeparator: " "
          default: scalar
          }
        }))
  }
}
