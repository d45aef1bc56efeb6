import Presets
import Timing

/// The models served: the published ones and those of model descriptors.
struct ModelCatalogue: Sendable {
  private let models: [String: SandboxModel]

  init(_ models: [SandboxModel]) {
    self.models = Dictionary(models.map { ($0.id, $0) }, uniquingKeysWith: { _, last in last })
  }

  /// The hub's models; fal has no list.
  var all: [SandboxModel] { models.values.filter { !$0.isOfFal }.sorted { $0.id < $1.id } }

  subscript(id: String) -> SandboxModel? { models[id] }

  /// The hub's models whose id or title contains the text.
  func matching(_ text: String) -> [SandboxModel] {
    let wanted = text.lowercased()
    return all.filter { $0.id.lowercased().contains(wanted) || $0.title.lowercased().contains(wanted) }
  }
}

extension ModelCatalogue {
  /// The published models and the served ones of the descriptors. A descriptor's names and limits override those of a
  /// published model of the same id.
  init(_ published: [SandboxModel], descriptors: [ModelDescriptor]) {
    let known = ModelCatalogue(published)
    let served = descriptors.filter { $0.serves("oxen") || $0.serves("sandbox") || $0.serves("fal") }
    self.init(published + served.map { SandboxModel($0, over: known[$0.id]) })
  }
}

extension SandboxModel {
  /// A model as described; what the descriptor leaves open comes from the published model, or stays open.
  init(_ descriptor: ModelDescriptor, over known: SandboxModel?) {
    self = known ?? SandboxModel(id: descriptor.id, title: descriptor.title, resolutions: [:], standardResolution: "")
    title = descriptor.title
    isOfFal = descriptor.serves("fal") && !descriptor.serves("oxen") && !descriptor.serves("sandbox")
    let fields = descriptor.fields
    names.startImage = fields[.startImage]?.name
    names.endImage = fields[.endImage]?.name
    names.references = fields[.references]?.name
    names.elements = fields[.elements]?.name
    names.multiPrompt = fields[.multiPrompt]?.name
    names.aspectRatio = fields[.aspectRatio]?.name
    names.audio = fields[.generateAudio]?.name
    if known == nil {
      sizes = descriptor.output.sizes.mapValues { FrameSize($0.width, $0.height) }
      followsStartImage = descriptor.output.followsStartImage
      promptCharacters = descriptor.limits.promptCharacters
      referencesAndElements = descriptor.limits.referencesAndElements ?? .max
    }
    if let ratios = descriptor.limits.aspectRatios { aspectRatios = ratios }
    if let ratio = descriptor.output.defaultAspectRatio { standardAspectRatio = ratio }
    if let count = descriptor.limits.multiPrompt?.count { shots = count }
    if let price = descriptor.price() { dollarsPerSecond = Double(price.micro) / 1_000_000 }
    take(descriptor.limits.duration)
  }

  private mutating func take(_ limit: DurationLimit?) {
    guard let limit else { return }
    if let values = limit.values?.compactMap({ $0.rounded.map { Int($0) } }), let least = values.min(),
      let most = values.max()
    {
      onlySeconds = Set(values)
      seconds = least...most
    } else if let least = limit.min?.rounded, let most = limit.max?.rounded, least <= most {
      onlySeconds = nil
      seconds = Int(least)...Int(most)
    }
    if let standard = limit.standard?.rounded { standardSeconds = Int(standard) }
  }
}
