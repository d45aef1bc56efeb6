import Presets
import Probing
import Timing

extension CheckCatalogue {
  private static let notTold = Measurement.notRun("No joins were declared.")

  /// Defects of joins that were declared; there, less is taken as a defect than elsewhere in the video.
  static let joins: [Check] = [
    Check(
      "join.duplicates", "repeated frames at joins", unit: "frames",
      detail: "Frames within three of a declared join that repeat the one before while the video moves.",
      advice: "Join again with another overlap.", ideal: 0, needs: .sketches
    ) { evidence in
      nearJoins(evidence) { frames, series, isNear in
        let found = frames.repeated.filter(isNear)
        return .measured(
          .integer(Int64(found.count)),
          found.isEmpty ? nil : "At a join, \(found.count) frame\(found.count == 1 ? " is" : "s are") repeated.",
          at: found.map { series.range($0..<($0 + 1)) })
      }
    },
    Check(
      "join.flashes", "flashes at joins", unit: "frames",
      detail: "Frames within three of a declared join that are brighter or darker all over than both neighbours.",
      advice: "Match the colours, or join elsewhere.", ideal: 0, needs: .sketches
    ) { evidence in
      nearJoins(evidence) { frames, series, isNear in flashes(frames.flashes.filter { isNear($0.index) }, series) }
    },
    Check(
      "join.level_step", "the step in brightness at joins", unit: "code values",
      detail: "Greatest lasting step of the whole frame's luma or chroma at a declared join that is no cut.",
      advice: "Match the colours of the shots.", needs: .sketches
    ) { evidence in
      nearJoins(evidence) { frames, series, isNear in
        let steps = frames.steps.filter { isNear($0.index) }
        let worst = steps.map { max(abs($0.luma), $0.chroma) }.max() ?? 0
        return .measured(
          .number(rounded(worst)), nil, at: steps.map { series.range($0.index..<($0.index + 1)) })
      }
    },
    Check(
      "join.gaps", "holes in the audio at joins", unit: "places",
      detail: "Holes of 4-60 ms within 0.12 s of a declared join, 18 dB or more below the audio at both sides.",
      advice: "Join the audio with a crossfade.", ideal: 0, needs: .samples
    ) { evidence in
      let joins = evidence.expectation.joins
      guard !joins.isEmpty else { return notTold }
      guard evidence.probe.audio != nil else { return .notRun("There is no audio.") }
      return evidence.listened { audio in
        let times = joins.map(\.time.doubleValue)
        return gaps(
          audio.holes(joins: times).filter { hole in
            times.contains { abs($0 - hole.lowerBound) <= AudioReading.joinReach }
          })
      }
    },
  ]

  private static func nearJoins(
    _ evidence: Evidence, _ measure: (FrameFindings, FrameSeries, (Int) -> Bool) -> Measurement
  ) -> Measurement {
    let joins = evidence.expectation.joins
    guard !joins.isEmpty else { return notTold }
    return evidence.watched { frames, series in
      measure(frames, series) { index in
        joins.contains { abs($0.frame - index) <= FrameFindings.joinReach }
      }
    }
  }
}
