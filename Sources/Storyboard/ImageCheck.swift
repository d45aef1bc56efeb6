import Files
public import Presets
import Timing

/// Holds every frame file of a storyboard against what a model takes; addresses are the service's business.
struct ImageCheck {
  let storyboard: Storyboard
  let model: ModelDescriptor
  let inspector: any ImageInspector
  let problems: ProblemList
  private(set) var conversions: [Problem] = []
  private var known: [String: Result<ImageFacts, any Error>] = [:]

  init(storyboard: Storyboard, model: ModelDescriptor, inspector: any ImageInspector, problems: ProblemList) {
    self.storyboard = storyboard
    self.model = model
    self.inspector = inspector
    self.problems = problems
  }

  mutating func run() {
    for use in storyboard.imageUses { check(use) }
  }

  private mutating func check(_ use: ImageUse) {
    guard !use.image.written.isEmpty, case .file(let file) = use.image.location else { return }
    let name = quoted(use.image.written)
    let result = known[file] ?? Result { try inspector.facts(of: file) }
    known[file] = result
    switch result {
    case .success(let facts):
      let limit = model.limits.image(use.field)
      for refusal in limit?.refusals(of: facts) ?? [] {
        problems.add(storyboard.problem(at: use.path, "the frame \(name) \(refusal)"))
      }
      let reasons = limit?.conversions(of: facts) ?? ImageLimit.unlimitedConversions(of: facts)
      if !reasons.isEmpty {
        conversions.append(
          storyboard.problem(
            at: use.path, "the frame \(name) \(reasons.joined(separator: ", and ")); it will be converted to fit."))
      }
    case .failure(let error):
      problems.add(storyboard.problem(at: use.path, "the frame \(name) cannot be used: \(error)"))
    }
  }
}

/// Where a storyboard uses a frame.
struct ImageUse {
  let image: ImageSource
  let field: NeutralField
  let path: String
}

extension Storyboard {
  /// Every place where a frame is named.
  var imageUses: [ImageUse] {
    var uses: [ImageUse] = []
    for (index, reference) in references.enumerated() {
      uses.append(ImageUse(image: reference, field: .references, path: "references[\(index)]"))
    }
    for (index, element) in elements.enumerated() {
      uses.append(ImageUse(image: element.frontal, field: .elements, path: "elements[\(index)].frontal"))
      for (angle, image) in element.angles.enumerated() {
        uses.append(ImageUse(image: image, field: .elements, path: "elements[\(index)].angles[\(angle)]"))
      }
    }
    for shot in shots {
      if case .image(let image) = shot.start {
        uses.append(ImageUse(image: image, field: .startImage, path: "shots[\(shot.index)].start"))
      }
      if case .image(let image) = shot.end {
        uses.append(ImageUse(image: image, field: .endImage, path: "shots[\(shot.index)].end"))
      }
    }
    return uses
  }

  /// The fields in which a frame file is sent.
  public func fields(usingFile path: String) -> Set<NeutralField> {
    var fields = Set(imageUses.filter { $0.image.location == .file(path) }.map(\.field))
    // A shot that meets the next one ends on that one's start.
    for shot in shots where shot.end == .next {
      if case .image(let image)? = endFrame(of: shot), image.location == .file(path) { fields.insert(.endImage) }
    }
    return fields
  }

  /// Frames that do not fit a model as they are and can be made to, each with the reason.
  public func conversions(for model: ModelDescriptor, images: any ImageInspector) -> [Problem] {
    var check = ImageCheck(storyboard: self, model: model, inspector: images, problems: ProblemList())
    check.run()
    return check.conversions
  }
}

extension ImageLimit {
  /// Why a frame has to be converted, where no limits are published, as ends of a sentence.
  public static func unlimitedConversions(of facts: ImageFacts) -> [String] {
    if !["png", "jpeg", "webp"].contains(facts.format) { return ["is neither PNG, JPEG nor WEBP"] }
    var reasons: [String] = []
    if !facts.isPlain { reasons.append("has samples that many services do not read (more than 8 bits, or CMYK)") }
    if !facts.isUpright { reasons.append("is turned only by its EXIF data, which not every service heeds") }
    return reasons
  }

  /// What of a frame breaks the limits and can be converted, as ends of a sentence.
  public func conversions(of facts: ImageFacts) -> [String] {
    var reasons: [String] = []
    if let formats, !formats.contains(facts.format) {
      let allowed = formats.map { $0.uppercased() }.joined(separator: " or ")
      reasons.append("is \(facts.format.uppercased()) where \(allowed) is taken")
    } else {
      reasons += Self.unlimitedConversions(of: facts)
    }
    if let maxBytes, facts.bytes > maxBytes { reasons.append("has \(facts.bytes) bytes where \(maxBytes) are taken") }
    let long = max(facts.width, facts.height)
    if let maxSide, long > maxSide {
      reasons.append("is \(facts.width)x\(facts.height) where sides up to \(maxSide) are taken")
    }
    return reasons
  }

  /// What of a frame breaks the limits for good, as ends of a sentence.
  func refusals(of facts: ImageFacts) -> [String] {
    var refusals: [String] = []
    let short = min(facts.width, facts.height)
    let size = "\(facts.width)x\(facts.height)"
    if let minSide, short < minSide { refusals.append("is \(size); each side must have at least \(minSide) pixels.") }
    let aspect = Rational(Int64(facts.width), Int64(facts.height))
    let isTooNarrow = minAspect.map { aspect < $0 } ?? false
    let isTooWide = maxAspect.map { aspect > $0 } ?? false
    if isTooNarrow || isTooWide {
      let low = minAspect.map { "1:\($0.reciprocal.plain)" }
      let high = maxAspect.map { "\($0.plain):1" }
      let range = [low, high].compactMap(\.self).joined(separator: " to ")
      refusals.append("is \(size); its width to height must lie within \(range). Crop it.")
    }
    return refusals
  }
}
