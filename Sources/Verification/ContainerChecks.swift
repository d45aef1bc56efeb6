import Libav
import Presets
import Probing
import Timing

extension CheckCatalogue {
  static let opens = Check(
    "container.opens", "the file", unit: "yes/no",
    detail: "Whether libav opens the file as media and finds streams in it.",
    advice: "Fetch or make the file again.", ideal: true
  ) { evidence in
    let hasMedia = evidence.probe.streams.contains { $0.info.kind == .video || $0.info.kind == .audio }
    return .measured(.bool(hasMedia), hasMedia ? nil : "The file opens but holds neither frame nor audio.")
  }

  static let container: [Check] = [
    opens,
    Check(
      "container.format", "the container", unit: "name",
      detail: "libav's name of the container; of its MP4/MOV family 'mov' for the QuickTime brand, else 'mp4'.",
      advice: "Rewrap the streams into the container that is asked for."
    ) { evidence in .measured(.string(containerName(evidence.probe.container))) },
    Check(
      "container.truncated", "the file's truncation", unit: "yes/no",
      detail: "Whether a top-level box claims more bytes than the file has, or reading stopped before the end.",
      advice: "Fetch the file again; its end is missing.", ideal: false
    ) { evidence in
      if let error = evidence.probe.readError {
        return .measured(true, "Reading stopped before the end: \(error).")
      }
      guard let layout = evidence.probe.layout, let box = layout.truncatedBox else { return .measured(false) }
      return .measured(true, "The box '\(box.type)' claims \(box.claimed) bytes and \(box.present) are there.")
    },
    Check(
      "container.trailing_bytes", "data after the last box", unit: "bytes",
      detail: "Bytes after the last whole box of an MP4/MOV file.",
      advice: "Rewrap the file, so that nothing foreign hangs on it.", ideal: 0
    ) { evidence in
      guard let layout = evidence.probe.layout else {
        return .unknown("Only MP4/MOV files are divided into boxes.")
      }
      return .measured(.integer(layout.trailingBytes))
    },
    Check(
      "container.faststart", "the index before the media", unit: "yes/no",
      detail: "Whether the MP4/MOV index (moov) stands before the media (mdat), so that playback can start at once.",
      advice: "Rewrap it with the index first.", ideal: true
    ) { evidence in
      guard let first = evidence.probe.layout?.isFastStart else {
        return .unknown("This container has no index that could come first.")
      }
      return .measured(
        .bool(first),
        first ? nil : "The index stands after the media, so playback cannot start before the end is there.")
    },
    Check(
      "container.fragmented", "fragmentation", unit: "yes/no",
      detail: "Whether an MP4 file consists of fragments (moof).",
      advice: "Rewrap it as a plain MP4 file.", ideal: false
    ) { evidence in
      evidence.probe.layout.map {
        .measured(.bool($0.isFragmented), $0.isFragmented ? "The file consists of fragments." : nil)
      } ?? .unknown("Only MP4/MOV files have fragments.")
    },
    Check(
      "container.edits", "unusual edits", unit: "places",
      detail:
        "Entries of edit lists beyond the plain one of a track: empty ones, and second and later ones.",
      advice: "Rewrap it with the frames and the audio as they are shown.", ideal: 0
    ) { evidence in
      guard let movie = evidence.probe.movie else { return .unknown("Only MP4/MOV files have edit lists.") }
      let count = movie.tracks.reduce(0) { $0 + $1.unusualEdits }
      return .measured(.integer(Int64(count)), count == 0 ? nil : "Edit lists hold \(count) unusual entries.")
    },
    Check(
      "container.timecode", "a timecode", unit: "yes/no", detail: "Whether the first frame carries a timecode.",
      advice: "Write a timecode track."
    ) { evidence in .measured(.bool(evidence.probe.timecode != nil)) },
    Check(
      "provenance.c2pa", "a C2PA manifest", unit: "yes/no",
      detail: "Whether a C2PA manifest (JUMBF) is in the MP4/MOV file; not whether it is valid.",
      advice: "Sign it again."
    ) { evidence in
      evidence.probe.movie.map { .measured(.bool($0.hasC2PA)) } ?? .unknown("Only MP4/MOV files are looked at.")
    },
    Check(
      "provenance.aigc", "an AIGC mark", unit: "yes/no",
      detail: "Whether metadata named AIGC is in the MP4/MOV file, as GB 45438-2025 asks of generated media.",
      advice: "Mark it again."
    ) { evidence in
      evidence.probe.movie.map { .measured(.bool($0.hasAIGC)) } ?? .unknown("Only MP4/MOV files are looked at.")
    },
    Check(
      "file.size", "the file's size", unit: "bytes", detail: "Bytes on disk.",
      advice: "Encode it again for the size that is asked for."
    ) { evidence in
      evidence.probe.container.size.map { .measured(.integer($0)) } ?? .unknown("The size cannot be told.")
    },
    Check(
      "file.bit_rate", "the whole file's bit rate", unit: "bit/s",
      detail: "Bytes on disk over the measured length of the longest stream.",
      advice: "Encode it again for the rate that is asked for."
    ) { evidence in
      guard let size = evidence.probe.container.size, let duration = longest(evidence.probe), duration.isPositive else {
        return .unknown("The length of the file is not known.")
      }
      guard let rate = (Rational(size) * 8 / duration).rounded else { return .unknown("The rate is out of range.") }
      return .measured(.integer(rate))
    },
    Check(
      "decode.clean", "decoding", unit: "yes/no",
      detail:
        "Whether the main frame and the main audio decode to their ends without an error, a message of the decoder, "
        + "or a frame that is marked as damaged.",
      advice: "Fetch or generate the file again.", ideal: true, needs: [.frames, .audio]
    ) { evidence in
      evidence.decoding { tally in
        if tally.isClean { return .measured(true) }
        let counts = [
          (tally.faultCount, "fault"), (tally.errorCount, "decoder message"), (tally.corruptFrames, "damaged frame"),
        ].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)\($0.0 == 1 ? "" : "s")" }.joined(separator: ", ")
        let first = tally.messages.first.map { "; first: \($0)" } ?? ""
        let place = tally.troubleStart.map { Interval(start: $0, end: tally.troubleEnd) }
        return .measured(false, "Decoding gave \(counts)\(first).", at: place.map { [$0] } ?? [])
      }
    },
  ]

  private static func containerName(_ container: ContainerInfo) -> String {
    guard container.formatName.hasPrefix("mov,mp4") else { return container.formatName }
    return container.metadata["major_brand"] == "qt  " ? "mov" : "mp4"
  }

  private static func longest(_ report: ProbeReport) -> Rational? {
    report.streams.compactMap { $0.counted?.duration }.max() ?? report.container.durationFromHeader
  }
}
