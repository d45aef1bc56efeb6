public import Presets
public import Stills
import Timing

extension ImageLimits {
  /// What a model accepts as a start image; the Kling O3 family's limits where it publishes none.
  public init(startImageOf model: ModelDescriptor) { self.init(of: model, for: .startImage) }

  /// The same for any image field.
  init(of model: ModelDescriptor, for field: NeutralField) {
    self.init()
    guard let limit = model.limits.image(field) else { return }
    if let bytes = limit.maxBytes { maximumBytes = Int(bytes) }
    if let side = limit.minSide { minimumSide = side }
    let least = limit.minAspect?.doubleValue ?? aspect.lowerBound
    aspect = least...max(least, limit.maxAspect?.doubleValue ?? aspect.upperBound)
    if let names = limit.formats { formats = Set(names.compactMap { EncodedStill.Format(rawValue: $0) }) }
  }

  /// What satisfies every one of several limits.
  init(allOf limits: [ImageLimit]) {
    self.init(maximumBytes: .max, minimumSide: 1, aspect: 0...(.infinity))
    for limit in limits {
      if let bytes = limit.maxBytes { maximumBytes = min(maximumBytes, Int(bytes)) }
      if let side = limit.minSide { minimumSide = max(minimumSide, side) }
      if let names = limit.formats { formats.formIntersection(names.compactMap { EncodedStill.Format(rawValue: $0) }) }
    }
  }
}
