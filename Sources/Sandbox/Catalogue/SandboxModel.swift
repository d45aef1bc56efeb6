import Presets

/// One model of the sandbox: the names of its parameters, their limits, and the sizes it renders.
struct SandboxModel: Sendable {
  /// The model's names of its parameters; nil for those it does not have.
  struct Names: Sendable {
    var startImage: String?
    var endImage: String?
    var references: String?
    var elements: String?
    var multiPrompt: String?
    var aspectRatio: String? = "aspect_ratio"
    var audio: String? = "generate_audio"
    var resolution: String?
  }

  let id: String
  var title: String
  var developer = "Kling"
  /// An endpoint of fal, not a model of the hub.
  var isOfFal = false
  var names = Names()
  /// Names of resolutions and the shorter side of a 16:9 frame in each; one entry where there is no choice.
  var resolutions: [String: Int]
  var standardResolution: String
  /// Sizes that do not follow from the resolution: aspect ratio → size.
  var sizes: [String: FrameSize] = [:]
  var aspectRatios = ["16:9", "9:16", "1:1"]
  /// Used when a request names none.
  var standardAspectRatio = "16:9"
  /// The frame takes its shape from the start image.
  var followsStartImage = false
  /// Whole seconds.
  var seconds: ClosedRange<Int> = 3...15
  /// Only these lengths; nil for all in ``seconds``.
  var onlySeconds: Set<Int>?
  var standardSeconds = 5
  /// Resolutions that are made in these lengths only.
  var secondsByResolution: [String: Set<Int>] = [:]
  var promptCharacters: Int? = 512
  /// Shots of a `multi_prompt` at most.
  var shots = 6
  var referencesAndElements = 7
  /// The same when a video is an input.
  var referencesAndElementsWithVideo = 4
  /// US dollars per second of video; nil when not published.
  var dollarsPerSecond: Double?

  /// The size for an aspect ratio and a resolution of the model.
  func size(aspectRatio: String, resolution: String) -> FrameSize? {
    if let size = sizes[aspectRatio] { return size }
    guard let side = resolutions[resolution] else { return nil }
    return switch aspectRatio {
    case "16:9": FrameSize(side * 16 / 9, side)
    case "9:16": FrameSize(side, side * 16 / 9)
    case "1:1": FrameSize(side * 4 / 3, side * 4 / 3)
    default: nil
    }
  }
}
