public import Presets
public import Stills
import Timing

extension ImageLimits {
  /// What a model accepts as the frame a shot starts from; the Kling O3 family's limits where it publishes none.
  public init(startImageOf model: ModelDescriptor) { self.init(of: model, for: .startImage) }

  /// The same for any field that takes frames.
  init(of model: ModelDescriptor, for field: NeutralField) {
    self.init()
    guard let limit = model.limits.image(field) else { return }
    if let bytes = limit.maxBytes { maximumBytes = Int(bytes) }
    if let side = limit.minSide { minimumSide = side }
    let least = limit.minAspect?.doubleValue ?? aspect.lowerBound
    aspect = least...max(least, limit.maxAspect?.doubleValue ?? aspect.upperBound)
    if let names = limit.formats { formats = Set(names.compactMap { EncodedStill.Format(rawValue: $0) }) }
  }
}
