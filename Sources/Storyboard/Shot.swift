public import Presets
public import Timing

/// One shot: one request, one clip. Values from `defaults` are already in it.
public struct Shot: Sendable, Hashable {
  /// Names files in the workspace: letters, digits, `-` and `_`.
  public let id: String
  /// The place in the storyboard, from 0.
  public let index: Int
  public let prompt: ShotPrompt
  /// Seconds of a single prompt; nil leaves it to the model. For several prompts see ``ShotPrompt/seconds``.
  public let duration: Rational?
  public let start: ShotStart
  public let end: ShotEnd
  /// Generations of this shot, each paid.
  public let takes: Int
  public let negativePrompt: String?
  /// `16:9`.
  public let aspectRatio: String?
  /// Nil leaves it to the model.
  public let generateAudio: Bool?
  /// Frames at its end among which the next shot's start frame is chosen; nil for the last one.
  public let anchorSearch: Int?
  /// Further parameters of the model, by its own names, sent as they are; `seed` is one of them.
  public let parameters: [String: JSONValue]
  /// Nil for the whole clip.
  public let trim: ShotTrim?
  /// Nil for a plain join with the shot before.
  public let transition: ShotTransition?
  /// The shot's own provider and model; nil for the storyboard's.
  public let provider: String?
  public let model: String?
  /// As the model spells it, such as `1080p`; nil for the model's standard.
  public let resolution: String?
  /// The verify preset that its clips must pass besides what was asked for, by name or path.
  public let verify: String?

  /// The field `seed`, and the parameter that it sets.
  static let seedKey = "seed"
}

/// One prompt, or several in sequence.
public enum ShotPrompt: Sendable, Hashable {
  case single(String)
  case multiple([PromptPart])

  /// The texts as written in the storyboard.
  public var texts: [String] {
    switch self {
    case .single(let text): [text]
    case .multiple(let parts): parts.map(\.text)
    }
  }

  /// The sum over several prompts; nil for a single one.
  public var seconds: Rational? {
    guard case .multiple(let parts) = self else { return nil }
    return parts.reduce(.zero) { $0 + $1.seconds }
  }
}

/// One of several prompts of a shot.
public struct PromptPart: Sendable, Hashable {
  public let text: String
  public let seconds: Rational
}

/// What a shot starts from.
public enum ShotStart: Sendable, Hashable {
  /// Left to the model: the shot begins a new chain.
  case none
  /// The last frame of the shot before.
  case previous
  case image(ImageSource)
}

/// What a shot ends on.
public enum ShotEnd: Sendable, Hashable {
  /// Left to the model.
  case none
  /// The first frame of the next shot, so that two chains meet.
  case next
  case image(ImageSource)
}

extension Shot {
  /// The clip's duration: the sum of several prompts, the shot's own, or the model's default; nil when unknown.
  public func seconds(with model: ModelDescriptor) -> Rational? {
    prompt.seconds ?? duration ?? model.limits.duration?.standard
  }

  /// Dollars per second; nil when not published.
  public func price(with model: ModelDescriptor) -> USD? {
    model.price(resolution: resolution, audio: generateAudio)
  }

  /// The price of all takes; nil when length or price is not known.
  public func cost(with model: ModelDescriptor) -> USD? {
    guard let price = price(with: model), let seconds = seconds(with: model) else { return nil }
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
