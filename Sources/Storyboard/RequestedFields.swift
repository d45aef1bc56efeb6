public import Presets

extension Storyboard {
  /// The neutral fields of a shot's request, whether or not a model accepts them.
  public func requestedFields(of shot: Shot) -> Set<NeutralField> {
    var fields: Set<NeutralField> = []
    switch shot.prompt {
    case .single:
      fields.insert(.prompt)
      if shot.duration != nil { fields.insert(.duration) }
    case .multiple: fields.insert(.multiPrompt)
    }
    if shot.start != .none { fields.insert(.startImage) }
    if shot.end != .none { fields.insert(.endImage) }
    let places = sentPlaces(of: shot)
    if !places.references.isEmpty { fields.insert(.references) }
    if !places.videos.isEmpty { fields.insert(.videoReferences) }
    if !places.elements.isEmpty { fields.insert(.elements) }
    if shot.negativePrompt != nil { fields.insert(.negativePrompt) }
    if shot.aspectRatio != nil { fields.insert(.aspectRatio) }
    if shot.generateAudio != nil { fields.insert(.generateAudio) }
    if shot.resolution != nil { fields.insert(.resolution) }
    return fields
  }
}
