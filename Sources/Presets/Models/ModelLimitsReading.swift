import Files
import Timing

extension ModelLimits {
  static let keys = [
    "duration", "multi_prompt", "prompt_characters", "references_and_elements",
    "references_and_elements_with_video", "video_references", "element_angles", "aspect_ratios",
    "resolutions", "takes", "images", "data_addresses",
  ]

  init(_ reader: FieldReader?) {
    duration = reader?.fields("duration", known: DurationLimit.keys).map(DurationLimit.init)
    multiPrompt = reader?.fields("multi_prompt", known: ["count", "duration"]).map { multi in
      MultiPromptLimit(
        count: multi.integer("count", in: 1...Int.max),
        duration: multi.fields("duration", known: DurationLimit.keys).map(DurationLimit.init))
    }
    promptCharacters = reader?.integer("prompt_characters", in: 1...Int.max)
    referencesAndElements = reader?.integer("references_and_elements", in: 0...Int.max)
    referencesAndElementsWithVideo = reader?.integer("references_and_elements_with_video", in: 0...Int.max)
    videoReferences = reader?.integer("video_references", in: 0...Int.max)
    elementAngles = reader?.integer("element_angles", in: 0...Int.max)
    aspectRatios = reader?.texts("aspect_ratios")
    resolutions = reader?.fields("resolutions", known: ["values", "default"]).map { fields in
      let values = fields.texts("values", required: true) ?? []
      let standard = fields.text("default")
      if let standard, !values.contains(standard) { fields.report("default", "'default' is not among 'values'.") }
      return ResolutionLimit(values: values, standard: standard)
    }
    takes = reader?.integer("takes", in: 1...Int.max)
    takesDataAddresses = reader?.bool("data_addresses")
    var images: [String: ImageLimit] = [:]
    let fields: [NeutralField] = [.startImage, .endImage, .references, .elements]
    if let map = reader?.fields("images", known: fields.map(\.rawValue)) {
      for field in fields {
        images[field.rawValue] = map.fields(field.rawValue, known: ImageLimit.keys).map(ImageLimit.init)
      }
    }
    self.images = images
  }
}

extension DurationLimit {
  static let keys = ["min", "max", "step", "values", "default"]

  fileprivate init(_ reader: FieldReader) {
    min = reader.number("min", unit: "seconds")
    max = reader.number("max", unit: "seconds")
    step = reader.number("step", unit: "seconds")
    standard = reader.number("default", unit: "seconds")
    values = reader.list("values")?.compactMap { item in
      if let value = item.node.written.flatMap({ Rational(parsing: $0) }) { return value }
      reader.problems.add(item.path, line: item.node.line, "this must be a number of seconds.")
      return nil
    }
    if let min, let max, min > max { reader.report("min", "'min' is above 'max'.") }
    if let step, !step.isPositive { reader.report("step", "'step' must be above 0.") }
  }
}

extension ImageLimit {
  static let keys = ["formats", "max_bytes", "min_side", "max_side", "min_aspect", "max_aspect"]

  fileprivate init(_ reader: FieldReader) {
    formats = reader.texts("formats")
    maxBytes = reader.integer("max_bytes", in: 1...Int.max).map(Int64.init)
    minSide = reader.integer("min_side", in: 1...Int.max)
    maxSide = reader.integer("max_side", in: 1...Int.max)
    func aspect(_ key: String) -> Rational? {
      guard let text = reader.text(key) else { return nil }
      let parts = text.split(separator: ":", omittingEmptySubsequences: false).map { Rational(parsing: $0) }
      if parts.count == 2, let width = parts[0], let height = parts[1], width.isPositive, height.isPositive {
        return width / height
      }
      reader.report(key, "'\(key)' must be width to height, such as \"2.5:1\", not \(quoted(text)).")
      return nil
    }
    minAspect = aspect("min_aspect")
    maxAspect = aspect("max_aspect")
  }
}

extension OutputFormat {
  static let keys = [
    "sizes", "sizes_by_resolution", "audio", "default_aspect_ratio", "follows_start_image", "frame_rate", "codec",
    "bit_rate",
  ]

  init(_ reader: FieldReader?) {
    func sizes(_ members: [DocumentNode.Member]?, _ path: String) -> [String: PixelSize] {
      var sizes: [String: PixelSize] = [:]
      for member in members ?? [] {
        if case .text(let text) = member.value.value, let size = PixelSize(parsing: text) {
          sizes[member.key] = size
        } else {
          reader?.problems.add(
            "\(path).\(member.key)", line: member.line, "a size is written as text, such as \"3840x2160\".")
        }
      }
      return sizes
    }
    self.sizes = sizes(reader?.members("sizes"), "output.sizes")
    var others: [String: [String: PixelSize]] = [:]
    for member in reader?.members("sizes_by_resolution") ?? [] {
      let path = "output.sizes_by_resolution.\(member.key)"
      guard case .mapping(let members) = member.value.value else {
        reader?.problems.add(path, line: member.line, "this must be a mapping of aspect ratios to sizes.")
        continue
      }
      others[member.key] = sizes(members, path)
    }
    sizesByResolution = others
    audio = reader?.word("audio", among: ModelAudio.allCases.map(\.rawValue)).flatMap(ModelAudio.init)
    defaultAspectRatio = reader?.text("default_aspect_ratio")
    followsStartImage = reader?.bool("follows_start_image") ?? false
    frameRate = reader?.text("frame_rate").flatMap { text in
      if let rate = Rational(parsing: text).flatMap({ FrameRate($0) }) { return rate }
      reader?.report("frame_rate", "'frame_rate' must be an exact fraction, such as \"24000/1001\".")
      return nil
    }
    codec = reader?.text("codec")
    bitRate = reader?.integer("bit_rate", in: 1...Int.max).map(Int64.init)
  }
}
