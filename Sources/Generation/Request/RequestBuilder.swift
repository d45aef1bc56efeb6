import Files
public import Presets
public import Storyboard
import Timing

/// An image that a request needs and that must become an address.
public enum RequestImage: Sendable, Hashable {
  /// The last image of the shot with this id.
  case anchor(shot: String)
  /// The first image of the shot with this id.
  case opening(shot: String)
  case source(ImageSource)

  /// What a plan shows: the address, the local path, or `anchor:<shot>` and `opening:<shot>` for the last and first images
  /// of shots that do not exist yet.
  public var planned: String {
    switch self {
    case .anchor(let shot): "anchor:\(shot)"
    case .opening(let shot): "opening:\(shot)"
    case .source(let image):
      switch image.location {
      case .file(let path): path
      case .address(let address): address
      }
    }
  }
}

extension RequestImage {
  /// What a shot begins or ends with.
  public init(_ frame: BoundaryFrame) {
    switch frame {
    case .image(let image): self = .source(image)
    case .first(let shot): self = .opening(shot: shot.id)
    case .last(let shot): self = .anchor(shot: shot.id)
    }
  }
}

/// Writes a shot as the request a model takes, by its descriptor alone.
///
/// Only fields that the storyboard sets are sent, plus the descriptor's constants. Which of them a model takes is checked
/// beforehand by `Storyboard.problems(against:images:)`; here a field it does not take is an error.
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
    images += storyboard.references.map(RequestImage.source)
    images += storyboard.elements.flatMap { [$0.frontal] + $0.angles }.map(RequestImage.source)
    var seen: Set<RequestImage> = []
    return images.filter { seen.insert($0).inserted }
  }

  /// The request as a plan shows it, without an image being looked at.
  public func plannedRequest(for shot: Shot) throws -> GenerationRequest {
    try request(for: shot) { $0.planned }
  }

  /// - Parameter address: where the service can read an image; see ``images(of:)``.
  /// - Throws: ``GenerationError`` `unsupported` for a field the model does not take; what `address` throws.
  public func request(
    for shot: Shot, address: (RequestImage) throws -> String
  ) throws -> GenerationRequest {
    let requested = sentFields(of: shot)
    var parameters: [String: JSONValue] = [:]
    for field in NeutralField.allCases where requested.contains(field) {
      guard let mapping = model.fields[field] else {
        throw GenerationError(
          .unsupported, "the model \(model.id) takes no '\(field.rawValue)' (shot \(quoted(shot.id))); remove it.")
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
    // A model that wants the whole length beside several prompts says so by not excluding it.
    if shot.prompt.seconds != nil, model.fields.takes(.duration) { fields.insert(.duration) }
    let all = fields
    return fields.filter { model.fields[$0]?.notWith.allSatisfy { !all.contains($0) } ?? true }
  }

  private func value(
    of field: NeutralField, for shot: Shot, mapping: FieldMapping, address: (RequestImage) throws -> String
  ) throws -> JSONValue {
    func text(_ text: String?) -> JSONValue { mapping.form.write(text ?? "") }
    switch field {
    case .prompt: return text(shot.prompt.texts.first.map(storyboard.sentPrompt))
    case .multiPrompt: return multiPrompt(of: shot, mapping)
    case .duration: return mapping.form.write(shot.prompt.seconds ?? shot.duration ?? .zero)
    case .startImage: return try storyboard.startFrame(of: shot).map { text(try address(RequestImage($0))) } ?? .null
    case .endImage: return try storyboard.endFrame(of: shot).map { text(try address(RequestImage($0))) } ?? .null
    case .references: return .array(try storyboard.references.map { .string(try address(.source($0))) })
    case .elements: return try elements(mapping, address)
    case .negativePrompt: return text(shot.negativePrompt)
    case .aspectRatio: return text(shot.aspectRatio)
    case .generateAudio: return mapping.form.write(shot.generateAudio ?? false)
    }
  }

  private func multiPrompt(of shot: Shot, _ mapping: FieldMapping) -> JSONValue {
    guard case .multiple(let parts) = shot.prompt else { return .array([]) }
    return .array(
      parts.map { part in
        var object: [String: JSONValue] = [:]
        if let prompt = mapping.members["prompt"] {
          object[prompt.name] = prompt.form.write(storyboard.sentPrompt(part.text))
        }
        if let duration = mapping.members["duration"] { object[duration.name] = duration.form.write(part.seconds) }
        return .object(object)
      })
  }

  private func elements(
    _ mapping: FieldMapping, _ address: (RequestImage) throws -> String
  ) throws -> JSONValue {
    .array(
      try storyboard.elements.map { element in
        var object: [String: JSONValue] = [:]
        if let frontal = mapping.members["frontal"] {
          object[frontal.name] = frontal.form.write(try address(.source(element.frontal)))
        }
        if let angles = mapping.members["angles"], !element.angles.isEmpty {
          object[angles.name] = .array(try element.angles.map { .string(try address(.source($0))) })
        }
        return .object(object)
      })
  }
}

extension ParameterForm {
  fileprivate func write(_ text: String) -> JSONValue { self == .list ? [.string(text)] : .string(text) }

  fileprivate func write(_ value: Bool) -> JSONValue { self == .string ? .string("\(value)") : .bool(value) }

  /// A whole number stays one: services tell `5` from `5.0`.
  fileprivate func write(_ value: Rational) -> JSONValue {
    if self == .string { return .string(value.plain) }
    return value.denominator == 1 ? .integer(value.numerator) : .number(value.doubleValue)
  }
}
