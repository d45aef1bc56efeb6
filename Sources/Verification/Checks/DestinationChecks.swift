import Libav
import Presets
import Probing
import Timing

extension CheckCatalogue {
  /// What destinations of advertising ask for beyond codecs and sizes.
  static let destination: [Check] = [
    Check(
      "video.levels.luma", "luma outside EBU R 103", unit: "fraction of the frame",
      detail:
        "Greatest part of a frame, 0-1, whose Y lies outside 5-246 (8 bits) or 20-984 (10 bits); EBU R 103 allows 0.01.",
      advice: "Limit the levels of the master.", needs: [.frames, .levels]
    ) { input in levels(input) { $0.luma } },
    Check(
      "video.levels.gamut", "R, G or B outside EBU R 103", unit: "fraction of the frame",
      detail:
        "Greatest part of a frame, 0-1, of which R, G or B lies outside 5-246 (8 bits) or 20-984 (10 bits); EBU R 103 "
        + "allows 0.01. Not low-pass filtered first.", advice: "Limit the colours of the master.",
      needs: [.frames, .levels]
    ) { input in levels(input) { $0.gamut } },
    Check(
      "video.length", "length in whole seconds", unit: "s",
      detail: "The number of whole seconds that the frame count is nearest to, at the nominal rate: 24 frames each at "
        + "24000/1001.", advice: "Cut the program to an allowed length."
    ) { input in length(input) { seconds, _ in .count(seconds) } },
    Check(
      "video.length.deviation", "deviation from whole seconds", unit: "frames",
      detail: "Frames more (or, below 0, fewer) than the whole seconds of video.length have.",
      advice: "Cut the program to whole seconds."
    ) { input in length(input) { _, frames in .count(frames) } },
    Check(
      "video.black.head", "black frames at the start", unit: "frames",
      detail: "Frames before the first that is not black.", advice: "Begin with an active frame.",
      needs: .sketches
    ) { input in edge(input) { $0.prefix(while: \.isBlack).count } },
    Check(
      "video.black.tail", "black frames at the end", unit: "frames",
      detail: "Frames after the last that is not black.", advice: "End with an active frame.",
      needs: .sketches
    ) { input in edge(input) { $0.reversed().prefix(while: \.isBlack).count } },
    Check(
      "video.bars.share", "black bars", unit: "fraction of the frame",
      detail: "Area of the black bars that all sampled frames share, 0-1.",
      advice: "Crop, or regenerate at an allowed aspect ratio.", needs: .textures
    ) { input in
      input.sampledFrames { textures in
        guard let found = textures.bars else { return .unknown("no frame could be sampled") }
        let size = textures.size
        let bars = found.plausible(width: size.width, height: size.height)
        let active = (size.width - bars.left - bars.right) * (size.height - bars.top - bars.bottom)
        return .measured(.number(rounded(1 - Float(active) / Float(max(1, size.width * size.height)))))
      }
    },
    Check(
      "video.cadence", "cadence", unit: "name",
      detail:
        "even, or 'N:M' where M of every N frames repeat the one before, as a pulldown or a rate conversion leaves.",
      advice: "Deliver at the rate that the frames were made at.", ideal: "even", needs: .sketches
    ) { input in input.decodedVideo { frames, series in cadence(frames.repeated, of: series.entries.count) } },
    Check(
      "video.bit_rate.peak", "peak video bit rate", unit: "bit/s",
      detail: "Most bytes of video packets in one second, by presentation.", advice: "Encode with a lower maximum rate."
    ) { input in
      input.videoPackets { _, counted in counted.peakBitRate.map { .measured(.integer($0)) } ?? noTimestamps }
    },
    Check(
      "video.bit_rate.mode", "bit rate mode", unit: "name",
      detail: "cbr where every whole second has the mean rate within 10 %, else vbr.", advice: "Encode as asked for."
    ) { input in
      input.videoPackets { _, counted in
        counted.isConstantBitRate.map { .measured(.string($0 ? "cbr" : "vbr")) } ?? .unknown("shorter than two seconds")
      }
    },
    Check(
      "video.content_light.maximum", "MaxCLL", unit: "cd/m²",
      detail: "Maximum content light level in the HDR metadata.", advice: "Write HDR10 metadata."
    ) { input in
      input.video { stream, _ in
        contentLight(stream.hdr) { $0.maximum }
      }
    },
    Check(
      "video.content_light.average", "MaxFALL", unit: "cd/m²",
      detail: "Maximum frame-average light level in the HDR metadata.", advice: "Write HDR10 metadata."
    ) { input in
      input.video { stream, _ in
        contentLight(stream.hdr) { $0.average }
      }
    },
    Check(
      "audio.silence.head", "silence at the start", unit: "frames",
      detail: "Whole frames of the video before the first sample of -60 dBFS or more.",
      advice: "Silence the frames that the destination asks for.", needs: .samples
    ) { input in silence(input) { $0.headSilence } },
    Check(
      "audio.silence.tail", "silence at the end", unit: "frames",
      detail: "Whole frames of the video after the last sample of -60 dBFS or more.",
      advice: "Silence the frames that the destination asks for.", needs: .samples
    ) { input in silence(input) { $0.tailSilence } },
    Check(
      "audio.language", "audio language", unit: "name",
      detail: "Language tag of the main audio stream, ISO 639-2; und for none.", advice: "Tag the audio (--language)."
    ) { input in
      input.audio { stream, _ in
        .measured(.string(stream.info.metadata["language"] ?? "und"))
      }
    },
    Check(
      "captions.tracks", "caption tracks", unit: "tracks", detail: "Subtitle streams of any kind.",
      advice: "Add captions."
    ) { input in .count(input.probe.streams.count { $0.info.kind == .subtitle }) },
  ]

