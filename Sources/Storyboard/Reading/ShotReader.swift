import Files
import Presets
import Timing

/// Takes of one shot; models allow fewer.
private let takesRange = 1...100
/// Frames at a shot's end that may be searched for the best; 1 means the last alone.
private let anchorSearchRange = 1...120
/// Characters of a model parameter's name.
private let mostParameterCharacters = 128

/// Reads the items of `shots`, with the defaults filled in.
struct ShotReader {
  static let keys =
    ["id", "prompt", "multi_prompt", "start", "end", "trim", "transition", "provider", "model"]
    + StoryboardReader.sharedKeys

  let directory: String
  let problems: ProblemList
  /// Read once, so that a problem in the defaults is reported there.
  let defaults: SharedFields

  init(directory: String, problems: ProblemList, defaults: FieldReader?) {
    self.directory = directory
    self.problems = problems
    self.defaults = SharedFields(defaults)
  }

  /// The values that both a shot and the defaults can give.
  struct SharedFields {
    var duration: Rational?
    var takes: Int?
    var negativePrompt: String?
    var aspectRatio: String?
    var generateAudio: Bool?
    var anchorSearch: Int?
    var parameters: [String: JSONValue] = [:]
    var verify: String?
    var resolution: String?

    init(_ reader: FieldReader?) {
      guard let reader else { return }
      duration = reader.number("duration", unit: "seconds")
      if let given = duration, !given.isPositive {
        reader.report("duration", "'duration' must be above 0 seconds.")
        duration = nil
      }
      takes = reader.integer("takes", in: takesRange)
      negativePrompt = reader.text("negative_prompt")
      aspectRatio = reader.text("aspect_ratio")
      if let given = aspectRatio, given.wholeMatch(of: /[1-9][0-9]{0,3}:[1-9][0-9]{0,3}/) == nil {
        reader.report("aspect_ratio", "'aspect_ratio' must be width to height, such as \"16:9\", not \(quoted(given)).")
        aspectRatio = nil
      }
      generateAudio = reader.bool("generate_audio")
      anchorSearch = reader.fields("anchor", known: ["search"])?
        .integer("search", in: anchorSearchRange, required: true)
      parameters = Self.parameters(of: reader)
      verify = reader.text("verify")
      resolution = reader.text("resolution", anyScalar: true)
    }

    /// `parameters`, and `seed` as one of them.
    private static func parameters(of reader: FieldReader) -> [String: JSONValue] {
      var parameters: [String: JSONValue] = [:]
      for member in reader.members("parameters") ?? [] {
        let path = "\(reader.fieldPath("parameters")).\(member.key)"
        if case .null = member.value.value {
          reader.problems.add(path, line: member.line, "'\(member.key)' has no value; give one or remove the key.")
        } else if member.key.isEmpty || member.key.count > mostParameterCharacters {
          reader.problems.add(
            path, line: member.line, "a parameter's name must have 1 to \(mostParameterCharacters) characters.")
        } else {
          parameters[member.key] = member.value.jsonValue
        }
      }
      guard let seed = reader.integer(Shot.seedKey, in: 0...Int.max) else { return parameters }
      if parameters[Shot.seedKey] != nil {
        reader.report(Shot.seedKey, "'seed' is also in 'parameters'; keep one.")
      }
      parameters[Shot.seedKey] = .integer(Int64(seed))
      return parameters
    }
  }

