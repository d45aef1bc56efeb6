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
  /// Frames at its end among which the one that the next shot starts from is chosen; nil for the last, whatever it is.
  public let anchorSearch: Int?
  /// Nil for the whole clip.
  public let trim: ShotTrim?
  /// Nil for a plain join with the shot before.
  public let transition: ShotTransition?
}

/// What a shot shows, as one prompt or as several after each other.
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

/// What a shot's first frame is.
public enum ShotStart: Sendable, Hashable {
  /// Free: the shot begins a new chain.
  case none
  /// The last frame of the shot before.
  case previous
  case image(ImageSource)
}

/// What a shot's last frame is to be.
public enum ShotEnd: Sendable, Hashable {
  /// Free: as the model likes.
  case none
  /// The first frame of the shot after, so that two chains meet.
  case next
  case image(ImageSource)
}
