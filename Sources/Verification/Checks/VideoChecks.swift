import Files
import Libav
import Presets
import Probing
import Timing

extension CheckCatalogue {
  static let video: [Check] = [
    Check(
      "video.present", "video", unit: "yes/no", detail: "Whether there is a video stream that is not a cover image.",
      advice: "Regenerate the clip.", ideal: true, states: presence
    ) { input in .measured(.bool(input.probe.video != nil)) },
    Check(
      "video.tracks", "video tracks", unit: "tracks", detail: "Video streams that are not cover images.",
      advice: "Remux with one video track.", ideal: 1
    ) { input in .count(input.probe.streams.count { $0.info.kind == .video && !$0.info.isAttachedPicture }) },
    Check(
      "video.codec", "codec", unit: "name", detail: "libav's name of the codec, such as h264.",
      advice: "Re-encode with an allowed codec."
    ) { input in input.video { stream, _ in .measured(.string(stream.info.codecName)) } },
    Check(
      "video.codec_tag", "sample entry", unit: "name",
      detail: "Four characters of the container's sample entry, such as avc1 or hvc1.",
      advice: "Remux with an allowed sample entry."
    ) { input in input.video { stream, _ in .measured(.string(stream.info.codecTag)) } },
    Check(
      "video.profile", "codec profile", unit: "name", detail: "libav's name of the profile, such as High.",
      advice: "Re-encode with an allowed profile."
    ) { input in
      input.video { stream, _ in
        stream.info.profile.map { .measured(.string($0)) } ?? .unknown("not signalled")
      }
    },
    Check(
      "video.level", "codec level", unit: "level", detail: "The level as the standard writes it, such as 5.1.",
      advice: "Re-encode with an allowed level."
    ) { input in
      input.video { stream, _ in
        let scale: Double? =
          switch stream.info.codecName {
          case "h264": 10
          case "hevc": 30
          default: nil
          }
        guard let level = stream.info.level, let scale else { return .unknown("not signalled") }
        return .measured(.number(Double(level) / scale))
      }
    },
    Check(
      "video.pixel_format", "pixel format", unit: "name", detail: "libav's name of the format, such as yuv420p.",
      advice: "Re-encode in an allowed pixel format."
    ) { input in input.video { _, video in .measured(.string(video.pixelFormat)) } },
    Check(
      "video.bit_depth", "bit depth", unit: "bits", detail: "Bits of one sample of the first component.",
      advice: "Re-encode with an allowed bit depth."
    ) { input in
      input.video { _, video in
        guard let format = PixelFormat(name: video.pixelFormat), format.bitDepth > 0 else {
          return .unknown("pixel format unknown")
        }
        return .count(format.bitDepth)
      }
    },
    Check(
      "video.size", "frame size", unit: "pixels",
      detail: "Decoded width x height after rotation; the sample aspect ratio is not applied.",
      advice: "Regenerate at an allowed size."
    ) { input in
      input.video { stream, _ in
        stream.info.displaySize.map { .measured(.string("\($0.width)x\($0.height)")) } ?? .unknown("size unknown")
      }
    },
    Check(
      "video.size.constant", "frame size", unit: "yes/no",
      detail: "Whether every decoded frame has the size in the header.",
      advice: "Re-encode at one size.", ideal: true, states: ("constant", "variable"), needs: .frames
    ) { input in
      input.video { _, _ in
        input.decoding { decoding in
          decoding.changedFrames == 0
            ? .measured(true)
            : .measured(false, "\(counted(decoding.changedFrames, "frame")) not of the header's size")
        }
      }
    },
    Check(
      "video.display_size", "display size", unit: "pixels",
      detail: "Width x height after sample aspect ratio and rotation.",
      advice: "Scale to square pixels in display orientation."
    ) { input in
      input.video { stream, _ in
        DisplayGeometry(stream.info).map { .measured(.string("\($0.width)x\($0.height)")) }
          ?? .unknown("size unknown")
      }
    },
    Check(
      "video.display_aspect_ratio", "display aspect ratio", unit: "ratio",
      detail: "Width:height after sample aspect ratio and rotation, in lowest terms.",
      advice: "Crop to, or regenerate at, an allowed aspect ratio."
    ) { input in
      input.video { stream, _ in
        guard let shown = DisplayGeometry(stream.info), shown.width > 0, shown.height > 0 else {
          return .unknown("size unknown")
        }
        let ratio = Rational(Int64(shown.width), Int64(shown.height))
        return .measured(.string("\(ratio.numerator):\(ratio.denominator)"))
      }
    },
    Check(
      "video.wrapper", "container and bit stream", unit: "yes/no",
      detail:
        "Whether size, sample aspect ratio and colour in the MP4/MOV sample entry are those of the bit stream.",
      advice: "Remux with the properties of the bit stream.", ideal: true, states: ("equal", "different")
    ) { input in
      input.video { stream, video in
        guard let entry = input.probe.track(of: stream.info)?.sampleEntry else {
          return .notRun("not an MP4/MOV file")
        }
        let differences = ContainerMismatch(entry, video).differences
        return .measured(
          .bool(differences.isEmpty), differences.isEmpty ? nil : differences.joined(separator: "; "))
      }
    },
    Check(
      "video.sample_aspect_ratio", "sample aspect ratio", unit: "ratio",
      detail: "Width:height of a pixel; 1:1 when not signalled.",
      advice: "Scale to square pixels.", ideal: "1:1"
    ) { input in
      input.video { _, video in
        let aspect = video.sampleAspectRatio.isPositive ? video.sampleAspectRatio : .one
        return .measured(.string("\(aspect.numerator):\(aspect.denominator)"))
      }
    },
    Check(
      "video.rotation", "rotation", unit: "degrees",
      detail: "Degrees clockwise that a player rotates the frame by.",
      advice: "Re-encode in display orientation.", ideal: 0
    ) { input in input.video { _, video in .measured(.integer(Int64(video.rotation))) } },
    Check(
      "video.interlaced", "scan", unit: "yes/no",
      detail: "Whether any decoded frame is flagged as interlaced, or most sampled frames show combing.",
      advice: "Deinterlace.", ideal: false, states: ("interlaced", "progressive"), needs: [.frames, .textures]
    ) { input in
      input.video { _, _ in
        input.decoding { decoding in
          if decoding.interlacedFrames > 0 {
            return .measured(true, "\(counted(decoding.interlacedFrames, "frame")) flagged as interlaced")
          }
          guard let textures = input.textures, 2 * textures.combed > textures.frames else { return .measured(false) }
          return .measured(true, "combing in \(textures.combed) of \(textures.frames) sampled frames")
        }
      }
    },
  ]

