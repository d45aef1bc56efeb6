import Libav
import Presets
import Probing
import Timing

extension CheckCatalogue {
  static let noTimestamps = Measurement.unknown("frames without timestamps")

  static let videoTiming: [Check] = [
    Check(
      "video.frame_rate", "frame rate", unit: "1/s, as a fraction",
      detail: "The exact rate that fits the timestamps; the mean when they are uneven.",
      advice: "Regenerate or re-encode at an allowed frame rate."
    ) { input in
      input.videoPackets { _, counted in
        guard let timing = counted.timing, timing.frameCount > 0, let rate = timing.rate else { return noTimestamps }
        return .measured(.string(rate.description))
      }
    },
    Check(
      "video.frame_rate.constant", "frame rate", unit: "yes/no",
      detail: "Whether every timestamp lies within one tick of the time base of a constant frame rate.",
      advice: "Re-encode at a constant frame rate.", ideal: true, states: ("constant", "variable")
    ) { input in
      input.videoPackets { _, counted in
        guard let timing = counted.timing, timing.rate != nil, timing.frameCount > 0 else { return noTimestamps }
        if timing.isConstant { return .measured(true) }
        return .measured(
          false, "timestamps up to \(Check.decimal(timing.worstDeviation.decimalSeconds)) s off a constant rate")
      }
    },
    Check(
      "video.frame_count", "frame count", unit: "frames",
      detail: "Decoded frames; presented packets where no rule needs every frame.",
      advice: "Compare it with the shots it was made from."
    ) { input in input.videoPackets { _, counted in .count(input.decodedFrames ?? counted.shownPackets) } },
    Check(
      "video.frame_count.consistent", "frame counts", unit: "yes/no",
      detail: "Whether the header's frame count, the packets and the decoded frames agree.",
      advice: "Remux or download the file again: frames are missing, or the header is wrong.", ideal: true,
      states: ("equal", "different"), needs: .frames
    ) { input in
      input.videoPackets { stream, counted in
        let header = stream.info.frameCountFromHeader.map { $0 == Int64(counted.packets) } ?? true
        let decoded = input.allFramesDecoded.map { agrees($0, with: counted) } ?? true
        guard !(header && decoded) else { return .measured(true) }
        let counts = [
          stream.info.frameCountFromHeader.map { "header \($0)" }, "packets \(counted.packets)",
          "presented \(counted.shownPackets)", input.allFramesDecoded.map { "decoded \($0.frames)" },
        ]
        return .measured(false, counts.compactMap(\.self).joined(separator: ", "))
      }
    },
    Check(
      "video.duration", "video duration", unit: "s",
      detail: "From the start of the first frame to the end of the last.",
      advice: "Regenerate at an allowed duration."
    ) { input in input.videoPackets { _, counted in counted.duration.map { .seconds($0) } ?? noTimestamps } },
    Check(
      "video.start_time", "video start time", unit: "s", detail: "Timestamp of the first presented frame.",
      advice: "Remux so that the video starts at 0.", ideal: 0
    ) { input in input.videoPackets { _, counted in counted.start.map { .seconds($0) } ?? noTimestamps } },
    Check(
      "video.opens_with_idr", "first frame", unit: "yes/no",
      detail: "Whether an H.264 or HEVC stream starts with an IDR frame, so that it can be joined without re-encoding.",
      advice: "Re-encode with closed GOPs.", ideal: true, states: ("IDR", "not IDR")
    ) { input in
      input.videoPackets { stream, counted in
        counted.opensWithIDR.map { .measured(.bool($0)) }
          ?? .unknown("IDR frames exist in H.264 and HEVC only, codec \(stream.info.codecName)")
      }
    },
    Check(
      "video.gop.max", "GOP length", unit: "frames",
      detail: "Most packets from one keyframe to the next.", advice: "Re-encode with a shorter keyframe interval."
    ) { input in
      input.videoPackets { _, counted in counted.gopLengths.max().map { .count($0) } ?? .absent("no keyframe") }
    },
    Check(
      "video.gop.seconds", "GOP duration", unit: "s",
      detail: "Most packets from one keyframe to the next, times the frame duration.",
      advice: "Re-encode with a shorter keyframe interval."
    ) { input in
      input.videoPackets { _, counted in
        guard let longest = counted.gopLengths.max(), let rate = counted.timing?.rate else { return noTimestamps }
        return .seconds(rate.duration(frames: longest))
      }
    },
    Check(
      "video.gop.closed", "GOPs", unit: "yes/no",
      detail: "Whether no frame presented before a keyframe refers to frames before it.",
      advice: "Re-encode with closed GOPs.", ideal: true, states: ("closed", "open")
    ) { input in
      input.videoPackets { _, counted in
        guard let order = counted.order else { return noTimestamps }
        return .measured(
          .bool(order.openGOPs == 0), order.openGOPs == 0 ? nil : "\(order.openGOPs) open")
      }
    },
    Check(
      "video.b_frames", "consecutive B-frames", unit: "frames",
      detail: "Most frames in a row, in presentation order, that are decoded after a later one.",
      advice: "Re-encode with fewer B-frames."
    ) { input in input.videoPackets { _, counted in counted.order.map { .count($0.longestBRun) } ?? noTimestamps } },
    Check(
      "video.reorder", "reorder depth", unit: "frames",
      detail: "Frames that a decoder must hold back to output them in presentation order.",
      advice: "Re-encode with fewer B-frames."
    ) { input in input.videoPackets { _, counted in counted.order.map { .count($0.reorderDepth) } ?? noTimestamps } },
    Check(
      "video.bit_rate", "video bit rate", unit: "bit/s",
      detail: "Bytes of the video packets over their measured duration.",
      advice: "Re-encode for an allowed bit rate."
    ) { input in input.videoPackets { _, counted in bitRate(counted) } },
  ]

  static func bitRate(_ counted: ProbeReport.Counted) -> Measurement {
    guard let duration = counted.duration, duration.isPositive else { return .unknown("duration unknown") }
    guard let rate = (Rational(counted.bytes) * 8 / duration).rounded else {
      return .unknown("bit rate out of range")
    }
    return .measured(.integer(rate))
  }

  /// Two fields may come in two packets and decode to one frame.
  private static func agrees(_ decoding: DecodeStatistics, with counted: ProbeReport.Counted) -> Bool {
    decoding.frames == counted.shownPackets
      || decoding.interlacedFrames == decoding.frames && 2 * decoding.frames == counted.shownPackets
  }
}
