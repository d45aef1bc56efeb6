import Libav
import Presets
import Probing
import Timing

extension CheckCatalogue {
  static let video: [Check] = [
    Check(
      "video.present", "a frame", unit: "yes/no", detail: "Whether there is moving frame that is no cover image.",
      advice: "Generate it again.", ideal: true
    ) { evidence in
      .measured(.bool(evidence.probe.video != nil), evidence.probe.video == nil ? "There is no frame." : nil)
    },
    Check(
      "video.tracks", "the number of frame tracks", unit: "tracks", detail: "Video streams that are no cover images.",
      advice: "Rewrap the file with one frame track.", ideal: 1
    ) { evidence in
      let count = evidence.probe.streams.count { $0.info.kind == .video && !$0.info.isAttachedPicture }
      return .measured(.integer(Int64(count)))
    },
    Check(
      "video.codec", "the frame's codec", unit: "name", detail: "libav's name of the codec, such as h264.",
      advice: "Encode it with a codec that is allowed."
    ) { evidence in evidence.video { stream, _ in .measured(.string(stream.info.codecName)) } },
    Check(
      "video.codec_tag", "the sample entry", unit: "name",
      detail: "Four characters of the container's sample entry, such as avc1 or hvc1.",
      advice: "Rewrap it with the entry that is asked for."
    ) { evidence in evidence.video { stream, _ in .measured(.string(stream.info.codecTag)) } },
    Check(
      "video.profile", "the codec's profile", unit: "name", detail: "libav's name of the profile, such as High.",
      advice: "Encode it with a profile that is allowed."
    ) { evidence in
      evidence.video { stream, _ in
        stream.info.profile.map { .measured(.string($0)) } ?? .unknown("The stream names no profile.")
      }
    },
    Check(
      "video.level", "the codec's level", unit: "level", detail: "The level as the standard writes it, such as 5.1.",
      advice: "Encode it with a level that is allowed."
    ) { evidence in
      evidence.video { stream, _ in
        let scale: Double? =
          switch stream.info.codecName {
          case "h264": 10
          case "hevc": 30
          default: nil
          }
        guard let level = stream.info.level, let scale else { return .unknown("The stream names no level.") }
        return .measured(.number(Double(level) / scale))
      }
    },
    Check(
      "video.pixel_format", "the pixel format", unit: "name", detail: "libav's name of the format, such as yuv420p.",
      advice: "Encode it in a format that plays everywhere."
    ) { evidence in evidence.video { _, video in .measured(.string(video.pixelFormat)) } },
    Check(
      "video.bit_depth", "the bit depth", unit: "bits", detail: "Bits of one sample of the first component.",
      advice: "Encode it with the depth that is asked for."
    ) { evidence in
      evidence.video { _, video in
        guard let format = PixelFormat(name: video.pixelFormat), format.bitDepth > 0 else {
          return .unknown("The pixel format is not known.")
        }
        return .measured(.integer(Int64(format.bitDepth)))
      }
    },
    Check(
      "video.size", "the frame size", unit: "pixels",
      detail: "Width x height as decoded, turned as the header says; pixels are not stretched.",
      advice: "Generate it again at the size that is asked for."
    ) { evidence in
      evidence.video { stream, _ in
        guard let size = stream.info.displaySize else { return .unknown("The size is not known.") }
        return .measured(.string("\(size.width)x\(size.height)"))
      }
    },
    Check(
      "video.size.constant", "the frame size throughout", unit: "yes/no",
      detail: "Whether every decoded frame has the size that the header gives.",
      advice: "Encode it again in one size.", ideal: true, needs: .frames
    ) { evidence in
      evidence.video { _, _ in
        evidence.decoding { tally in
          tally.changedFrames == 0
            ? .measured(true)
            : .measured(false, "\(tally.changedFrames) frames have another size than the header gives.")
        }
      }
    },
    Check(
      "video.display_size", "the size a viewer sees", unit: "pixels",
      detail: "Width x height, stretched by the pixels' shape and turned as the header says.",
      advice: "Scale it to square pixels, upright."
    ) { evidence in
      evidence.video { stream, _ in
        DisplayGeometry(stream.info).map { .measured(.string("\($0.width)x\($0.height)")) }
          ?? .unknown("The size is not known.")
      }
    },
    Check(
      "video.display_aspect_ratio", "the frame's shape", unit: "ratio",
      detail: "Width:height as a viewer sees it, in lowest terms.", advice: "Crop or generate it at that shape."
    ) { evidence in
      evidence.video { stream, _ in
        guard let shown = DisplayGeometry(stream.info), shown.width > 0, shown.height > 0 else {
          return .unknown("The size is not known.")
        }
        let ratio = Rational(Int64(shown.width), Int64(shown.height))
        return .measured(.string("\(ratio.numerator):\(ratio.denominator)"))
      }
    },
    Check(
      "video.wrapper", "agreement of container and bit stream", unit: "yes/no",
      detail:
        "Whether size, pixels' shape and colour in the container's sample entry are those of the bit stream (MP4/MOV).",
      advice: "Rewrap it, so that the container tells the truth.", ideal: true
    ) { evidence in
      evidence.video { stream, video in
        guard let entry = evidence.probe.track(of: stream.info)?.sampleEntry else {
          return .notRun("The container has no sample entry of its own.")
        }
        let lies = WrapperComparison(entry, video).lies
        let words = "The container says \(lies.joined(separator: ", "))."
        return .measured(.bool(lies.isEmpty), lies.isEmpty ? nil : words)
      }
    },
    Check(
      "video.sample_aspect_ratio", "the pixels' shape", unit: "ratio",
      detail: "Sample aspect ratio as width:height; 1:1 when nothing is said.",
      advice: "Scale it to square pixels.", ideal: "1:1"
    ) { evidence in
      evidence.video { _, video in
        let aspect = video.sampleAspectRatio.isPositive ? video.sampleAspectRatio : .one
        return .measured(.string("\(aspect.numerator):\(aspect.denominator)"))
      }
    },
    Check(
      "video.rotation", "the rotation", unit: "degrees",
      detail: "Degrees clockwise that a player turns the frame by.",
      advice: "Encode the frame upright.", ideal: 0
    ) { evidence in evidence.video { _, video in .measured(.integer(Int64(video.rotation))) } },
    Check(
      "video.interlaced", "interlacing", unit: "yes/no",
      detail: "Whether any decoded frame is marked as two fields, or most of those looked at show a comb.",
      advice: "Deinterlace it.", ideal: false, needs: [.frames, .textures]
    ) { evidence in
      evidence.video { _, _ in
        evidence.decoding { tally in
          let count = tally.interlacedFrames
          if count > 0 { return .measured(true, "\(count) frames are marked as made of two fields.") }
          guard let textures = evidence.textures, 2 * textures.combed > textures.looked else { return .measured(false) }
          return .measured(
            true, "\(textures.combed) of \(textures.looked) frames looked at show the comb of two fields.")
        }
      }
    },
  ]

