import Files
public import Presets
import Timing

/// Checks every image file of a storyboard against the limits of the models it is sent to. Addresses are left to the service.
struct ImageCheck {
  let storyboard: Storyboard
  let targets: ShotTargets
  let inspector: any ImageInspector
  let problems: ProblemList
  private(set) var conversions: [Problem] = []
  private var known: [String: Result<ImageFacts, any Error>] = [:]

  init(storyboard: Storyboard, targets: ShotTargets, inspector: any ImageInspector, problems: ProblemList) {
    self.storyboard = storyboard
    self.targets = targets
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
      var reasons: [String] = []
      for model in use.shots.map(targets.model) {
        let limit = model.limits.image(use.field)
        for refusal in limit?.refusals(of: facts) ?? [] {
          problems.add(storyboard.problem(at: use.path, "the image \(name) \(refusal)"))
        }
        let own = limit?.conversions(of: facts) ?? ImageLimit.unlimitedConversions(of: facts)
        reasons += own.filter { !reasons.contains($0) }
      }
      if !reasons.isEmpty {
        conversions.append(
          storyboard.problem(
            at: use.path, "the image \(name) \(reasons.joined(separator: ", and ")); it will be converted."))
      }
    case .failure(let error):
      problems.add(storyboard.problem(at: use.path, "the image \(name) cannot be used: \(error)"))
    }
  }
}

/// A place where a storyboard uses an image.
struct ImageUse {
  let image: ImageSource
  let field: NeutralField
  let path: String
  /// The shots whose requests may hold it.
  let shots: [Shot]
}

extension Storyboard {
  /// Every place that names an image.
  var imageUses: [ImageUse] {
    var uses: [ImageUse] = []
    let places = shots.map { ($0, sentPlaces(of: $0)) }
    for (index, reference) in references.enumerated() {
      let shots = places.filter { $0.1.references.contains(index) }.map(\.0)
      uses.append(ImageUse(image: reference, field: .references, path: "references[\(index)]", shots: shots))
    }
    for (index, element) in elements.enumerated() {
      let shots = places.filter { $0.1.elements.contains(index) }.map(\.0)
      if let frontal = element.frontal {
        uses.append(ImageUse(image: frontal, field: .elements, path: "elements[\(index)].frontal", shots: shots))
      }
      for (angle, image) in element.angles.enumerated() {
        uses.append(
          ImageUse(image: image, field: .elements, path: "elements[\(index)].angles[\(angle)]", shots: shots))
      }
    }
    for shot in shots {
      if case .image(let image) = shot.start {
        uses.append(ImageUse(image: image, field: .startImage, path: "shots[\(shot.index)].start", shots: [shot]))
      }
      if case .image(let image) = shot.end {
        uses.append(ImageUse(image: image, field: .endImage, path: "shots[\(shot.index)].end", shots: [shot]))
      }
    }
    return uses
  }

  /// The fields in which an image file is sent.
  public func fields(usingFile path: String) -> Set<NeutralField> {
    var fields = Set(imageUses.filter { $0.image.location == .file(path) }.map(\.field))
    // A shot that ends on the next one's first frame sends that one's start image.
    for shot in shots where shot.end == .next {
      if case .image(let image)? = endFrame(of: shot), image.location == .file(path) { fields.insert(.endImage) }
    }
    return fields
  }

  /// Images that must be converted for the shots' models, each with the reason.
  public func conversions(for targets: ShotTargets, images: any ImageInspector) -> [Problem] {
    var check = ImageCheck(storyboard: self, targets: targets, inspector: images, problems: ProblemList())
    check.run()
    return check.conversions
  }

  /// The same where one model makes all shots.
  public func conversions(for model: ModelDescriptor, images: any ImageInspector) -> [Problem] {
    conversions(for: ShotTargets(ShotTarget(provider: "", model: model)), images: images)
  }
}

extension ImageLimit {
  /// Why an image must be converted where no limits are published, as ends of a sentence.
  public static func unlimitedConversions(of facts: ImageFacts) -> [String] {
    if !["png", "jpeg", "webp"].contains(facts.format) { return ["is neither PNG, JPEG nor WebP"] }
    var reasons: [String] = []
    if !facts.isPlain { reasons.append("has samples that many services cannot read (more than 8 bits, or CMYK)") }
    if !facts.hasDisplayOrientation {
      reasons.append("is rotated only by its EXIF orientation, which some services ignore")
    }
    return reasons
  }

  /// How an image breaks the limits where a conversion helps, as ends of a sentence.
  public func conversions(of facts: ImageFacts) -> [String] {
    var reasons: [String] = []
    if let formats, !formats.contains(facts.format) {
      let allowed = formats.map { $0.uppercased() }.joined(separator: " or ")
      reasons.append("is \(facts.format.uppercased()), expected \(allowed)")
    } else {
      reasons += Self.unlimitedConversions(of: facts)
    }
    if let maxBytes, facts.bytes > maxBytes {
      reasons.append("has \(facts.bytes) bytes, at most \(maxBytes) are accepted")
    }
    let long = max(facts.width, facts.height)
    if let maxSide, long > maxSide {
      reasons.append("is \(facts.width)x\(facts.height), at most \(maxSide) pixels per side are accepted")
    }
    return reasons
  }

  /// How an image breaks the limits where no conversion helps, as ends of a sentence.
  func refusals(of facts: ImageFacts) -> [String] {
    var refusals: [String] = []
    let short = min(facts.width, facts.height)
    let size = "\(facts.width)x\(facts.height)"
    if let minSide, short < minSide {
      refusals.append("is \(size); each side must have at least \(minSide) pixels. Use a larger image.")
    }
    let aspect = Rational(Int64(facts.width), Int64(facts.height))
    let isTooNarrow = minAspect.map { aspect < $0 } ?? false
    let isTooWide = maxAspect.map { aspect > $0 } ?? false
    if isTooNarrow || isTooWide {
      let low = minAspect.map { "1:\($0.reciprocal.plain)" }
      let high = maxAspect.map { "\($0.plain):1" }
      let range = [low, high].compactMap(\.self).joined(separator: " to ")
      refusals.append("is \(size); its aspect ratio must be from \(range). Crop it.")
    }
    return refusals
  }
}
