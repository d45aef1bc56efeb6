import Libav
import Presets
import Probing
import Timing

extension CheckCatalogue {
  static let videoTiming: [Check] = [
    Check(
      "video.frame_rate", "the frame rate", unit: "1/s, as a fraction",
      detail: "The exact rate that explains the pictures' times; the mean when they are uneven.",
      advice: "Generate or encode it again at the rate that is asked for."
    ) { evidence in
      evidence.pictures { _, counted in
        guard let timing = counted.timing, timing.frameCount > 0, let rate = timing.rate else {
          return .unknown("The pictures carry no times.")
        }
        return .measured(.string(rate.description))
      }
    },
    Check(
      "video.frame_rate.constant", "an even frame rate", unit: "yes/no",
      detail: "Whether every picture lies within one tick of the time base of where the rate puts it.",
      advice: "Encode it again at a constant rate.", ideal: true
    ) { evidence in
      evidence.pictures { _, counted in
        guard let timing = counted.timing, timing.rate != nil, timing.frameCount > 0 else {
          return .unknown("The pictures carry no times.")
        }
        if timing.isConstant { return .measured(true) }
        return .measured(
          false, "Pictures are up to \(timing.worstDeviation.decimalSeconds) s off an even rate.")
      }
    },
    Check(
      "video.frame_count", "the number of pictures", unit: "pictures",
      detail: "Pictures decoded; packets that are shown where no rule needs every picture.",
      advice: "Compare it with the shots it was made from."
    ) { evidence in
      evidence.pictures { _, counted in
        .measured(.integer(Int64(evidence.decodedPictures ?? counted.shownPackets)))
      }
    },
    Check(
      "video.frame_count.consistent", "agreement on the number of pictures", unit: "yes/no",
      detail: "Whether the header's count, the packets and the decoded pictures agree.",
      advice: "Rewrap or fetch it again: pictures are missing, or the header is wrong.", ideal: true, needs: .pictures
    ) { evidence in
      evidence.pictures { stream, counted in
        let header = stream.info.frameCountFromHeader.map { $0 == Int64(counted.packets) } ?? true
        let decoded = evidence.decodedTally.map { agrees($0, with: counted) } ?? true
        guard !(header && decoded) else { return .measured(true) }
        let told = stream.info.frameCountFromHeader.map { "the header says \($0), " } ?? ""
        let seen = evidence.decodedTally.map { ", decoding gave \($0.frames)" } ?? ""
        return .measured(
          false,
          "On the number of pictures \(told)the packets hold \(counted.packets)"
            + " of which \(counted.shownPackets) are shown\(seen).")
      }
    },
    Check(
      "video.duration", "the picture's length", unit: "s",
      detail: "From the first picture's start to the last one's end.",
      advice: "Generate it again at the length that is asked for."
    ) { evidence in
      evidence.pictures { _, counted in
        counted.duration.map { .seconds($0) } ?? .unknown("The pictures carry no times.")
      }
    },
    Check(
      "video.start_time", "the picture's start", unit: "s", detail: "Time of the first picture that is shown.",
      advice: "Rewrap it so that the picture starts at 0.", ideal: 0
    ) { evidence in
      evidence.pictures { _, counted in
        counted.start.map { .seconds($0) } ?? .unknown("The pictures carry no times.")
      }
    },
    Check(
      "video.opens_with_idr", "the opening picture", unit: "yes/no",
      detail:
        "Whether an H.264 or HEVC stream opens with an IDR picture, so that it can be joined without re-encoding.",
      advice: "Encode it again with closed groups of pictures.", ideal: true
    ) { evidence in
      evidence.pictures { stream, counted in
        guard let opens = counted.opensWithIDR else {
          return .unknown("IDR pictures are known in H.264 and HEVC only, and this is \(stream.info.codecName).")
        }
        return .measured(.bool(opens), opens ? nil : "The first picture is no IDR picture.")
      }
    },
    Check(
      "video.gop.max", "the longest group of pictures", unit: "pictures",
      detail: "Most packets from one key packet to the next.",
      advice: "Encode it with key pictures closer together."
    ) { evidence in
      evidence.pictures { _, counted in
        counted.gopLengths.max().map { .measured(.integer(Int64($0))) }
          ?? .absent("There is no key picture. Encode it again.")
      }
    },
    Check(
      "video.gop.seconds", "the longest group of pictures", unit: "s",
      detail: "Most packets from one key packet to the next, times the frame's length.",
      advice: "Encode it with key pictures closer together."
    ) { evidence in
      evidence.pictures { _, counted in
        guard let longest = counted.gopLengths.max(), let rate = counted.timing?.rate else {
          return .unknown("The pictures carry no times.")
        }
        return .seconds(rate.duration(frames: longest))
      }
    },
    Check(
      "video.gop.closed", "closed groups of pictures", unit: "yes/no",
      detail: "Whether no picture that is shown before a key picture needs pictures before it.",
      advice: "Encode it again with closed groups of pictures.", ideal: true
    ) { evidence in
      evidence.pictures { _, counted in
        guard let order = counted.order else { return .unknown("The pictures carry no times.") }
        return .measured(
          .bool(order.openGroups == 0),
          order.openGroups == 0 ? nil : "\(order.openGroups) groups of pictures are open.")
      }
    },
    Check(
      "video.b_frames", "B pictures in a row", unit: "pictures",
      detail: "Most pictures in a row, as shown, that are decoded after a picture shown later.",
      advice: "Encode it with fewer B pictures."
    ) { evidence in
      evidence.pictures { _, counted in
        counted.order.map { .measured(.integer(Int64($0.longestBRun))) } ?? .unknown("The pictures carry no times.")
      }
    },
    Check(
      "video.reorder", "the depth of reordering", unit: "pictures",
      detail: "Pictures that a decoder must hold back so that they come out in order.",
      advice: "Encode it with fewer B pictures."
    ) { evidence in
      evidence.pictures { _, counted in
        counted.order.map { .measured(.integer(Int64($0.reorderDepth))) } ?? .unknown("The pictures carry no times.")
      }
    },
    Check(
      "video.bit_rate", "the picture's bit rate", unit: "bit/s",
      detail: "Bytes of the picture's packets over their measured length.",
      advice: "Encode it again for the rate that is asked for."
    ) { evidence in
      evidence.pictures { _, counted in bitRate(counted) }
    },
  ]

  static func bitRate(_ counted: ProbeReport.Counted) -> Measurement {
    guard let duration = counted.duration, duration.isPositive else { return .unknown("The length is not known.") }
    return .measured(.integer((Rational(counted.bytes) * 8 / duration).rounded))
  }

  /// Two fields may come in two packets and decode to one picture.
  private static func agrees(_ tally: DecodeTally, with counted: ProbeReport.Counted) -> Bool {
    tally.frames == counted.shownPackets
      || tally.interlacedFrames == tally.frames && 2 * tally.frames == counted.shownPackets
  }
}
