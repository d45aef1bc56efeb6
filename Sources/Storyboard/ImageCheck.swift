import Presets
import Timing

/// Holds every picture file of a storyboard against what a model takes; addresses are the service's business.
struct ImageCheck {
  let storyboard: Storyboard
  let model: ModelDescriptor
  let inspector: any ImageInspector
  let problems: ProblemList
  private var known: [String: Result<ImageFacts, any Error>] = [:]

  init(storyboard: Storyboard, model: ModelDescriptor, inspector: any ImageInspector, problems: ProblemList) {
    self.storyboard = storyboard
    self.model = model
    self.inspector = inspector
    self.problems = problems
  }

  mutating func run() {
    for (index, reference) in storyboard.references.enumerated() {
      check(reference, as: .references, at: "references[\(index)]")
    }
    for (index, element) in storyboard.elements.enumerated() {
      check(element.frontal, as: .elements, at: "elements[\(index)].frontal")
      for (angle, image) in element.angles.enumerated() {
        check(image, as: .elements, at: "elements[\(index)].angles[\(angle)]")
      }
    }
    for shot in storyboard.shots {
      if case .image(let image) = shot.start { check(image, as: .startImage, at: "shots[\(shot.index)].start") }
      if case .image(let image) = shot.end { check(image, as: .endImage, at: "shots[\(shot.index)].end") }
    }
  }

  private mutating func check(_ image: ImageSource, as field: NeutralField, at path: String) {
    guard !image.written.isEmpty, case .file(let file) = image.location else { return }
    let result = known[file] ?? Result { try inspector.facts(of: file) }
    known[file] = result
    switch result {
    case .success(let facts):
      guard let limit = model.limits.image(field) else { return }
      for refusal in limit.refusals(of: facts) {
        problems.add(storyboard.problem(at: path, "the picture \(quoted(image.written)) \(refusal)"))
      }
    case .failure(let error):
      problems.add(
        storyboard.problem(at: path, "the picture \(quoted(image.written)) cannot be used: \(error)"))
    }
  }
}

extension ImageLimit {
  /// What a picture breaks, as ends of a sentence.
  func refusals(of facts: ImageFacts) -> [String] {
    var refusals: [String] = []
    if let formats, !formats.contains(facts.format) {
      let allowed = formats.map { $0.uppercased() }.joined(separator: " or ")
      refusals.append("is \(facts.format.uppercased()); it must be \(allowed). Convert it.")
    }
    if let maxBytes, facts.bytes > maxBytes {
      refusals.append("has \(facts.bytes) bytes; at most \(maxBytes) are taken. Compress it or make it smaller.")
    }
    let (short, long) = (min(facts.width, facts.height), max(facts.width, facts.height))
    let size = "\(facts.width)x\(facts.height)"
    if let minSide, short < minSide { refusals.append("is \(size); each side must have at least \(minSide) pixels.") }
    if let maxSide, long > maxSide { refusals.append("is \(size); each side may have at most \(maxSide) pixels.") }
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