  static let color: [Check] = [
    Check(
      "video.color.common", "colour coding", unit: "yes/no",
      detail:
        "Whether plain players show the colours: the base layer of Dolby Vision profile 5 is in no common colour space.",
      advice: "Convert the video to SDR, HDR10, HLG or Dolby Vision profile 8.", ideal: true,
      states: ("common", "Dolby Vision only")
    ) { input in
      input.video { stream, _ in
        guard let record = stream.info.dolbyVisionOnly else { return .measured(true) }
        return .measured(false, "Dolby Vision profile \(record.profile) without a base layer that plain players show")
      }
    },
    Check(
      "video.color.tagged", "colour tags", unit: "yes/no",
      detail: "Whether matrix, range, transfer and primaries are all tagged.",
      advice: "Tag the stream; players guess what is missing.", ideal: true, states: ("complete", "incomplete")
    ) { input in
      input.video { stream, video in
        // ProRes does not signal a range (SMPTE RDD 36), and FFmpeg 7 does not report one for it.
        let range = video.color.range ?? (stream.info.codecName == "prores" ? "tv" : nil)
        let missing = [
          ("matrix", video.color.matrix), ("range", range), ("transfer", video.color.transfer),
          ("primaries", video.color.primaries),
        ].filter { $0.1 == nil }.map(\.0)
        return missing.isEmpty
          ? .measured(true) : .measured(false, "missing \(missing.joined(separator: ", "))")
      }
    },
    colorTag("matrix", "colour matrix") { $0.matrix },
    colorTag("range", "colour range") { $0.range },
    colorTag("transfer", "transfer characteristic") { $0.transfer },
    colorTag("primaries", "colour primaries") { $0.primaries },
  ]

  private static func colorTag(
    _ name: String, _ title: String, _ tag: @escaping @Sendable (ColorTags) -> String?
  ) -> Check {
    Check(
      "video.color.\(name)", title, unit: "name", detail: "As tagged, by libav's name.",
      advice: "Convert the video, or correct the tag."
    ) { input in
      input.video { _, video in
        tag(video.color).map { .measured(.string($0)) } ?? .absent("not tagged")
      }
    }
  }
}