  /// Nil only when the item is not a mapping; a shot with problems keeps its valid fields.
  func read(_ node: DocumentNode, path: String, index: Int) -> Shot? {
    guard let reader = FieldReader(node, path: path, known: Self.keys, problems: problems) else { return nil }
    let own = SharedFields(reader)
    let prompt = prompt(of: reader)
    if let total = prompt.seconds, let given = own.duration, given != total, total.isPositive {
      reader.report(
        "duration",
        "'duration' is \(given.plain) s, but the prompts add up to \(total.plain) s; correct one or leave it out.")
    }
    let frames = JoinSettingsReader(problems: problems)
    let isSingle = prompt.seconds == nil
    return Shot(
      id: id(of: reader), index: index, prompt: prompt,
      duration: isSingle ? own.duration ?? (reader.has("duration") ? nil : defaults.duration) : nil,
      start: start(of: reader, index: index), end: end(of: reader), takes: own.takes ?? defaults.takes ?? 1,
      negativePrompt: own.negativePrompt ?? defaults.negativePrompt,
      aspectRatio: own.aspectRatio ?? (reader.has("aspect_ratio") ? nil : defaults.aspectRatio),
      generateAudio: own.generateAudio ?? defaults.generateAudio,
      anchorSearch: (own.anchorSearch ?? defaults.anchorSearch).flatMap { $0 > 1 ? $0 : nil },
      parameters: defaults.parameters.merging(own.parameters) { $1 },
      trim: frames.trim(of: reader), transition: frames.transition(of: reader, index: index),
      provider: reader.word("provider", among: ProviderKind.names), model: reader.text("model"),
      resolution: own.resolution ?? defaults.resolution, verify: own.verify ?? defaults.verify)
  }

  private func id(of reader: FieldReader) -> String {
    guard let id = reader.text("id", required: true, anyScalar: true) else { return "" }
    if id.wholeMatch(of: /[A-Za-z0-9][A-Za-z0-9_\-]{0,63}/) == nil {
      reader.report(
        "id",
        "the id \(quoted(id)) cannot name a file; use up to 64 letters, digits, - and _, a letter or digit first.")
    }
    return id
  }

  private func prompt(of reader: FieldReader) -> ShotPrompt {
    if reader.has("multi_prompt") {
      if reader.has("prompt") {
        reader.report("prompt", "'prompt' and 'multi_prompt' exclude each other; keep one.")
      }
      return .multiple(parts(of: reader))
    }
    guard reader.has("prompt") else {
      problems.add(
        reader.path, line: reader.line, "the shot has neither 'prompt' nor 'multi_prompt'; add one.")
      return .single("")
    }
    return .single(reader.text("prompt") ?? "")
  }

  private func parts(of reader: FieldReader) -> [PromptPart] {
    guard let items = reader.list("multi_prompt") else { return [] }
    if items.isEmpty { reader.report("multi_prompt", "'multi_prompt' is empty; it needs at least one prompt.") }
    return items.compactMap { item in
      guard
        let part = FieldReader(item.node, path: item.path, known: ["prompt", "duration"], problems: problems)
      else { return nil }
      let text = part.text("prompt", required: true)
      let seconds = part.number("duration", required: true, unit: "seconds")
      if let seconds, !seconds.isPositive { part.report("duration", "'duration' must be above 0 seconds.") }
      return PromptPart(text: text ?? "", seconds: seconds ?? .zero)
    }
  }

  private func start(of reader: FieldReader, index: Int) -> ShotStart {
    guard reader.has("start") else { return index == 0 ? .none : .previous }
    guard let node = reader.node("start") else { return .none }
    switch node.value {
    case .text("none"): return .none
    case .text("previous"):
      guard index > 0 else {
        reader.report("start", "the first shot has no shot before it; use 'none' or an image.")
        return .none
      }
      return .previous
    default: return image("start", of: reader).map(ShotStart.image) ?? .none
    }
  }

  private func end(of reader: FieldReader) -> ShotEnd {
    guard let node = reader.node("end") else { return .none }
    switch node.value {
    case .text("none"): return .none
    case .text("next"): return .next
    case .text("previous"):
      reader.report(
        "end", "'end' must be 'next' or an image, not \"previous\"; leave it out to let the model decide.")
      return .none
    default: return image("end", of: reader).map(ShotEnd.image) ?? .none
    }
  }

  private func image(_ key: String, of reader: FieldReader) -> ImageSource? {
    reader.node(key).flatMap {
      StoryboardReader(directory: directory, problems: problems).image($0, path: reader.fieldPath(key))
    }
  }
}
