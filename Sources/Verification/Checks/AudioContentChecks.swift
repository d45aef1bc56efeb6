import Foundation
import Loudness
import Presets
import Timing

extension CheckCatalogue {
  /// Audio whose root mean square stays below this many dB of full scale counts as silence; the number is that of the
  /// absolute gate of EBU R 128.
  static let silenceLevel = -70.0
  /// dB of full scale: a channel that is heard beside a dead one.
  private static let heardLevel = -50.0

  /// What is heard in the audio itself.
  static let audioContent: [Check] = [
    loudness(
      "audio.loudness.integrated", "the integrated loudness", unit: "LUFS",
      detail: "Gated loudness of the whole track by EBU R 128 and ITU-R BS.1770-4."
    ) { $0.integrated },
    loudness(
      "audio.loudness.range", "the loudness range", unit: "LU",
      detail: "By EBU Tech 3342; not known under three seconds."
    ) { $0.range },
    loudness(
      "audio.loudness.momentary_max", "the loudest moment", unit: "LUFS",
      detail: "Maximum momentary loudness: windows of 400 ms."
    ) { $0.maximumMomentary },
    loudness(
      "audio.loudness.short_term_max", "the loudest three seconds", unit: "LUFS",
      detail: "Maximum short-term loudness: windows of 3 s."
    ) { $0.maximumShortTerm },
    loudness(
      "audio.true_peak", "the true peak", unit: "dBTP",
      detail: "Highest peak of all channels, four times oversampled, by ITU-R BS.1770-4 annex 2."
    ) { $0.truePeak },
    Check(
      "audio.peak", "the loudest sample", unit: "dB of full scale",
      detail: "Greatest magnitude of a decoded sample, not oversampled.", advice: "Lower the audio.", needs: .samples
    ) { evidence in evidence.listened { decibels($0.peakDecibels) } },
    Check(
      "audio.rms", "the audio's mean level", unit: "dB of full scale",
      detail: "Root mean square of all samples of all channels over the whole track.",
      advice: "Raise or lower the audio.", needs: .samples
    ) { evidence in evidence.listened { decibels($0.rmsDecibels) } },
    Check(
      "audio.silent", "silence of the whole track", unit: "yes/no",
      detail: "Whether the root mean square of the whole track lies below \(Int(silenceLevel)) dB of full scale.",
      advice: "Generate it again with audio.", ideal: false, needs: .samples
    ) { evidence in
      evidence.listened { audio in
        let isSilent = (audio.rmsDecibels ?? -.infinity) < silenceLevel
        return .measured(.bool(isSilent), isSilent ? "There is a audio track, and nothing is heard on it." : nil)
      }
    },
    Check(
      "audio.silence", "the longest silence", unit: "s",
      detail: "Longest stretch of 1 s or more in which all channels stay below -60 dB of full scale; 0 for none.",
      advice: "Look whether that part should be silent.", ideal: 0, needs: .samples
    ) { evidence in
      evidence.listened { stretches($0.silences.map { Interval($0) }, "It is silent") }
    },
    Check(
      "audio.gaps", "holes in the audio", unit: "places",
      detail:
        "Holes of 5-40 ms, 30 dB or more below the audio that goes on at both sides, with sharp edges.",
      advice: "Join or generate the audio there again.", ideal: 0, needs: .samples
    ) { evidence in evidence.listened { gaps($0.holes(joins: [])) } },
    Check(
      "audio.clipping", "clipped peaks", unit: "places",
      detail: "Runs of three samples or more of a channel at full scale.",
      advice: "Lower the audio before it is encoded.", ideal: 0, needs: .samples
    ) { evidence in
      evidence.listened { audio in
        .measured(
          .integer(Int64(audio.clippedPeaks)),
          audio.clippedPeaks == 0 ? nil : "The audio stands at full scale in \(places(audio.clippedPeaks)).",
          at: audio.clips.map { Interval($0...$0) })
      }
    },
    Check(
      "audio.phase", "the correlation of left and right", unit: "-1 to 1",
      detail: "Over the whole track of stereo audio; below 0 the channels cancel out in mono.",
      advice: "Turn the polarity of one channel.", needs: .samples
    ) { evidence in
      evidence.listened { audio in
        guard audio.channelEnergy.count == 2 else { return .notRun("The audio is not stereo.") }
        return audio.correlation.map { .measured(.number(rounded(Float($0)))) }
          ?? .notRun("A channel is digital silence.")
      }
    },
    Check(
      "audio.channels.dead", "dead channels", unit: "channels",
      detail: "Channels below \(Int(silenceLevel)) dB of full scale while another is above \(Int(heardLevel)) dB.",
      advice: "Mix the audio again.", ideal: 0, needs: .samples
    ) { evidence in
      evidence.listened { audio in
        let levels = audio.channelEnergy.map { $0 > 0 ? 10 * log10($0) : -.infinity }
        let isHeard = levels.contains { $0 > heardLevel }
        let dead = isHeard ? levels.count { $0 < silenceLevel } : 0
        return .measured(
          .integer(Int64(dead)), dead == 0 ? nil : "Nothing is heard on \(dead) of \(levels.count) channels.")
      }
    },
    Check(
      "audio.channels.identical", "mono audio on two channels", unit: "yes/no",
      detail: "Whether both channels of stereo audio are the same to a 16-bit step.",
      advice: "Deliver it as mono, or mix it in stereo.", ideal: false, needs: .samples
    ) { evidence in
      evidence.listened { audio in
        guard audio.channelEnergy.count == 2 else { return .notRun("The audio is not stereo.") }
        return .measured(.bool(audio.isIdentical), audio.isIdentical ? "Both channels are the same." : nil)
      }
    },
  ]

  static func gaps(_ holes: [ClosedRange<Double>]) -> Measurement {
    .measured(
      .integer(Int64(holes.count)),
      holes.isEmpty ? nil : "The audio has a hole of some milliseconds in \(places(holes.count)).",
      at: holes.map { Interval($0) })
  }

  private static func decibels(_ value: Double?) -> Measurement {
    value.map { .measured(.number(($0 * 100).rounded() / 100)) } ?? .unknown("The audio is digital silence.")
  }

  private static func loudness(
    _ id: String, _ title: String, unit: String, detail: String,
    _ value: @escaping @Sendable (LoudnessReading) -> Double?
  ) -> Check {
    Check(
      id, title, unit: unit, detail: detail, advice: "Normalise the audio to the level that is asked for.",
      needs: .loudness
    ) { evidence in
      evidence.listened { audio in
        if let fault = audio.loudnessFault { return .unknown("It cannot be measured: \(fault).") }
        guard let reading = audio.loudness else { return .notRun("No rule asks for loudness.") }
        return value(reading).map { .measured(.number(($0 * 100).rounded() / 100)) }
          ?? .unknown("The audio is too quiet or too short for it.")
      }
    }
  }
}
