import Files
public import Presets
import Timing

extension Storyboard {
  /// Everything in the storyboard that a model does not accept, before anything is sent; in the order of the file.
  ///
  /// Limits that are missing in the descriptor are not checked. Each image file is inspected once.
  public func problems(against model: ModelDescriptor, images: any ImageInspector) -> [Problem] {
    var check = ModelCheck(storyboard: self, model: model)
    check.run()
    var imageCheck = ImageCheck(storyboard: self, model: model, inspector: images, problems: check.problems)
    imageCheck.run()
    return check.problems.inFileOrder
  }
}

/// Checks a storyboard against a model's published limits.
struct ModelCheck {
  let storyboard: Storyboard
  let model: ModelDescriptor
  let problems = ProblemList()

  mutating func run() {
    checkElements()
    for shot in storyboard.shots {
      checkFields(of: shot)
      checkPrompts(of: shot)
      checkDuration(of: shot)
      checkAspectRatio(of: shot)
      checkParameters(of: shot)
      if let most = model.limits.takes, shot.takes > most {
        add("takes", of: shot, "'takes' is \(shot.takes); \(model.id) accepts at most \(most).")
      }
    }
  }

  private func add(_ field: String, of shot: Shot, _ message: String) {
    problems.add(storyboard.problem(at: storyboard.place(of: field, in: shot), message))
  }

  private func checkElements() {
    let counts = storyboard.shots.map(storyboard.sentPlaces).map { $0.references.count + $0.elements.count }
    let count = counts.max() ?? 0
    if let most = model.limits.referencesAndElements, count > most {
      let key = storyboard.elements.isEmpty ? "references" : "elements"
      problems.add(
        storyboard.problem(
          at: key, "there are \(count) references and elements together; \(model.id) accepts at most \(most)."))
    }
    guard let most = model.limits.elementAngles else { return }
    for (index, element) in storyboard.elements.enumerated() where element.angles.count > most {
      problems.add(
        storyboard.problem(
          at: "elements[\(index)].angles",
          "the element has \(element.angles.count) angles; \(model.id) accepts at most \(most) besides the frontal one."
        ))
    }
  }

  /// Whether the model knows the parameters is for the service's own schema to say.
  private func checkParameters(of shot: Shot) {
    for name in shot.parameters.keys.sorted() {
      let place = name == Shot.seedKey && storyboard.line(ofExactly: "parameters.seed", in: shot) == nil
      let field = place ? name : "parameters.\(name)"
      if let mapped = model.fields.mappings.first(where: { $0.value.name == name }) {
        let key = NeutralField(rawValue: mapped.key)?.storyboardKey ?? mapped.key
        add(field, of: shot, "\(quoted(name)) is sent for the field '\(key)'; set that instead.")
      } else if model.constants.contains(where: { $0.name == name }) || LiveModel.serviceParameters.contains(name) {
        add(field, of: shot, "\(quoted(name)) is set by longtake; remove it.")
      }
    }
  }

  private func checkFields(of shot: Shot) {
    let requested = storyboard.requestedFields(of: shot)
    for field in NeutralField.allCases where requested.contains(field) {
      guard let mapping = model.fields[field] else {
        reportUnsupported(field, of: shot)
        continue
      }
      for needed in mapping.requires where !requested.contains(needed) {
        add(
          field.storyboardKey, of: shot,
          "'\(field.storyboardKey)' needs '\(needed.storyboardKey)' with \(model.id); give one, or leave this out.")
      }
    }
    for field in NeutralField.allCases where model.fields[field]?.required == true && !requested.contains(field) {
      if field == .prompt { continue }
      let use = field == .startImage ? "an image or 'previous'" : "a value"
      add(
        field.storyboardKey, of: shot,
        "\(model.id) needs '\(field.storyboardKey)'; give \(use), or choose another model.")
    }
  }

  private func reportUnsupported(_ field: NeutralField, of shot: Shot) {
    switch field {
    case .startImage:
      let isImplied = storyboard.line(of: "shots[\(shot.index)].start") == storyboard.line(of: "shots[\(shot.index)]")
      let why = isImplied ? " (every shot but the first starts from the previous one unless 'start' is given)" : ""
      add(
        "start", of: shot, "\(model.id) cannot start from an image\(why); write 'start: none' or choose another model."
      )
    case .multiPrompt:
      add("multi_prompt", of: shot, "\(model.id) accepts one prompt per shot; make each prompt a shot.")
    case .references, .elements:
      problems.add(
        storyboard.problem(
          at: field.rawValue, "\(model.id) does not accept \(field.rawValue); remove them or choose another model."))
    default:
      let key = field.storyboardKey
      add(key, of: shot, "\(model.id) takes no '\(key)'; remove it or choose another model.")
    }
  }

  private func checkPrompts(of shot: Shot) {
    if let most = model.limits.promptCharacters {
      for (index, text) in shot.prompt.texts.enumerated() {
        let count = storyboard.sentPrompt(text, of: shot).unicodeScalars.count
        guard count > most else { continue }
        let field = shot.prompt.seconds == nil ? "prompt" : "multi_prompt[\(index)].prompt"
        add(
          field, of: shot,
          "the prompt has \(count) characters as sent; \(model.id) accepts at most \(most). Shorten it.")
      }
    }
    guard case .multiple(let parts) = shot.prompt, model.fields.takes(.multiPrompt) else { return }
    if let most = model.limits.multiPrompt?.count, parts.count > most {
      add("multi_prompt", of: shot, "there are \(parts.count) prompts; \(model.id) takes at most \(most) in one shot.")
    }
    for (index, part) in parts.enumerated() where part.seconds.isPositive {
      guard let allowed = model.limits.multiPrompt?.duration?.refusal(of: part.seconds) else { continue }
      add(
        "multi_prompt[\(index)].duration", of: shot,
        "'duration' is \(part.seconds.plain) s; \(model.id) takes \(allowed) for one prompt.")
    }
  }

  private func checkDuration(of shot: Shot) {
    guard let limit = model.limits.duration else { return }
    if let total = shot.prompt.seconds {
      if total.isPositive, let allowed = limit.refusal(of: total) {
        add("multi_prompt", of: shot, "the prompts add up to \(total.plain) s; \(model.id) takes \(allowed).")
      }
    } else if let seconds = shot.duration {
      if let allowed = limit.refusal(of: seconds) {
        add("duration", of: shot, "'duration' is \(seconds.plain) s; \(model.id) takes \(allowed).")
      }
    } else if limit.standard == nil, !storyboard.isWritten("duration", in: shot) {
      let allowed = limit.refusal(of: .zero) ?? "a length"
      add("duration", of: shot, "'duration' is missing; \(model.id) has no published default and takes \(allowed).")
    }
  }

  private func checkAspectRatio(of shot: Shot) {
    guard let ratio = shot.aspectRatio, let allowed = model.limits.aspectRatios, model.fields.takes(.aspectRatio),
      !allowed.contains(ratio)
    else { return }
    add("aspect_ratio", of: shot, "'aspect_ratio' is \(ratio); \(model.id) takes \(allowed.joined(separator: ", ")).")
  }
}

extension Storyboard {
  /// Whether a field stands in the shot or in the defaults, right or wrong.
  func isWritten(_ field: String, in shot: Shot) -> Bool { lines[place(of: field, in: shot)] != nil }
}

extension NeutralField {
  /// The key under which a storyboard gives the field.
  var storyboardKey: String {
    switch self {
    case .startImage: "start"
    case .endImage: "end"
    default: rawValue
    }
  }
}
