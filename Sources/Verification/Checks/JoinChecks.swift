import Presets
import Probing
import Timing

extension CheckCatalogue {
  private static let noJoins = Measurement.notRun("no joins given")

  /// Defects at the joins in the request, where thresholds are lower than elsewhere in the video.
  static let joins: [Check] = [
    Check(
      "join.duplicates", "repeated frames at joins", unit: "frames",
      detail: "Frames within three of a join that repeat the one before while the video moves.",
      advice: "Join again with another overlap.", ideal: 0, needs: .sketches
    ) { input in
      nearJoins(input) { frames, series, isNear in
        let found = frames.repeated.filter(isNear)
        return .count(found.count, at: found.map { series.interval($0) })
      }
    },
    Check(
      "join.flashes", "flashes at joins", unit: "frames",
      detail: "Frames within three of a join that are brighter or darker all over than both neighbours.",
      advice: "Match the colours, or join elsewhere.", ideal: 0, needs: .sketches
    ) { input in
      nearJoins(input) { frames, series, isNear in flashes(frames.flashes.filter { isNear($0.index) }, series) }
    },
    Check(
      "join.level_step", "brightness step at joins", unit: "code values",
      detail: "Greatest lasting step of the whole frame's luma or chroma at a join that is no cut.",
      advice: "Match the colours of the shots.", needs: .sketches
    ) { input in
      nearJoins(input) { frames, series, isNear in
        let steps = frames.steps.filter { isNear($0.index) }
        let largest = steps.map { max(abs($0.luma), $0.chroma) }.max() ?? 0
        return .measured(.number(rounded(largest)), at: steps.map { series.interval($0.index) })
      }
    },
    Check(
      "join.gaps", "audio dropouts at joins", unit: "places",
      detail: "Dropouts of 4-60 ms within 0.12 s of a join, 18 dB or more below the audio on both sides.",
      advice: "Join the audio with a crossfade.", ideal: 0, needs: .samples
    ) { input in
      let joins = input.expectation.joins
      guard !joins.isEmpty else { return noJoins }
      guard input.probe.audio != nil else { return .notRun("no audio") }
      return input.decodedAudio { audio in
        let times = joins.map(\.time.doubleValue)
        return dropouts(
          audio.dropouts(joins: times).filter { dropout in
            times.contains { abs($0 - dropout.lowerBound) <= AudioReading.joinReach }
          })
      }
    },
  ]

  private static func nearJoins(
    _ input: CheckInput, _ measure: (FrameFindings, FrameSeries, (Int) -> Bool) -> Measurement
  ) -> Measurement {
    let joins = input.expectation.joins
    guard !joins.isEmpty else { return noJoins }
    return input.decodedVideo { frames, series in
      measure(frames, series) { index in
        joins.contains { abs($0.frame - index) <= FrameFindings.joinReach }
      }
    }
  }
}
