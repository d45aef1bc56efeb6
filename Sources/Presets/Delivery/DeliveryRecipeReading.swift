import Files
import Timing

/// Pixels of a side.
private let sideRange = 2...16_384
/// Bits per second of audio.
private let audioRateRange = 32_000...1_000_000

extension DeliveryRecipe {
  /// Reads a recipe; nil when a required part is missing. Every problem is added to `problems`.
  public init?(_ root: DocumentNode, problems: ProblemList) {
    let known = ["$schema", "schema", "id", "title", "source", "verify", "container", "video", "audio", "head"]
    guard let reader = FieldReader(root, path: "", known: known, problems: problems) else { return nil }
    reader.checkSchema(Self.schema)
    let id = reader.text("id", required: true)
    let title = reader.text("title", required: true)
    let source = reader.text("source", required: true)
    let container = reader.word("container", among: Container.allCases.map(\.rawValue), required: true)
      .flatMap(Container.init)
    // libav writes animated WebP and does not read it.
    let verify = reader.text("verify", required: container != .webp)
    let video = Video(reader)
    let audio = Audio(reader)
    let head = Head(reader)
    guard let id, let title, let source, let container else { return nil }
    guard id.wholeMatch(of: /[a-z0-9][a-z0-9\-]{0,63}/) != nil else {
      reader.report("id", "\(quoted(id)) becomes part of file names; use lower-case letters, digits and -.")
      return nil
    }
    if video == nil, audio == nil, problems.problems.isEmpty {
      reader.report("id", "a recipe needs 'video', 'audio' or both.")
    }
    if (video == nil) != (container == .wav) {
      reader.report("container", "'wav' is for audio alone, and the other containers need 'video'.")
    }
    if [.gif, .webp].contains(container), audio != nil {
      reader.report("audio", "a \(container.rawValue) file has no audio; remove 'audio'.")
    }
    if let audio, audio.codec != .aac, container == .mp4 {
      reader.report("container", "\(audio.codec.rawValue) audio does not fit into mp4; use mov, or aac.")
    }
    if let audio, audio.codec == .aac, container == .wav {
      reader.report("container", "aac audio does not fit into wav; use a pcm codec.")
    }
    if audio?.tracks == .each, container != .wav {
      reader.report("audio", "'tracks: each' makes a file of every track; it is for wav.")
    }
    self.init(
      id: id, title: title, source: source, verify: verify, container: container, video: video, audio: audio,
      head: head)
  }
}

extension DeliveryRecipe.Video {
  private static let keys = [
    "encoder", "pixel_format", "options", "tag", "size", "linear_light", "frame_rates", "preview_rate", "gop_seconds",
    "b_frames", "keep_hdr",
  ]

  fileprivate init?(_ recipe: FieldReader) {
    guard let reader = recipe.fields("video", known: Self.keys) else { return nil }
    var options: [String: String] = [:]
    for member in reader.members("options") ?? [] {
      guard let text = member.value.written, !text.isEmpty else {
        reader.problems.add(
          reader.fieldPath("options.\(member.key)"), line: member.line, "this must be text or a number.")
        continue
      }
      options[member.key] = text
    }
    let rates = (reader.texts("frame_rates") ?? []).enumerated().compactMap { index, text in
      Self.rate(text, reader, "frame_rates")
    }
    let tag = reader.text("tag")
    if let tag, tag.utf8.count != 4 { reader.report("tag", "'tag' must have four characters, such as hvc1.") }
    guard let encoder = reader.text("encoder", required: true),
      let format = reader.text("pixel_format", required: true)
    else { return nil }
    self.init(
      encoder: encoder, pixelFormat: format, options: options, tag: tag, size: DeliveryRecipe.Size(reader),
      scalesInLinearLight: reader.bool("linear_light") ?? false, frameRates: rates,
      previewRate: reader.text("preview_rate").flatMap { Self.rate($0, reader, "preview_rate") },
      gopSeconds: reader.number("gop_seconds", unit: "seconds"), bFrames: reader.integer("b_frames", in: 0...16),
      keepsHDR: reader.bool("keep_hdr") ?? false)
  }

  private static func rate(_ text: String, _ reader: FieldReader, _ key: String) -> FrameRate? {
    if let rate = Rational(parsing: text).flatMap({ FrameRate($0) }) { return rate }
    reader.report(key, "\(quoted(text)) is no frame rate; write 24/1 or 24000/1001.")
    return nil
  }
}

extension DeliveryRecipe.Size {
  fileprivate init?(_ video: FieldReader) {
    let known = ["width", "height", "fit", "center_x", "center_y"]
    guard let reader = video.fields("size", known: known) else { return nil }
    func part(_ key: String) -> Double {
      guard let value = reader.number(key, unit: "parts of the frame")?.doubleValue else { return 0.5 }
      if !(0...1).contains(value) { reader.report(key, "'\(key)' must be from 0 to 1.") }
      return value
    }
    let fit = reader.word("fit", among: DeliveryRecipe.Fit.allCases.map(\.rawValue), required: true)
      .flatMap(DeliveryRecipe.Fit.init)
    let (x, y) = (part("center_x"), part("center_y"))
    guard let width = reader.integer("width", in: sideRange, required: true),
      let height = reader.integer("height", in: sideRange, required: true), let fit
    else { return nil }
    for (key, side) in [("width", width), ("height", height)] where side % 2 != 0 {
      reader.report(key, "'\(key)' must be even.")
    }
    self.init(width: width, height: height, fit: fit, centerX: x, centerY: y)
  }
}

extension DeliveryRecipe.Audio {
  fileprivate init?(_ recipe: FieldReader) {
    let known = [
      "codec", "bit_rate", "sample_rate", "stereo", "tracks", "loudness", "true_peak", "silent_frames",
    ]
    guard let reader = recipe.fields("audio", known: known) else { return nil }
    guard
      let codec = reader.word(
        "codec", among: DeliveryRecipe.AudioCodec.allCases.map(\.rawValue), required: true
      ).flatMap(DeliveryRecipe.AudioCodec.init)
    else { return nil }
    func level(_ key: String, _ range: ClosedRange<Double>, _ unit: String) -> Double? {
      guard let value = reader.number(key, unit: unit)?.doubleValue else { return nil }
      if !range.contains(value) {
        reader.report(key, "'\(key)' must be from \(range.lowerBound) to \(range.upperBound) \(unit).")
      }
      return value
    }
    self.init(
      codec: codec, bitRate: reader.integer("bit_rate", in: audioRateRange),
      sampleRate: reader.integer("sample_rate", in: 8000...192_000) ?? 48_000,
      isStereo: reader.bool("stereo") ?? true,
      tracks: reader.word("tracks", among: DeliveryRecipe.Tracks.allCases.map(\.rawValue))
        .flatMap(DeliveryRecipe.Tracks.init) ?? .main,
      loudness: level("loudness", -70...0, "LUFS"), truePeak: level("true_peak", -20...0, "dBTP"),
      silentFrames: reader.integer("silent_frames", in: 0...1000) ?? 0)
  }
}

extension DeliveryRecipe.Head {
  fileprivate init?(_ recipe: FieldReader) {
    guard let reader = recipe.fields("head", known: ["slate_seconds", "black_seconds"]) else { return nil }
    self.init(
      slateSeconds: reader.integer("slate_seconds", in: 0...60) ?? 0,
      blackSeconds: reader.integer("black_seconds", in: 0...60) ?? 0)
  }
}
