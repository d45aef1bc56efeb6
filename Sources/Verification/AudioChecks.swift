import Libav
import Presets
import Probing
import Timing

extension CheckCatalogue {
  static let audio: [Check] = [
    Check(
      "audio.present", "sound", unit: "yes/no", detail: "Whether there is a sound track that can be decoded.",
      advice: "Generate it again with sound.", ideal: true
    ) { evidence in
      .measured(.bool(evidence.probe.audio != nil), evidence.probe.audio == nil ? "There is no sound." : nil)
    },
    Check(
      "audio.tracks", "the number of sound tracks", unit: "tracks", detail: "Audio streams of any kind.",
      advice: "Rewrap the file with the tracks that are asked for."
    ) { evidence in .measured(.integer(Int64(evidence.probe.streams.count { $0.info.kind == .audio }))) },
    Check(
      "audio.codec", "the sound's codec", unit: "name", detail: "libav's name of the codec, such as aac.",
      advice: "Encode the sound with a codec that is allowed."
    ) { evidence in evidence.audio { stream, _ in .measured(.string(stream.info.codecName)) } },
    Check(
      "audio.sample_rate", "the sample rate", unit: "Hz", detail: "Samples of one channel in a second.",
      advice: "Resample the sound."
    ) { evidence in evidence.audio { _, audio in .measured(.integer(Int64(audio.sampleRate))) } },
    Check(
      "audio.channels", "the number of channels", unit: "channels", detail: "Channels of the main sound track.",
      advice: "Mix the sound to the channels that are asked for."
    ) { evidence in evidence.audio { _, audio in .measured(.integer(Int64(audio.channels))) } },
    Check(
      "audio.channel_layout", "the channel layout", unit: "name", detail: "libav's description, such as stereo.",
      advice: "Mix the sound to the layout that is asked for."
    ) { evidence in
      evidence.audio { _, audio in
        audio.channelLayout.map { .measured(.string($0)) } ?? .unknown("The file does not name the channels.")
      }
    },
    Check(
      "audio.bit_rate", "the sound's bit rate", unit: "bit/s",
      detail: "Bytes of the sound's packets over their measured length.",
      advice: "Encode the sound again for the rate that is asked for."
    ) { evidence in
      evidence.audio { stream, _ in
        stream.counted.map { bitRate($0) } ?? .unknown("The packets were not counted.")
      }
    },
    Check(
      "audio.start", "the sound's start against the picture", unit: "s",
      detail: "Start of the sound minus start of the picture; negative when the sound comes first.",
      advice: "Trim or pad the sound to the picture.", ideal: 0
    ) { evidence in
      evidence.audio { _, _ in
        evidence.probe.audioStartOffset.map { .seconds($0) }
          ?? .absent("There is no picture to compare the sound with.")
      }
    },
    Check(
      "audio.length", "the gap between the ends of sound and picture", unit: "s",
      detail: "|end of the sound - end of the picture|, from the packets.",
      advice: "Trim or pad the sound to the picture.", ideal: 0
    ) { evidence in
      evidence.audio { stream, _ in
        guard let offset = evidence.probe.audioEndOffset, let end = evidence.probe.video?.counted?.end,
          let soundEnd = stream.counted?.end
        else { return .absent("There is no picture to compare the sound with.") }
        let words = offset < .zero ? "before" : "after"
        return .measured(
          .number(offset.magnitude.decimalSeconds),
          "The sound ends \(offset.magnitude.decimalSeconds) s \(words) the picture.",
          at: [Interval(start: min(end, soundEnd), end: max(end, soundEnd))])
      }
    },
  ]
}
