import Foundation
import Loudness
import Presets
import Timing

extension CheckCatalogue {
  /// dBFS: audio whose RMS stays below counts as silence; the absolute gate of EBU R 128 has the same number.
  static let silenceLevel = -70.0
  /// dBFS: level of a channel beside which a silent one counts as dead.
  private static let activeLevel = -50.0

  private static let notStereo = Measurement.notRun("not stereo")

  /// Content of the decoded audio.
  static let audioContent: [Check] = [
    loudness(
      "audio.loudness.integrated", "integrated loudness", unit: "LUFS",
      detail: "Gated loudness of the whole track by EBU R 128 and ITU-R BS.1770-5."
    ) { $0.integrated },
    loudness(
      "audio.loudness.range", "loudness range", unit: "LU", detail: "By EBU Tech 3342; not known under three seconds."
    ) { $0.range },
    loudness(
      "audio.loudness.momentary_max", "maximum momentary loudness", unit: "LUFS", detail: "Windows of 400 ms."
    ) { $0.maximumMomentary },
    loudness(
      "audio.loudness.short_term_max", "maximum short-term loudness", unit: "LUFS", detail: "Windows of 3 s."
    ) { $0.maximumShortTerm },
    loudness(
      "audio.true_peak", "true peak", unit: "dBTP",
      detail: "Highest peak of all channels, four times oversampled, by ITU-R BS.1770-5 annex 2."
    ) { $0.truePeak },
    Check(
      "audio.peak", "sample peak", unit: "dBFS",
      detail: "Greatest magnitude of a decoded sample, not oversampled.", advice: "Lower the audio.", needs: .samples
    ) { input in input.decodedAudio { decibels($0.peakDecibels) } },
    Check(
      "audio.rms", "audio RMS level", unit: "dBFS",
      detail: "Root mean square of all samples of all channels over the whole track.",
      advice: "Raise or lower the audio.", needs: .samples
    ) { input in input.decodedAudio { decibels($0.rmsDecibels) } },
    Check(
      "audio.silent", "audio track", unit: "yes/no",
      detail: "Whether the RMS level of the whole track lies below \(Int(silenceLevel)) dBFS.",
      advice: "Regenerate with audio.", ideal: false, states: ("silent", "not silent"), needs: .samples
    ) { input in
      input.decodedAudio { audio in
        let level = audio.rmsDecibels
        let isSilent = (level ?? -.infinity) < silenceLevel
        let text = level.map { "RMS \(Check.decimal(hundredth($0))) dBFS" } ?? "digital silence"
        return .measured(.bool(isSilent), isSilent ? text : nil)
      }
    },
    Check(
      "audio.silence", "longest silence", unit: "s",
      detail: "Longest section of 1 s or more with all channels below -60 dBFS; 0 for none.",
      advice: "Listen to that part; regenerate it if it should not be silent.", ideal: 0, needs: .samples
    ) { input in input.decodedAudio { longest(of: $0.silences.map { Interval($0) }) } },
    Check(
      "audio.gaps", "audio dropouts", unit: "places",
      detail: "Dropouts of 5-40 ms, 30 dB or more below the audio on both sides, with sharp edges.",
      advice: "Join or regenerate the audio there.", ideal: 0, needs: .samples
    ) { input in input.decodedAudio { dropouts($0.dropouts(joins: [])) } },
    Check(
      "audio.clipping", "clipped peaks", unit: "places",
      detail: "Runs of three samples or more of a channel at full scale.",
      advice: "Lower the audio before encoding.", ideal: 0, needs: .samples
    ) { input in
      input.decodedAudio { audio in .count(audio.clippedPeaks, at: audio.clips.map { Interval($0...$0) }) }
    },
    Check(
      "audio.phase", "stereo correlation", unit: "-1 to 1",
      detail: "Of left and right over the whole track; below 0 the channels cancel out in mono.",
      advice: "Invert the polarity of one channel.", needs: .samples
    ) { input in
      input.decodedAudio { audio in
        guard audio.channelEnergy.count == 2 else { return notStereo }
        return audio.correlation.map { .measured(.number(rounded(Float($0)))) }
          ?? .notRun("a channel is digital silence")
      }
    },
    Check(
      "audio.channels.dead", "dead channels", unit: "channels",
      detail: "Channels below \(Int(silenceLevel)) dBFS while another is above \(Int(activeLevel)) dBFS.",
      advice: "Mix the audio again.", ideal: 0, needs: .samples
    ) { input in
      input.decodedAudio { audio in
        let levels = audio.channelEnergy.map { $0 > 0 ? 10 * log10($0) : -.infinity }
        let isActive = levels.contains { $0 > activeLevel }
        let dead = isActive ? levels.count { $0 < silenceLevel } : 0
        return .count(dead, dead == 0 ? nil : "of \(levels.count) channels")
      }
    },
    Check(
      "audio.channels.identical", "stereo channels", unit: "yes/no",
      detail: "Whether both channels of stereo audio are the same to a 16-bit step.",
      advice: "Deliver as mono, or mix in stereo.", ideal: false, states: ("identical", "different"), needs: .samples
    ) { input in
      input.decodedAudio { audio in
        audio.channelEnergy.count == 2 ? .measured(.bool(audio.isIdentical)) : notStereo
      }
    },
  ]

  static func dropouts(_ found: [ClosedRange<Double>]) -> Measurement {
    let longest = found.map { $0.upperBound - $0.lowerBound }.max()
    return .count(
      found.count, longest.map { "longest \(Int(($0 * 1000).rounded())) ms" }, at: found.map { Interval($0) })
  }

  private static func hundredth(_ value: Double) -> Double { (value * 100).rounded() / 100 }

  private static func decibels(_ value: Double?) -> Measurement {
    value.map { .measured(.number(hundredth($0))) } ?? .unknown("digital silence")
  }

  private static func loudness(
    _ id: String, _ title: String, unit: String, detail: String,
    _ value: @escaping @Sendable (LoudnessReading) -> Double?
  ) -> Check {
    Check(
      id, title, unit: unit, detail: detail, advice: "Normalise the audio to an allowed level.", needs: .loudness
    ) { input in
      input.decodedAudio { audio in
        if let error = audio.loudnessError { return .unknown(error) }
        guard let reading = audio.loudness else { return .notRun("no rule needs loudness") }
        return value(reading).map { .measured(.number(hundredth($0))) }
          ?? .unknown("audio too quiet or too short")
      }
    }
  }
}
