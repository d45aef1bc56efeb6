import Files
public import Presets
import Timing

extension Storyboard {
  /// Everything in the storyboard that the shots' models do not accept, before anything is sent; in the order of the file.
  ///
  /// Limits that are missing in a descriptor are not checked. Each image file is inspected once.
  public func problems(against targets: ShotTargets, images: any ImageInspector) -> [Problem] {
    let problems = ProblemList()
    for shot in shots {
      ModelCheck(storyboard: self, shot: shot, model: targets.model(of: shot), problems: problems).run()
    }
    var imageCheck = ImageCheck(storyboard: self, targets: targets, inspector: images, problems: problems)
    imageCheck.run()
    return problems.inFileOrder
  }

  /// The same where one model makes all shots.
  public func problems(against model: ModelDescriptor, images: any ImageInspector) -> [Problem] {
    problems(against: ShotTargets(ShotTarget(provider: "", model: model)), images: images)
  }
}

/// Checks a shot against its model's published limits.
private struct ModelCheck {
  let storyboard: Storyboard
  let shot: Shot
  let model: ModelDescriptor
  let problems: ProblemList

  func run() {
    checkElements()
    checkFields(of: shot)
    checkPrompts(of: shot)
    checkDuration(of: shot)
    checkAspectRatio(of: shot)
    checkResolution(of: shot)
    checkParameters(of: shot)
    if let most = model.limits.takes, shot.takes > most {
      add("takes", of: shot, "'takes' is \(shot.takes); \(model.id) accepts at most \(most).")
    }
  }

  private func add(_ field: String, of shot: Shot, _ message: String) {
    problems.add(storyboard.problem(at: storyboard.place(of: field, in: shot), message))
  }

  private func checkElements() {
    let places = storyboard.sentPlaces(of: shot)
    let count = places.references.count + places.elements.count
    let hasVideo =
      !places.videos.isEmpty || places.elements.contains { storyboard.elements[$0].video != nil }
    if let most = model.limits.videoReferences, places.videos.count > most {
      problems.add(
        storyboard.problem(
          at: "video_references", "there are \(places.videos.count) videos; \(model.id) accepts at most \(most)."))
    }
    checkElementMembers(places.elements)
    let limit =
      (hasVideo ? model.limits.referencesAndElementsWithVideo : nil) ?? model.limits.referencesAndElements
    if let most = limit, count > most {
      let key = storyboard.elements.isEmpty ? "references" : "elements"
      problems.add(
        storyboard.problem(
          at: key,
          "there are \(count) references and elements together; \(model.id) accepts at most \(most)\(hasVideo ? " beside a video" : "")."
        ))
    }
    guard let most = model.limits.elementAngles else { return }
    for index in places.elements where storyboard.elements[index].angles.count > most {
      let element = storyboard.elements[index]
      problems.add(
        storyboard.problem(
          at: "elements[\(index)].angles",
          "the element has \(element.angles.count) angles; \(model.id) accepts at most \(most) besides the frontal one."
        ))
    }
  }

  /// Elements that a video shows, or that have a voice, where the model takes none.
  private func checkElementMembers(_ places: [Int]) {
    guard let mapping = model.fields[.elements] else { return }
    for index in places {
      let element = storyboard.elements[index]
      for (name, isGiven) in [("video", element.video != nil), ("voice", element.voice != nil)]
      where isGiven && mapping.members[name] == nil {
        problems.add(
          storyboard.problem(
            at: "elements[\(index)].\(name)",
            "\(model.id) takes no '\(name)' of an element; remove it or choose another model."))
      }
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
        if field == .generateAudio, let asked = shot.generateAudio, model.implies(audio: asked) { continue }
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
    case .references, .videoReferences, .elements:
      problems.add(
        storyboard.problem(
          at: field.rawValue, "\(model.id) does not accept \(field.rawValue); remove them or choose another model."))
    case .generateAudio where model.output.audio == .always:
      add("generate_audio", of: shot, "\(model.id) always makes audio; remove 'generate_audio'.")
    case .generateAudio where model.output.audio == .never:
      add("generate_audio", of: shot, "\(model.id) makes no audio; remove 'generate_audio'.")
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

  private func checkResolution(of shot: Shot) {
    guard let resolution = shot.resolution, let allowed = model.limits.resolutions?.values,
      !allowed.contains(resolution)
    else { return }
    add(
      "resolution", of: shot,
      "'resolution' is \(quoted(resolution)); \(model.id) takes \(allowed.joined(separator: ", ")).")
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
