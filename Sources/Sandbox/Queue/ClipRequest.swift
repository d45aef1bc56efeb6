import Presets

/// A request's validated parameters.
struct ClipRequest: Sendable {
  struct Scene: Sendable, Hashable {
    let prompt: String
    /// Whole seconds.
    let seconds: Int
  }

  let model: SandboxModel
  let scenes: [Scene]
  let size: FrameSize
  let startImage: String?
  let endImage: String?
  /// Addresses of references and elements, in their order.
  let references: [String]
  let hasAudio: Bool
  /// The `seed` parameter and others that vary the clip of one prompt.
  let variant: String

  var seconds: Int { scenes.reduce(0) { $0 + $1.seconds } }

  /// Reads a request's parameters as the model does.
  /// - Throws: ``ModelRefusal`` with the first problem.
  init(_ parameters: [String: JSONValue], for model: SandboxModel) throws(ModelRefusal) {
    let reader = ParameterReader(parameters)
    self.model = model
    scenes = try Self.scenes(reader, model)
    let resolution =
      try reader.choice(model.names.resolution, from: Set(model.resolutions.keys))
      ?? model.standardResolution
    let aspectRatio =
      try reader.choice(model.names.aspectRatio, from: Set(model.aspectRatios))
      ?? model.standardAspectRatio
    guard let size = model.size(aspectRatio: aspectRatio, resolution: resolution) else {
      throw .value("aspect_ratio \(aspectRatio) is not made at \(resolution).")
    }
    self.size = size
    startImage = try reader.text(model.names.startImage)
    endImage = try reader.text(model.names.endImage)
    if endImage != nil && startImage == nil {
      throw .value("'\(model.names.endImage ?? "tail_image_url")' requires a start image.")
    }
    references = try Self.references(reader, model)
    hasAudio = try reader.flag(model.names.audio) ?? false
    let seed = try reader.wholeNumber("seed").map(String.init) ?? ""
    variant = [seed, try reader.text("negative_prompt") ?? ""].joined(separator: "\u{1F}")
    if let only = model.secondsByResolution[resolution], !only.contains(seconds) {
      let list = only.sorted().map(String.init).joined(separator: ", ")
      throw .value("resolution \(resolution) is made with a duration of \(list) only, not \(seconds).")
    }
  }

  private static func scenes(_ reader: ParameterReader, _ model: SandboxModel) throws(ModelRefusal) -> [Scene] {
    let prompt = try reader.text("prompt")
    guard let name = model.names.multiPrompt, let shots = try reader.list(name) else {
      let seconds = try reader.wholeNumber("duration") ?? model.standardSeconds
      try check(seconds: seconds, model)
      let text = prompt ?? ""
      try check(prompt: text, model)
      return [Scene(prompt: text, seconds: seconds)]
    }
    if prompt != nil { throw .value("Cannot provide both 'prompt' and 'multi_prompt'.") }
    guard (1...model.shots).contains(shots.count) else {
      throw .value("'\(name)' takes 1 to \(model.shots) shots, not \(shots.count).")
    }
    var scenes: [Scene] = []
    for (index, shot) in shots.enumerated() {
      guard case .object(let members) = shot else {
        throw .value("'\(name)[\(index)]' should be an object with 'prompt' and 'duration'.")
      }
      let part = ParameterReader(members, inside: "\(name)[\(index)]")
      guard let text = try part.text("prompt"), !text.isEmpty else {
        throw .value("'\(name)[\(index)].prompt' is required.")
      }
      try check(prompt: text, model)
      let seconds = try part.wholeNumber("duration") ?? model.standardSeconds
      guard (1...model.seconds.upperBound).contains(seconds) else {
        throw .value("'\(name)[\(index)].duration' should be 1 to \(model.seconds.upperBound), not \(seconds).")
      }
      scenes.append(Scene(prompt: text, seconds: seconds))
    }
    try check(seconds: scenes.reduce(0) { $0 + $1.seconds }, model)
    return scenes
  }