  private static func levels(
    _ input: CheckInput, _ component: (LevelsReading) -> LevelsReading.Component
  ) -> Measurement {
    input.video { _, _ in
      guard let reading = input.pass.levels else { return CheckInput.notDecoded }
      guard reading.frames > 0 else { return .unknown("not limited range") }
      let found = component(reading)
      let part = (found.worst * 100_000).rounded() / 100_000
      return .measured(
        .number(part), "code values \(found.lowest) to \(found.highest) of \(reading.bitDepth) bits", at: found.places)
    }
  }

  private static func length(_ input: CheckInput, _ measure: (Int, Int) -> Measurement) -> Measurement {
    input.videoPackets { _, counted in
      guard let timing = counted.timing, timing.frameCount > 0, let rate = timing.rate,
        let perSecond = rate.rational.rounded.map({ Int($0) }), perSecond > 0
      else { return noTimestamps }
      let frames = input.decodedFrames ?? counted.shownPackets
      let seconds = (frames + perSecond / 2) / perSecond
      return measure(seconds, frames - seconds * perSecond)
    }
  }

  private static func contentLight(
    _ hdr: HDRDescription?, _ value: (HDRMessages.ContentLight) -> Int
  ) -> Measurement {
    guard let light = hdr?.contentLight else {
      return hdr?.curve == .pq ? .absent("no content light level") : .notRun("not PQ")
    }
    return .count(value(light))
  }

  private static func edge(_ input: CheckInput, _ measure: ([FrameSeries.Entry]) -> Int) -> Measurement {
    input.decodedVideo { _, series in .count(measure(series.entries)) }
  }

  /// Repeats in a row of the same distance, from which a cadence is one.
  private static let cadenceRepeats = 4

  /// A cadence repeats one frame at a constant distance through most of the video.
  private static func cadence(_ repeated: [Int], of frames: Int) -> Measurement {
    let distances = zip(repeated.dropFirst(), repeated).map { $0 - $1 }
    let counts = Dictionary(grouping: distances) { $0 }.mapValues(\.count)
    guard let (period, count) = counts.max(by: { ($0.value, $1.key) < ($1.value, $0.key) }),
      count >= cadenceRepeats, 2 * count * period >= frames
    else { return .measured("even") }
    return .measured(.string("\(period):1"), "one of \(period) frames repeats the one before")
  }

  private static func silence(_ input: CheckInput, _ seconds: (AudioReading) -> Double) -> Measurement {
    input.decodedAudio { audio in
      guard let rate = input.probe.video?.counted?.timing?.rate else { return noTimestamps }
      // Half a sample, so that exactly six frames of silence are six.
      return .count(Int((seconds(audio) * rate.rational.doubleValue + 1e-3).rounded(.down)))
    }
  }
}
