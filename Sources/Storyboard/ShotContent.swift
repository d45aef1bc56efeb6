public import Presets
import Timing

extension Storyboard {
  /// One fixed text of everything in a shot that its clip depends on, for a digest.
  ///
  /// When it changes, the clip is out of date. The number of takes and the place in the storyboard are not part of it,
  /// nor is the last frame of the shot before, whose digest the caller has.
  /// - Parameters:
  ///   - isEarlier: as versions had it that sent every reference and element with every shot.
  ///   - identity: identifies an image by its content, for example by the file's digest.
  public func canonicalContent(
    of shot: Shot, model: ModelDescriptor, asEarlierVersions isEarlier: Bool = false,
    identity: (ImageSource) throws -> String
  ) rethrows -> String {
    let places = isEarlier ? allPlaces : sentPlaces(of: shot)
    var content: [String: JSONValue] = ["model": .string(model.id)]
    switch shot.prompt {
    case .single(let text):
      content["prompt"] = .string(prompt(text, naming: places))
      content["duration"] = shot.duration.map { .string($0.fraction) }
    case .multiple(let parts):
      content["multi_prompt"] = .array(
        parts.map { ["prompt": .string(prompt($0.text, naming: places)), "duration": .string($0.seconds.fraction)] })
    }
    switch shot.start {
    case .none: content["start"] = "none"
    case .previous: content["start"] = "previous"
    case .image(let image): content["start"] = ["image": .string(try identity(image))]
    }
    switch endFrame(of: shot) {
    case .image(let image): content["end"] = .string(try identity(image))
    case .first: content["end"] = "next"
    case .last, nil: break
    }
    if !places.references.isEmpty {
      content["references"] = .array(try places.references.map { .string(try identity(references[$0])) })
    }
    if !places.elements.isEmpty {
      content["elements"] = .array(
        try places.elements.map { elements[$0] }.map { element -> JSONValue in
          var parts: [String: JSONValue] = [
            "angles": .array(try element.angles.map { .string(try identity($0)) })
          ]
          parts["frontal"] = try element.frontal.map { .string(try identity($0)) }
          parts["video"] = element.video.map(JSONValue.string)
          parts["voice"] = element.voice.map(JSONValue.string)
          return .object(parts)
        })
    }
    if !places.videos.isEmpty { content["video_references"] = .array(places.videos.map { .string(videos[$0]) }) }
    content["negative_prompt"] = shot.negativePrompt.map(JSONValue.string)
    content["aspect_ratio"] = shot.aspectRatio.map(JSONValue.string)
    content["generate_audio"] = shot.generateAudio.map(JSONValue.bool)
    content["resolution"] = shot.resolution.map(JSONValue.string)
    if !shot.parameters.isEmpty { content["parameters"] = .object(shot.parameters) }
    return JSONValue.object(content).canonicalJSON
  }
}
