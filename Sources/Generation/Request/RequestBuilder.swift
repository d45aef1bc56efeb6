import Files
public import Presets
public import Storyboard
import Timing

/// Builds a model's request from a shot, by the model's descriptor alone.
///
/// Sends only the fields that the storyboard sets, the shot's own parameters of the model, and the descriptor's constants.
/// `Storyboard.problems(against:images:)` checks beforehand which of them the model accepts; here an unsupported field
/// is an error.
public struct RequestBuilder: Sendable {
  public let storyboard: Storyboard
  public let model: ModelDescriptor

  public init(storyboard: Storyboard, model: ModelDescriptor) {
    self.storyboard = storyboard
    self.model = model
  }

  /// The images a shot's request needs, each once, in the order of the request.
  public func images(of shot: Shot) -> [RequestImage] {
    var images = [storyboard.startFrame(of: shot), storyboard.endFrame(of: shot)].compactMap(\.self)
      .map(RequestImage.init)
    images += storyboard.sentReferences(of: shot).map(RequestImage.source)
    images += storyboard.sentElements(of: shot).flatMap(\.images).map(RequestImage.source)
    var seen: Set<RequestImage> = []
    return images.filter { seen.insert($0).inserted }
  }

  /// The request as a plan shows it; reads no image.
  public func plannedRequest(for shot: Shot) throws -> GenerationRequest {
    try request(for: shot) { $0.planned }
  }

  /// - Parameter address: the address at which the service can read an image; see ``images(of:)``.
  /// - Throws: ``GenerationError`` `unsupported` for a field that the model does not accept; what `address` throws.
  public func request(
    for shot: Shot, address: (RequestImage) throws -> String
  ) throws -> GenerationRequest {
    let requested = sentFields(of: shot)
    var parameters = shot.parameters
    for field in NeutralField.allCases where requested.contains(field) {
      guard let mapping = model.fields[field] else {
        throw GenerationError(
          .unsupported,
          "The model \(model.id) does not accept '\(field.rawValue)' (shot \(quoted(shot.id))). Remove it.")
      }
      let value = try value(of: field, for: shot, mapping: mapping, address: address)
      parameters[mapping.name] = value
    }
    for constant in model.constants where constant.with.map(requested.contains) ?? true {
      parameters[constant.name] = constant.value
    }
    return GenerationRequest(model: model.id, parameters: parameters, takes: shot.takes)
  }

  private func sentFields(of shot: Shot) -> Set<NeutralField> {
    var fields = storyboard.requestedFields(of: shot)
    // A model takes the whole duration beside several prompts unless its descriptor excludes it.
    if shot.prompt.seconds != nil, model.fields.takes(.duration) { fields.insert(.duration) }
    // A model whose own standard is another resolution is asked for the descriptor's.
    if model.fields.takes(.resolution), model.limits.resolutions?.standard != nil { fields.insert(.resolution) }
    if let asked = shot.generateAudio, !model.fields.takes(.generateAudio), model.implies(audio: asked) {
      fields.remove(.generateAudio)
    }
    let all = fields
    return fields.filter { model.fields[$0]?.notWith.allSatisfy { !all.contains($0) } ?? true }
  }

  private func value(
    of field: NeutralField, for shot: Shot, mapping: FieldMapping, address: (RequestImage) throws -> String
  ) throws -> JSONValue {
    func text(_ text: String?) -> JSONValue { mapping.form.encode(text ?? "") }
    switch field {
    case .prompt: return text(shot.prompt.texts.first.map { storyboard.sentPrompt($0, of: shot) })
    case .multiPrompt: return multiPrompt(of: shot, mapping)
    case .duration: return mapping.form.encode(shot.prompt.seconds ?? shot.duration ?? .zero)
    case .startImage: return try storyboard.startFrame(of: shot).map { text(try address(RequestImage($0))) } ?? .null
    case .endImage: return try storyboard.endFrame(of: shot).map { text(try address(RequestImage($0))) } ?? .null
    case .references: return .array(try storyboard.sentReferences(of: shot).map { .string(try address(.source($0))) })
    case .videoReferences:
      let videos = storyboard.sentVideos(of: shot).map(JSONValue.string)
      return mapping.form == .list ? .array(videos) : videos.first ?? .null
    case .elements: return try elements(of: shot, mapping, address)
    case .negativePrompt: return text(shot.negativePrompt)
    case .aspectRatio: return text(shot.aspectRatio)
    case .resolution: return text(shot.resolution ?? model.limits.resolutions?.standard)
    case .generateAudio: return mapping.form.encode(shot.generateAudio ?? false)
    }
  }

  private func multiPrompt(of shot: Shot, _ mapping: FieldMapping) -> JSONValue {
    guard case .multiple(let parts) = shot.prompt else { return .array([]) }
    return .array(
      parts.map { part in
        var object: [String: JSONValue] = [:]
        if let prompt = mapping.members["prompt"] {
          object[prompt.name] = prompt.form.encode(storyboard.sentPrompt(part.text, of: shot))
        }
        if let duration = mapping.members["duration"] { object[duration.name] = duration.form.encode(part.seconds) }
        return .object(object)
      })
  }

  private func elements(
    of shot: Shot, _ mapping: FieldMapping, _ address: (RequestImage) throws -> String
  ) throws -> JSONValue {
    .array(
      try storyboard.sentElements(of: shot).map { element in
        var object: [String: JSONValue] = [:]
        if let frontal = mapping.members["frontal"], let image = element.frontal {
          object[frontal.name] = frontal.form.encode(try address(.source(image)))
        }
        if let video = mapping.members["video"], let given = element.video { object[video.name] = .string(given) }
        if let voice = mapping.members["voice"], let given = element.voice { object[voice.name] = .string(given) }
        if let angles = mapping.members["angles"], !element.angles.isEmpty {
          object[angles.name] = .array(try element.angles.map { .string(try address(.source($0))) })
        }
        return .object(object)
      })
  }
}

extension ParameterForm {
  fileprivate func encode(_ text: String) -> JSONValue { self == .list ? [.string(text)] : .string(text) }

  fileprivate func encode(_ value: Bool) -> JSONValue { self == .string ? .string("\(value)") : .bool(value) }

  /// A whole number stays one: `5` and `5.0` differ for some services.
  fileprivate func encode(_ value: Rational) -> JSONValue {
    if self == .string { return .string(value.plain) }
    return value.denominator == 1 ? .integer(value.numerator) : .number(value.doubleValue)
  }
}
