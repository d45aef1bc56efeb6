extension Storyboard {
  /// The same storyboard in which a shot ends on an image file.
  public func ending(_ id: String, on file: String) -> Storyboard {
    let shots = shots.map { shot in
      shot.id == id ? shot.ending(on: ImageSource(written: file, relativeTo: "/")) : shot
    }
    return Storyboard(
      title: title, provider: provider, model: model, references: references, videos: videos, elements: elements,
      shots: shots,
      master: master, delivery: delivery, marking: marking, lines: lines)
  }
}

extension Shot {
  fileprivate func ending(on image: ImageSource) -> Shot {
    Shot(
      id: id, index: index, prompt: prompt, duration: duration, start: start, end: .image(image), takes: takes,
      negativePrompt: negativePrompt, aspectRatio: aspectRatio, generateAudio: generateAudio,
      anchorSearch: anchorSearch, parameters: parameters, trim: trim, transition: transition, provider: provider,
      model: model, resolution: resolution, verify: verify)
  }
}