  private static func check(seconds: Int, _ model: SandboxModel) throws(ModelRefusal) {
    if let only = model.onlySeconds, !only.contains(seconds) {
      let list = only.sorted().map(String.init).joined(separator: ", ")
      throw .value("duration should be one of \(list), not \(seconds).")
    }
    guard model.seconds.contains(seconds) else {
      throw .value(
        "duration should be \(model.seconds.lowerBound) to \(model.seconds.upperBound) seconds, not \(seconds).")
    }
  }

  private static func check(prompt: String, _ model: SandboxModel) throws(ModelRefusal) {
    let count = prompt.unicodeScalars.count
    if let limit = model.promptCharacters, count > limit {
      throw .value("a prompt takes at most \(limit) characters, not \(count).")
    }
  }

  private static func references(_ reader: ParameterReader, _ model: SandboxModel) throws(ModelRefusal) -> [String] {
    var found: [String] = []
    var count = 0
    for reference in try reader.list(model.names.references) ?? [] {
      guard case .string(let address) = reference else {
        throw .value("'\(model.names.references ?? "input_image")' should be a list of addresses.")
      }
      found.append(address)
      count += 1
    }
    for (index, element) in (try reader.list(model.names.elements) ?? []).enumerated() {
      guard case .object(let members) = element else {
        throw .value("'elements[\(index)]' should be an object with 'frontal_image_url'.")
      }
      let part = ParameterReader(members, inside: "elements[\(index)]")
      guard let frontal = try part.text("frontal_image_url") else {
        throw .value("'elements[\(index)].frontal_image_url' is required.")
      }
      let angles = try part.list("reference_image_urls") ?? []
      guard angles.count <= 3 else {
        throw .value("'elements[\(index)].reference_image_urls' takes at most 3 images, not \(angles.count).")
      }
      found.append(frontal)
      count += 1
    }
    let limit =
      try reader.text("input_video") == nil ? model.referencesAndElements : model.referencesAndElementsWithVideo
    guard count <= limit else {
      throw .value("references and elements together are at most \(limit), not \(count).")
    }
    return found
  }
}

/// Reads parameters by name and type; a value of the wrong type is a refusal that names it.
private struct ParameterReader {
  private let members: [String: JSONValue]
  private let place: String

  init(_ members: [String: JSONValue], inside place: String = "") {
    self.members = members
    self.place = place.isEmpty ? "" : place + "."
  }

  private func value(_ name: String?) -> JSONValue? {
    guard let name, let value = members[name], value != .null else { return nil }
    return value
  }

  func text(_ name: String?) throws(ModelRefusal) -> String? {
    guard let value = value(name) else { return nil }
    guard let text = value.stringValue else { throw .value("'\(place)\(name ?? "")' should be a string.") }
    return text
  }

  /// A whole number, also as a string or a decimal without a fraction.
  func wholeNumber(_ name: String) throws(ModelRefusal) -> Int? {
    guard let value = value(name) else { return nil }
    if let number = value.integerValue.flatMap({ Int(exactly: $0) }) { return number }
    if let number = value.stringValue.flatMap({ Int($0) }) { return number }
    throw .value("'\(place)\(name)' should be a whole number.")
  }

  func flag(_ name: String?) throws(ModelRefusal) -> Bool? {
    guard let value = value(name) else { return nil }
    guard let flag = value.boolValue else { throw .value("'\(place)\(name ?? "")' should be true or false.") }
    return flag
  }

  func list(_ name: String?) throws(ModelRefusal) -> [JSONValue]? {
    guard let value = value(name) else { return nil }
    guard let list = value.arrayValue else { throw .value("'\(place)\(name ?? "")' should be a list.") }
    return list
  }

  func choice(_ name: String?, from choices: Set<String>) throws(ModelRefusal) -> String? {
    guard let text = try text(name) else { return nil }
    guard choices.contains(text) else {
      let list = choices.sorted().map { "'\($0)'" }.joined(separator: ", ")
      throw .value("'\(place)\(name ?? "")' should be one of \(list).")
    }
    return text
  }
}

/// Why a model made no clip, as the hub passes it on.
struct ModelRefusal: Error, Sendable, CustomStringConvertible {
  let description: String

  /// A parameter that the model does not accept.
  static func value(_ sentence: String) -> ModelRefusal {
    ModelRefusal(description: "Getting model response error: 422 - Value error, \(sentence)")
  }
}
