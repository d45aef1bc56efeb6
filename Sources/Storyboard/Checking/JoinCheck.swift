public import Presets
import Timing

extension Storyboard {
  /// Everything that would stop the clips from being joined, or the master from passing its verify preset, as far as the
  /// models' descriptors tell before anything is paid; in the order of the file.
  /// - Parameters:
  ///   - spec: what the master is verified against; nil when it is not known.
  ///   - clipSpecs: what the clips of shots are verified against, by the shot's place in the storyboard.
  public func joinProblems(
    with targets: ShotTargets, spec: DeliverableSpec?, clipSpecs: [Int: DeliverableSpec] = [:],
    images: any ImageInspector
  ) -> [Problem] {
    let check = JoinCheck(storyboard: self, targets: targets, spec: spec, clipSpecs: clipSpecs, inspector: images)
    check.run()
    return check.problems.inFileOrder
  }

  /// The same where one model makes all shots.
  public func joinProblems(with model: ModelDescriptor, spec: DeliverableSpec?, images: any ImageInspector) -> [Problem]
  {
    joinProblems(with: ShotTargets(ShotTarget(provider: "", model: model)), spec: spec, images: images)
  }
}

/// Checks what happens to the clips after they are paid for.
struct JoinCheck {
  /// Seconds by which a clip may be longer than asked for.
  private static let tolerance = Rational(1, 10)
  /// Relative difference from which on two aspect ratios are different ones.
  private static let aspectTolerance = 0.02

  let storyboard: Storyboard
  let targets: ShotTargets
  let spec: DeliverableSpec?
  let clipSpecs: [Int: DeliverableSpec]
  let inspector: any ImageInspector
  let problems = ProblemList()

  func run() {
    checkSizes()
    checkRates()
    for shot in storyboard.shots {
      checkTrim(of: shot)
      checkTransitions(of: shot)
      checkClipSpec(of: shot)
    }
    checkSpec()
  }

  private func add(_ path: String, _ message: String) { problems.add(storyboard.problem(at: path, message)) }

  // MARK: - Sizes

  /// What decides the size of a shot's clip.
  private enum Shape {
    case size(PixelSize)
    /// As written in the storyboard.
    case ratio(String)
    /// Of the image it starts from.
    case image(width: Int, height: Int)

    var aspect: Double? {
      switch self {
      case .size(let size): Double(size.width) / Double(size.height)
      case .ratio(let text): Rational(parsing: text.replacing(":", with: "/"))?.doubleValue
      case .image(let width, let height): Double(width) / Double(height)
      }
    }

    var text: String {
      switch self {
      case .size(let size): "\(size)"
      case .ratio(let text): text
      case .image(let width, let height): "shaped like its start image, \(width)x\(height)"
      }
    }
  }

  private func shape(of shot: Shot) -> Shape? {
    let model = targets.model(of: shot)
    if model.output.followsStartImage {
      switch storyboard.startFrame(of: shot) {
      case .last(let previous): return shape(of: previous)
      case .image(let image):
        guard case .file(let path) = image.location, let facts = try? inspector.facts(of: path), facts.height > 0 else {
          return nil
        }
        return .image(width: facts.width, height: facts.height)
      case .first, nil: return nil
      }
    }
    if let size = model.format(at: shot.resolution).size(aspectRatio: shot.aspectRatio) { return .size(size) }
    return (shot.aspectRatio ?? model.output.defaultAspectRatio).map(Shape.ratio)
  }

  private func checkSizes() {
    guard storyboard.master.join.conform == nil else { return }
    let isMixed = targets.distinct(of: storyboard.shots).count > 1
    var first: (shot: Shot, shape: Shape)?
    for shot in storyboard.shots {
      let model = targets.model(of: shot)
      guard
        isMixed || model.fields.takes(.aspectRatio) || model.fields.takes(.resolution)
          || model.output.followsStartImage,
        let shape = shape(of: shot)
      else { continue }
      guard let other = first else {
        first = (shot, shape)
        continue
      }
      guard differ(other.shape, shape) else { continue }
      let isOfModel = shot.model != nil && shot.aspectRatio == other.shot.aspectRatio
      let field = isOfModel ? "model" : model.output.followsStartImage ? "start" : "aspect_ratio"
      add(
        storyboard.place(of: field, in: shot),
        "shot \(shot.id) will be \(shape.text) and shot \(other.shot.id) \(other.shape.text): they cannot be joined. Give "
          + "all shots one aspect ratio, or set 'conform' in master.join.")
    }
  }

  private func differ(_ a: Shape, _ b: Shape) -> Bool {
    if case .size(let a) = a, case .size(let b) = b { return a != b }
    guard let a = a.aspect, let b = b.aspect else { return false }
    return abs(a / b - 1) > Self.aspectTolerance
  }

  // MARK: - Lengths

  /// Models that make clips of different rates.
  private func checkRates() {
    guard storyboard.master.join.conform == nil else { return }
    let known = storyboard.shots.compactMap { shot in targets.model(of: shot).output.frameRate.map { (shot, $0) } }
    guard let (first, rate) = known.first else { return }
    for (shot, other) in known where other != rate {
      add(
        storyboard.place(of: "model", in: shot),
        "shot \(shot.id) will have \(other.rational.fraction) fps and shot \(first.id) \(rate.rational.fraction): they "
          + "cannot be joined. Choose models of one rate, or set 'conform' in master.join.")
    }
  }

