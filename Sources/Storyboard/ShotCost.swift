public import Presets
public import Timing

extension Shot {
  /// The clip's length: the sum of several prompts, what was asked for, or the model's default; nil when unknown.
  public func seconds(with model: ModelDescriptor) -> Rational? {
    prompt.seconds ?? duration ?? model.limits.duration?.standard
  }

  /// The price of all takes; nil when length or price is not known.
  public func cost(with model: ModelDescriptor) -> USD? {
    guard let price = model.pricePerSecond, let seconds = seconds(with: model) else { return nil }
    return price.times(seconds * Int64(takes))
  }
}

extension Storyboard {
  /// The length of all shots; nil as soon as one is not known.
  public func seconds(with model: ModelDescriptor) -> Rational? {
    shots.reduce(.zero) { sum, shot in sum.flatMap { known in shot.seconds(with: model).map { known + $0 } } }
  }

  /// The price of all takes of all shots; nil as soon as one is not known.
  public func cost(with model: ModelDescriptor) -> USD? {
    shots.reduce(.zero) { sum, shot in sum.flatMap { known in shot.cost(with: model).map { known + $0 } } }
  }
}
