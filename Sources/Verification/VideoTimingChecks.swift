import Libav
import Presets
import Probing
import Timing

extension CheckCatalogue {
  static let videoTiming: [Check] = [
    Check(
      "video.frame_rate", "the frame rate", unit: "1/s, as a fraction",
      detail: "The exact rate that explains the frames' times; the mean when they are uneven.",
      advice: "Generate or encode it again at the rate that is asked for."
    ) { evidence in
      evidence.frames { _, counted in
        guard let timing = counted.timing, timing.frameCount > 0, let rate = timing.rate else {
          return .unknown("The frames carry no times.")
        }
        return .measured(.string(rate.description))
      }
    },
    Check(
      "video.frame_rate.constant", "an even frame rate", unit: "yes/no",
      detail: "Whether every frame lies within one tick of the time base of where the rate puts it.",
      advice: "Encode it again at a constant rate.", ideal: true
    ) { evidence in
      evidence.frames { _, counted in
        guard let timing = counted.timing, timing.rate != nil, timing.frameCount > 0 else {
          return .unknown("The frames carry no times.")
        }
        if timing.isConstant { return .measured(true) }
        return .measured(
          false, "Frames are up to \(timing.worstDeviation.decimalSeconds) s off an even rate.")
      }
    },
    Check(
      "video.frame_count", "the number of frames", unit: "frames",
      detail: "Frames decoded; packets that are shown where no rule needs every frame.",
      advice: "Compare it with the shots it was made from."
    ) { evidence in
      evidence.frames { _, counted in
        .measured(.integer(Int64(evidence.decodedFrames ?? counted.shownPackets)))
      }
    },
    Check(
      "video.frame_count.consistent", "agreement on the number of frames", unit: "yes/no",
      detail: "Whether the header's count, the packets and the decoded pictures agree.",
      advice: "Rewrap or fetch it again: frames are missing, or the header is wrong.", ideal: true, needs: .frames
    ) { evidence in
      evidence.frames { stream, counted in
        let header = stream.info.frameCountFromHeader.map { $0 == Int64(counted.packets) } ?? true
        let decoded = evidence.decodedTally.map { agrees($0, with: counted) } ?? true
        guard !(header && decoded) else { return .measured(true) }
        let told = stream.info.frameCountFromHeader.map { "the header says \($0), " } ?? ""
        let seen = evidence.decodedTally.map { ", decoding gave \($0.frames)" } ?? ""
        return .measured(
          false,
          "On the number of frames \(told)the packets hold \(counted.packets)"
            + " of which \(counted.shownPackets) are shown\(seen).")
      }
    },
    Check(
      "video.duration", "the frame's length", unit: "s",
      detail: "From the first frame's start to the last one's end.",
      advice: "Generate it again at the length that is asked for."
    ) { evidence in
      evidence.frames { _, counted in
        counted.duration.map { .seconds($0) } ?? .unknown("The frames carry no times.")
      }
    },
    Check(
      "video.start_time", "the frame's start", unit: "s", detail: "Time of the first frame that is shown.",
      advice: "Rewrap it so that the frame starts at 0.", ideal: 0
    ) { evidence in
      evidence.frames { _, counted in
        counted.start.map { .seconds($0) } ?? .unknown("The frames carry no times.")
      }
    },
    Check(
      "video.opens_with_idr", "the opening frame", unit: "yes/no",
      detail:
        "Whether an H.264 or HEVC stream opens with an IDR frame, so that it can be joined without re-encoding.",
      advice: "Encode it again with closed GOPs.", ideal: true
    ) { evidence in
      evidence.frames { stream, counted in
        guard let opens = counted.opensWithIDR else {
          return .unknown("IDR frames are known in H.264 and HEVC only, and this is \(stream.info.codecName).")
        }
        return .measured(.bool(opens), opens ? nil : "The first frame is no IDR frame.")
      }
    },
    Check(
      "video.gop.max", "the longest GOP", unit: "frames",
      detail: "Most packets from one key packet to the next.",
      advice: "Encode it with keyframes closer together."
    ) { evidence in
      evidence.frames { _, counted in
        counted.gopLengths.max().map { .measured(.integer(Int64($0))) }
          ?? .absent("There is no keyframe. Encode it again.")
      }
    },
    Check(
      "video.gop.seconds", "the longest GOP", unit: "s",
      detail: "Most packets from one key packet to the next, times the frame's length.",
      advice: "Encode it with keyframes closer together."
    ) { evidence in
      evidence.frames { _, counted in
        guard let longest = counted.gopLengths.max(), let rate = counted.timing?.rate else {
          return .unknown("The frames carry no times.")
        }
        return .seconds(rate.duration(frames: longest))
      }
    },
    Check(
      "video.gop.closed", "closed GOPs", unit: "yes/no",
      detail: "Whether no frame that is shown before a keyframe needs frames before it.",
      advice: "Encode it again with closed GOPs.", ideal: true
    ) { evidence in
      evidence.frames { _, counted in
        guard let order = counted.order else { return .unknown("The frames carry no times.") }
        return .measured(
          .bool(order.openGOPs == 0),
          order.openGOPs == 0 ? nil : "\(order.openGOPs) GOPs are open.")
      }
    },
    Check(
      "video.b_frames", "B frames in a row", unit: "frames",
      detail: "Most frames in a row, as shown, that are decoded after a frame shown later.",
      advice: "Encode it with fewer B frames."
    ) { evidence in
      evidence.frames { _, counted in
        counted.order.map { .measured(.integer(Int64($0.longestBRun))) } ?? .unknown("The frames carry no times.")
      }
    },
    Check(
      "video.reorder", "the depth of reordering", unit: "frames",
      detail: "Frames that a decoder must hold back so that they come out in order.",
      advice: "Encode it with fewer B frames."
    ) { evidence in
      evidence.frames { _, counted in
        counted.order.map { .measured(.integer(Int64($0.reorderDepth))) } ?? .unknown("The frames carry no times.")
      }
    },
    Check(
      "video.bit_rate", "the frame's bit rate", unit: "bit/s",
      detail: "Bytes of the frame's packets over their measured length.",
      advice: "Encode it again for the rate that is asked for."
    ) { evidence in
      evidence.frames { _, counted in bitRate(counted) }
    },
  ]

  static func bitRate(_ counted: ProbeReport.Counted) -> Measurement {
    guard let duration = counted.duration, duration.isPositive else { return .unknown("The length is not known.") }
    guard let rate = (Rational(counted.bytes) * 8 / duration).rounded else {
      return .unknown("The rate is out of range.")
    }
    return .measured(.integer(rate))
  }

  /// Two fields may come in two packets and decode to one frame.
  private static func agrees(_ tally: DecodeTally, with counted: ProbeReport.Counted) -> Bool {
    tally.frames == counted.shownPackets
      || tally.interlacedFrames == tally.frames && 2 * tally.frames == counted.shownPackets
  }
}
