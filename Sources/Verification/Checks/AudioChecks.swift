import Libav
import Presets
import Probing
import Timing

extension CheckCatalogue {
  static let audio: [Check] = [
    Check(
      "audio.present", "audio", unit: "yes/no", detail: "Whether there is a audio track that can be decoded.",
      advice: "Generate it again with audio.", ideal: true
    ) { evidence in
      .measured(.bool(evidence.probe.audio != nil), evidence.probe.audio == nil ? "There is no audio." : nil)
    },
    Check(
      "audio.tracks", "the number of audio tracks", unit: "tracks", detail: "Audio streams of any kind.",
      advice: "Rewrap the file with the tracks that are asked for."
    ) { evidence in .measured(.integer(Int64(evidence.probe.streams.count { $0.info.kind == .audio }))) },
    Check(
      "audio.codec", "the audio's codec", unit: "name", detail: "libav's name of the codec, such as aac.",
      advice: "Encode the audio with a codec that is allowed."
    ) { evidence in evidence.audio { stream, _ in .measured(.string(stream.info.codecName)) } },
    Check(
      "audio.sample_rate", "the sample rate", unit: "Hz", detail: "Samples of one channel in a second.",
      advice: "Resample the audio."
    ) { evidence in evidence.audio { _, audio in .measured(.integer(Int64(audio.sampleRate))) } },
    Check(
      "audio.channels", "the number of channels", unit: "channels", detail: "Channels of the main audio track.",
      advice: "Mix the audio to the channels that are asked for."
    ) { evidence in evidence.audio { _, audio in .measured(.integer(Int64(audio.channels))) } },
    Check(
      "audio.channel_layout", "the channel layout", unit: "name", detail: "libav's description, such as stereo.",
      advice: "Mix the audio to the layout that is asked for."
    ) { evidence in
      evidence.audio { _, audio in
        audio.channelLayout.map { .measured(.string($0)) } ?? .unknown("The file does not name the channels.")
      }
    },
    Check(
      "audio.bit_rate", "the audio's bit rate", unit: "bit/s",
      detail: "Bytes of the audio's packets over their measured length.",
      advice: "Encode the audio again for the rate that is asked for."
    ) { evidence in
      evidence.audio { stream, _ in
        stream.counted.map { bitRate($0) } ?? .unknown("The packets were not counted.")
      }
    },
    Check(
      "audio.start", "the audio's start against the frame", unit: "s",
      detail: "Start of the audio minus start of the frame; negative when the audio comes first.",
      advice: "Trim or pad the audio to the frame.", ideal: 0
    ) { evidence in
      evidence.audio { _, _ in
        evidence.probe.audioStartOffset.map { .seconds($0) }
          ?? .absent("There is no frame to compare the audio with.")
      }
    },
    Check(
      "audio.length", "the gap between the ends of audio and frame", unit: "s",
      detail: "|end of the audio - end of the frame|, from the packets.",
      advice: "Trim or pad the audio to the frame.", ideal: 0
    ) { evidence in
      evidence.audio { stream, _ in
        guard let offset = evidence.probe.audioEndOffset, let end = evidence.probe.video?.counted?.end,
          let audioEnd = stream.counted?.end
        else { return .absent("There is no frame to compare the audio with.") }
        let words = offset < .zero ? "before" : "after"
        return .measured(
          .number(offset.magnitude.decimalSeconds),
          "The audio ends \(offset.magnitude.decimalSeconds) s \(words) the frame.",
          at: [Interval(start: min(end, audioEnd), end: max(end, audioEnd))])
      }
    },
  ]
}