  /// The rate of a shot in the master; nil when it is not known beforehand.
  private func rate(of shot: Shot) -> FrameRate? {
    storyboard.master.join.conform?.rate ?? targets.model(of: shot).output.frameRate
  }

  private func seconds(_ point: TimePoint, of shot: Shot) -> Rational? {
    if case .seconds(let time) = point { return time }
    return rate(of: shot).flatMap { rate in point.frame(at: rate).map { rate.duration(frames: $0) } }
  }

  private func checkTrim(of shot: Shot) {
    guard let trim = shot.trim, let length = shot.seconds(with: targets.model(of: shot)) else { return }
    let path = "shots[\(shot.index)].trim"
    if let start = trim.start, let time = seconds(start, of: shot), time >= length {
      add("\(path).in", "the trim begins at \(start), but the shot is \(length.plain) s long; nothing of it is left.")
    } else if let end = trim.end, let time = seconds(end, of: shot), time > length + Self.tolerance {
      add("\(path).out", "the trim ends at \(end), but the shot is only \(length.plain) s long.")
    }
  }

  /// The seconds of a shot that its trim leaves; nil when they are not known.
  private func usedSeconds(of shot: Shot) -> Rational? {
    guard let length = shot.seconds(with: targets.model(of: shot)) else { return nil }
    guard let trim = shot.trim else { return length }
    let start = trim.start.map { seconds($0, of: shot) } ?? .some(.zero)
    let end = trim.end.map { seconds($0, of: shot) } ?? .some(length)
    guard let start, let end, start < end else { return nil }
    return min(end, length) - start
  }

  private func checkTransitions(of shot: Shot) {
    let next = storyboard.shots.first { $0.index > shot.index }
    guard shot.transition != nil || next?.transition != nil, let used = usedSeconds(of: shot) else { return }
    func part(_ transition: ShotTransition?) -> Rational? {
      guard let transition else { return .zero }
      return seconds(transition.duration, of: shot).map { transition.kind == .dip ? $0 / Rational(2) : $0 }
    }
    guard let opening = part(shot.transition), let closing = part(next?.transition),
      opening + closing > used + Self.tolerance
    else { return }
    let own = shot.transition != nil ? shot : next
    add(
      "shots[\(own?.index ?? shot.index)].transition",
      "shot \(shot.id) has \(used.plain) s for its transitions, which need \((opening + closing).plain) s; shorten them."
    )
  }

  // MARK: - The verify presets

  private func checkSpec() {
    guard let spec, let first = storyboard.shots.first else { return }
    let model = targets.model(of: first)
    if let sizes = masterSizes(first), !sizes.isEmpty {
      check(spec, "video.size", "frame size", sizes.map(\.description), model)
    }
    if let rate = storyboard.master.join.retime ?? rate(of: first) {
      check(spec, "video.frame_rate", "frame rate", [rate.rational.fraction], model)
    }
    if let codec = model.output.codec { check(spec, "video.codec", "codec", [codec], model) }
  }

  /// The sizes that the master may have: the first shot's, or as conformed.
  private func masterSizes(_ first: Shot) -> [PixelSize]? {
    if let conform = storyboard.master.join.conform, let width = conform.width, let height = conform.height {
      return [PixelSize(width: width, height: height)]
    }
    guard storyboard.master.join.conform == nil else { return nil }
    return targets.model(of: first).format(at: first.resolution).possibleSizes(aspectRatio: first.aspectRatio)
  }

  private func check(
    _ spec: DeliverableSpec, _ id: String, _ title: String, _ possible: [String], _ model: ModelDescriptor
  ) {
    guard let wanted = Self.missed(spec, id, possible) else { return }
    add(
      "master.verify",
      "the preset '\(spec.id)' wants \(title) \(wanted), but the master would have \(possible.joined(separator: " | ")) "
        + "with \(model.id): it could never pass. Choose another preset or model, or conform the shots.")
  }

  private func checkClipSpec(of shot: Shot) {
    guard let spec = clipSpecs[shot.index] else { return }
    let output = targets.model(of: shot).format(at: shot.resolution)
    let facts = [
      ("video.size", "frame size", output.possibleSizes(aspectRatio: shot.aspectRatio).map(\.description)),
      ("video.frame_rate", "frame rate", output.frameRate.map { [$0.rational.fraction] } ?? []),
      ("video.codec", "codec", output.codec.map { [$0] } ?? []),
    ]
    for (id, title, possible) in facts where !possible.isEmpty {
      guard let wanted = Self.missed(spec, id, possible) else { continue }
      add(
        storyboard.place(of: "verify", in: shot),
        "the preset '\(spec.id)' wants \(title) \(wanted), but clips of \(targets.model(of: shot).id) have "
          + "\(possible.joined(separator: " | ")): they could never pass. Choose another preset or model.")
    }
  }

  /// What a preset wants where none of the possible values satisfies it.
  private static func missed(_ spec: DeliverableSpec, _ id: String, _ possible: [String]) -> String? {
    guard let rule = spec.rules[id], rule.severity == .fail, rule.when.isEmpty, let condition = rule.condition,
      !possible.contains(where: { condition.holds(for: .string($0)) })
    else { return nil }
    return switch condition {
    case .equals(let value): Self.text(value)
    case .anyOf(let values): values.map(Self.text).joined(separator: " | ")
    case .between(let low, let high): "\(low) to \(high)"
    case .atLeast(let low): "at least \(low)"
    case .atMost(let high): "at most \(high)"
    }
  }

  private static func text(_ value: JSONValue) -> String { value.stringValue ?? value.canonicalJSON }
}
