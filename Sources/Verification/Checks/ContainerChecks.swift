import Files
import Libav
import Presets
import Probing
import Timing

extension CheckCatalogue {
  static let opens = Check(
    "container.opens", "file", unit: "yes/no",
    detail: "Whether libav opens the file as media and finds streams in it.",
    advice: "Download or create the file again.", ideal: true, states: ("readable media", "not readable as media")
  ) { input in
    let hasMedia = input.probe.streams.contains { $0.info.kind == .video || $0.info.kind == .audio }
    return .measured(.bool(hasMedia), hasMedia ? nil : "no video and no audio stream")
  }

  static let container: [Check] = [
    opens,
    Check(
      "container.format", "container format", unit: "name",
      detail: "libav's name of the container; of its MP4/MOV family 'mov' for the QuickTime brand, else 'mp4'.",
      advice: "Remux into an allowed container."
    ) { input in .measured(.string(containerName(input.probe.container))) },
    Check(
      "container.truncated", "file", unit: "yes/no",
      detail: "Whether a top-level box is longer than the file, or reading stopped before the end.",
      advice: "Download the file again; its end is missing.", ideal: false, states: ("truncated", "complete")
    ) { input in
      if let error = input.probe.readError { return .measured(true, "reading stopped: \(error)") }
      guard let layout = input.probe.layout, let box = layout.truncatedBox else { return .measured(false) }
      return .measured(true, "box '\(box.type)' has \(box.claimed) bytes, \(box.present) present")
    },
    Check(
      "container.trailing_bytes", "data after the last box", unit: "bytes",
      detail: "Bytes after the last whole box of an MP4/MOV file.",
      advice: "Remux the file.", ideal: 0
    ) { input in
      guard let layout = input.probe.layout else { return notMovie }
      return .measured(.integer(layout.trailingBytes))
    },
    Check(
      "container.faststart", "faststart", unit: "yes/no",
      detail: "Whether the MP4/MOV index (moov) comes before the media (mdat), so that playback can start at once.",
      advice: "Remux with faststart.", ideal: true
    ) { input in
      guard let isFirst = input.probe.layout?.isFastStart else { return notMovie }
      return .measured(.bool(isFirst), isFirst ? nil : "moov after mdat")
    },
    Check(
      "container.fragmented", "MP4 fragments", unit: "yes/no",
      detail: "Whether an MP4 file consists of fragments (moof).",
      advice: "Remux as a plain MP4 file.", ideal: false, states: ("present", "none")
    ) { input in
      input.probe.layout.map { .measured(.bool($0.isFragmented)) } ?? notMovie
    },
    Check(
      "container.edits", "unusual edit list entries", unit: "entries",
      detail: "Entries of MP4/MOV edit lists beyond the plain one of a track: empty, second and later ones.",
      advice: "Remux with the frames and the audio as they are presented.", ideal: 0
    ) { input in
      guard let movie = input.probe.movie else { return notMovie }
      return .count(movie.tracks.reduce(0) { $0 + $1.unusualEdits })
    },
    Check(
      "container.timecode", "timecode", unit: "yes/no", detail: "Whether the first frame carries a timecode.",
      advice: "Write a timecode track.", states: presence
    ) { input in .measured(.bool(input.probe.timecode != nil)) },
    Check(
      "provenance.c2pa", "C2PA manifest", unit: "yes/no",
      detail: "Whether the MP4/MOV file holds a C2PA manifest (JUMBF); it is not validated.",
      advice: "Sign the file again.", states: presence
    ) { input in input.probe.movie.map { .measured(.bool($0.hasC2PA)) } ?? notMovie },
    Check(
      "provenance.aigc", "AIGC metadata", unit: "yes/no",
      detail: "Whether the MP4/MOV file holds metadata named AIGC, as GB 45438-2025 requires of generated media.",
      advice: "Mark the file again.", states: presence
    ) { input in input.probe.movie.map { .measured(.bool($0.hasAIGC)) } ?? notMovie },
    Check(
      "file.size", "file size", unit: "bytes", detail: "Bytes on disk.", advice: "Re-encode for an allowed size."
    ) { input in
      input.probe.container.size.map { .measured(.integer($0)) } ?? .unknown("file size unknown")
    },
    Check(
      "file.bit_rate", "overall bit rate", unit: "bit/s",
      detail: "Bytes on disk over the measured duration of the longest stream.",
      advice: "Re-encode for an allowed bit rate."
    ) { input in
      guard let size = input.probe.container.size, let duration = longest(input.probe), duration.isPositive else {
        return .unknown("duration unknown")
      }
      guard let rate = (Rational(size) * 8 / duration).rounded else { return .unknown("bit rate out of range") }
      return .measured(.integer(rate))
    },
    Check(
      "decode.clean", "decoding", unit: "yes/no",
      detail:
        "Whether the main video and audio streams decode to their ends without an error, a decoder message, or a "
        + "frame marked as corrupt.",
      advice: "Download or regenerate the file.", ideal: true, states: ("clean", "with errors"),
      needs: [.frames, .audio]
    ) { input in
      input.decoding { decoding in
        if decoding.isClean { return .measured(true) }
        let counts = [
          (decoding.faultCount, "error"), (decoding.messageCount, "decoder message"),
          (decoding.corruptFrames, "corrupt frame"),
        ].filter { $0.0 > 0 }.map { counted($0.0, $0.1) }.joined(separator: ", ")
        let first = decoding.messages.first.map { "; first: \($0)" } ?? ""
        let place = decoding.errorStart.map { Interval(start: $0, end: decoding.errorEnd) }
        return .measured(false, counts + first, at: place.map { [$0] } ?? [])
      }
    },
  ]

  private static let notMovie = Measurement.unknown("not an MP4/MOV file")

  /// How the values of a check for something that may be there read.
  static let presence = (yes: "present", no: "absent")

  private static func containerName(_ container: ContainerInfo) -> String {
    guard container.formatName.hasPrefix("mov,mp4") else { return container.formatName }
    return container.metadata["major_brand"] == "qt  " ? "mov" : "mp4"
  }

  private static func longest(_ report: ProbeReport) -> Rational? {
    report.streams.compactMap { $0.counted?.duration }.max() ?? report.container.durationFromHeader
  }
}
