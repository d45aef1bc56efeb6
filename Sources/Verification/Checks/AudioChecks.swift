import Libav
import Presets
import Probing
import Timing

extension CheckCatalogue {
  private static let noVideo = Measurement.absent("no video to compare with")

  static let audio: [Check] = [
    Check(
      "audio.present", "audio", unit: "yes/no", detail: "Whether there is an audio stream that can be decoded.",
      advice: "Regenerate with audio.", ideal: true, states: presence
    ) { input in .measured(.bool(input.probe.audio != nil)) },
    Check(
      "audio.tracks", "audio tracks", unit: "tracks", detail: "Audio streams of any kind.",
      advice: "Remux with an allowed number of audio tracks."
    ) { input in .count(input.probe.streams.count { $0.info.kind == .audio }) },
    Check(
      "audio.codec", "audio codec", unit: "name", detail: "libav's name of the codec, such as aac.",
      advice: "Re-encode the audio with an allowed codec."
    ) { input in input.audio { stream, _ in .measured(.string(stream.info.codecName)) } },
    Check(
      "audio.sample_rate", "sample rate", unit: "Hz", detail: "Samples of one channel in a second.",
      advice: "Resample the audio."
    ) { input in input.audio { _, audio in .count(audio.sampleRate) } },
    Check(
      "audio.channels", "audio channels", unit: "channels", detail: "Channels of the main audio stream.",
      advice: "Mix the audio to an allowed number of channels."
    ) { input in input.audio { _, audio in .count(audio.channels) } },
    Check(
      "audio.channel_layout", "channel layout", unit: "name", detail: "libav's description, such as stereo.",
      advice: "Mix the audio to an allowed layout."
    ) { input in
      input.audio { _, audio in audio.channelLayout.map { .measured(.string($0)) } ?? .unknown("not signalled") }
    },
    Check(
      "audio.bit_rate", "audio bit rate", unit: "bit/s",
      detail: "Bytes of the audio packets over their measured duration.",
      advice: "Re-encode the audio for an allowed bit rate."
    ) { input in
      input.audio { stream, _ in stream.counted.map { bitRate($0) } ?? .unknown("packets not counted") }
    },
    Check(
      "audio.start", "A/V start offset", unit: "s",
      detail: "Start of the audio minus start of the video; negative when the audio comes first.",
      advice: "Trim or pad the audio to the video.", ideal: 0
    ) { input in input.audio { _, _ in input.probe.audioStartOffset.map { .seconds($0) } ?? noVideo } },
    Check(
      "audio.length", "A/V end offset", unit: "s",
      detail: "|end of the audio - end of the video|, from the packets.",
      advice: "Trim or pad the audio to the video.", ideal: 0
    ) { input in
      input.audio { stream, _ in
        guard let offset = input.probe.audioEndOffset, let end = input.probe.video?.counted?.end,
          let audioEnd = stream.counted?.end
        else { return noVideo }
        return .measured(
          .number(offset.magnitude.decimalSeconds),
          offset == .zero ? nil : "audio ends \(offset < .zero ? "before" : "after") the video",
          at: [Interval(start: min(end, audioEnd), end: max(end, audioEnd))])
      }
    },
  ]
}
