import Presets

/// What the sandbox knows of one model: its parameters' names, what it checks of them, and the sizes it renders.
struct SandboxModel: Sendable {
  /// The model's own names of its parameters; nil where it has none of the kind.
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
  /// An endpoint of fal's, not a model of the hub's.
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

  /// The size for an aspect ratio and a resolution, both among those the model knows.
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

/// The models on offer: the published ones that come with the sandbox, and those it was told of.
struct ModelCatalogue: Sendable {
  private let models: [String: SandboxModel]

  init(_ models: [SandboxModel]) {
    self.models = Dictionary(models.map { ($0.id, $0) }, uniquingKeysWith: { _, last in last })
  }

  /// Those of the hub; fal has no list.
  var all: [SandboxModel] { models.values.filter { !$0.isOfFal }.sorted { $0.id < $1.id } }

  subscript(id: String) -> SandboxModel? { models[id] }

  /// Those whose id or title holds the text.
  func matching(_ text: String) -> [SandboxModel] {
    let wanted = text.lowercased()
    return all.filter { $0.id.lowercased().contains(wanted) || $0.title.lowercased().contains(wanted) }
  }
}