  static let color: [Check] = [
    Check(
      "video.color.tagged", "the colour tags", unit: "yes/no",
      detail: "Whether matrix, range, transfer and primaries are all tagged.",
      advice: "Tag it, or players guess.", ideal: true
    ) { evidence in
      evidence.video { _, video in
        let missing = [
          ("matrix", video.color.matrix), ("range", video.color.range), ("transfer", video.color.transfer),
          ("primaries", video.color.primaries),
        ].filter { $0.1 == nil }.map(\.0)
        return missing.isEmpty
          ? .measured(true) : .measured(false, "Nothing is said of the colour's \(missing.joined(separator: ", ")).")
      }
    },
    colorTag("matrix", "the colour matrix") { $0.matrix },
    colorTag("range", "the colour range") { $0.range },
    colorTag("transfer", "the transfer characteristic") { $0.transfer },
    colorTag("primaries", "the colour primaries") { $0.primaries },
  ]

  private static func colorTag(
    _ name: String, _ title: String, _ tag: @escaping @Sendable (ColorTags) -> String?
  ) -> Check {
    Check(
      "video.color.\(name)", title, unit: "name", detail: "As tagged, by libav's name.",
      advice: "Convert it, or correct the tag."
    ) { evidence in
      evidence.video { _, video in
        tag(video.color).map { .measured(.string($0)) } ?? .absent("The file does not say \(title). Tag it.")
      }
    }
  }
}
