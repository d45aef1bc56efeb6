import Captions
import Delivery
import Files
import Foundation
import Generation
import Ledger
import Libav
public import Presets
import Stitching
import Storyboard
import Verification

/// Reads a storyboard and checks everything that can be checked without sending a request.
public struct Planner: Sendable {
  /// The verify preset of a master that names none.
  public static let defaultMasterPreset = "uhd-4k"

  /// In place of images whose address is not known yet.
  private static let placeholderAddress = "https://images.example/image.png"

  private let library: PresetLibrary

  private let defaultProvider: String

  /// - Parameter defaultProvider: of storyboards that name none.
  public init(library: PresetLibrary, defaultProvider: String? = nil) {
    self.library = library
    self.defaultProvider = defaultProvider ?? ProviderHost.sandboxName
  }

  /// - Parameters:
  ///   - provider: overrides the storyboard's own, and those of its shots.
  ///   - variables: values by name, which override the storyboard's own.
  ///   - makesMaster: whether the master must be able to meet its verify preset.
  /// - Throws: ``StoryboardError`` `notFound` or `unreadable`; what is wrong inside the file is in the plan.
  public func plan(
    _ path: String, provider: String? = nil, variables: [String: String] = [:], makesMaster: Bool = true
  ) throws -> ExecutionPlan {
    let document = try StoryboardDocument(path: path, variables: variables)
    let digest = try document.resolved.map { SHA256Text.of($0.canonicalJSON) } ?? FileDigest.sha256(ofFile: path)
    return plan(
      document, path: path, digest: digest,
      provider: provider ?? document.partial?.provider ?? defaultProvider, given: provider, makesMaster: makesMaster,
      live: [])
  }

  /// The plan checked against what the services' catalogues answered about its models, which overrides the descriptors.
  public func applying(_ answers: [CatalogAnswer], to plan: ExecutionPlan) -> ExecutionPlan {
    self.plan(
      plan.document, path: plan.path, digest: plan.digest, provider: plan.provider, given: plan.givenProvider,
      makesMaster: plan.makesMaster, live: answers)
  }

  private func plan(
    _ document: StoryboardDocument, path: String, digest: String, provider: String, given: String?, makesMaster: Bool,
    live: [CatalogAnswer]
  ) -> ExecutionPlan {
    let storyboard = document.partial
    let list = ProblemList()
    var targets = storyboard.flatMap { self.targets(of: $0, provider, given: given, list) }
    var findings: [LiveFindings] = []
    if let storyboard, let known = targets {
      for target in known.distinct(of: storyboard.shots) {
        guard let answer = live.first(where: { $0.isAbout(target) }) else { continue }
        let differences = answer.model?.applied(to: target.model).differences ?? []
        findings.append(
          LiveFindings(
            provider: target.provider, model: target.model.id, isReached: answer.model != nil, note: answer.note,
            differences: differences))
      }
      targets = known.mapModels { target in
        live.first { $0.isAbout(target) }?.model?.applied(to: target.model).model ?? target.model
      }
    }
    if let targets {
      document.problems(against: targets, images: LibavImageInspector()).forEach(list.add)
      if let storyboard { check(storyboard, targets, live, list) }
    } else {
      document.problems.forEach(list.add)
    }
    if let storyboard, let music = storyboard.master.music, let problem = Self.musicProblem(of: music.file) {
      list.add(storyboard.problem(at: "master.music.file", problem))
    }
    if let storyboard {
      for (number, captions) in storyboard.master.captions.enumerated() {
        guard let problem = Self.captionProblem(of: captions) else { continue }
        list.add(storyboard.problem(at: "master.captions[\(number)].file", problem))
      }
    }
    if let storyboard {
      for (number, language) in storyboard.master.languages.enumerated() {
        guard let voice = language.voice, let problem = Self.voiceProblem(of: voice) else { continue }
        list.add(storyboard.problem(at: "master.languages[\(number)].voice", problem))
      }
    }
    let spec = masterSpec(storyboard, list)
    if let storyboard, let targets { Self.retimeProblems(of: storyboard, targets).forEach(list.add) }
    if let storyboard { Self.markProblems(of: storyboard).forEach(list.add) }
    let clipSpecs = storyboard.map { self.clipSpecs(of: $0, list) } ?? [:]
    let deliveries = storyboard.map { deliveryVersions(of: $0, list) } ?? []
    if let targets, let storyboard {
      storyboard.joinProblems(
        with: targets, spec: makesMaster ? spec : nil, clipSpecs: clipSpecs, images: LibavImageInspector()
      ).forEach(list.add)
    }
    return ExecutionPlan(
      path: path, digest: digest, document: document, provider: provider, givenProvider: given, targets: targets,
      masterSpec: spec, clipSpecs: clipSpecs, deliveries: deliveries, makesMaster: makesMaster,
      shots: storyboard.map { shots(of: $0, targets, provider) } ?? [], problems: list.inFileOrder,
      conversions: targets.flatMap { storyboard?.conversions(for: $0, images: LibavImageInspector()) } ?? [],
      live: findings)
  }

  /// Provider and model of each shot; nil when the storyboard's own model cannot be had.
  private func targets(
    of storyboard: Storyboard, _ provider: String, given: String?, _ list: ProblemList
  ) -> ShotTargets? {
    guard !storyboard.model.isEmpty else { return nil }
    let standard: ShotTarget
    do {
      standard = ShotTarget(provider: provider, model: try library.model(named: storyboard.model, for: provider))
    } catch {
      list.add(storyboard.problem(at: "model", "\(error)"))
      return nil
    }
    var own: [Int: ShotTarget] = [:]
    for shot in storyboard.shots {
      let provider = given ?? shot.provider ?? provider
      guard shot.model != nil || provider != standard.provider else { continue }
      do {
        own[shot.index] = ShotTarget(
          provider: provider, model: try library.model(named: shot.model ?? storyboard.model, for: provider))
      } catch {
        let field = shot.model == nil ? "provider" : "model"
        list.add(storyboard.problem(at: "shots[\(shot.index)].\(field)", "\(error)"))
      }
    }
    return ShotTargets(standard, own: own)
  }

  /// The verify presets of shots that name one.
  private func clipSpecs(of storyboard: Storyboard, _ list: ProblemList) -> [Int: DeliverableSpec] {
    var specs: [Int: DeliverableSpec] = [:]
    for shot in storyboard.shots {
      guard let name = shot.verify else { continue }
      do {
        let spec = try library.deliverableSpec(named: name)
        _ = try Verifier(spec: spec)
        specs[shot.index] = spec
      } catch {
        list.add(storyboard.problem(at: storyboard.place(ofShared: "verify", in: shot), "\(error)"))
      }
    }
    return specs
  }

  /// Whether a plan only breaks limits that the service may have changed since the descriptor was written.
  func breaksOnlyLiveLimits(_ plan: ExecutionPlan) -> Bool {
    guard let storyboard = plan.storyboard, let targets = plan.targets, plan.masterSpec != nil,
      plan.document.problems.isEmpty
    else { return false }
    return storyboard.problems(
      against: targets.mapModels(\.model.withoutReplaceableLimits), images: LibavImageInspector()
    ).isEmpty
  }

  /// Why a file cannot be the music of a master; nil when all its audio can be decoded.
  private static func musicProblem(of path: String) -> String? {
    do {
      try MusicOptions(file: path).requireUsable()
      return nil
    } catch let error as StitchError {
      return "\(quoted(path)) cannot be used as music: it \(error.message)."
    } catch {
      return "\(quoted(path)) cannot be read as music: \((error as? LibavError)?.message ?? "\(error)")."
    }
  }

  /// A rate that is too far from those of the shots' models, as far as they are known.
  private static func retimeProblems(of storyboard: Storyboard, _ targets: ShotTargets) -> [Problem] {
    let join = storyboard.master.join
    guard let retime = join.retime else { return [] }
    let known = storyboard.shots.compactMap { join.conform?.rate ?? targets.model(of: $0).output.frameRate }
    return known.filter { !Retiming.isAllowed(from: $0, to: retime) }.map { rate in
      storyboard.problem(
        at: "master.join.retime",
        "clips of \(rate) frames/s cannot be retimed to \(retime): at most 5 % faster or slower; set 'rate' in conform."
      )
    }
  }

  /// Marks and labels that cannot be written.
  private static func markProblems(of storyboard: Storyboard) -> [Problem] {
    var problems: [Problem] = []
    do {
      _ = try storyboard.marking?.options()
    } catch {
      problems.append(storyboard.problem(at: "marking.\(error.field)", error.message))
    }
    let languages = storyboard.master.languages.map { Optional($0.language) }
    for language in languages.isEmpty ? [nil] : languages {
      do {
        _ = try storyboard.delivery?.label?.label(language: language)
      } catch {
        problems.append(storyboard.problem(at: "deliver.label", "\(error.message)."))
        break
      }
    }
    return problems
  }

  /// Why a file cannot be a voice of a master; nil when all its audio can be decoded.
  private static func voiceProblem(of path: String) -> String? {
    do {
      try VoiceOptions(file: path).requireUsable()
      return nil
    } catch let error as StitchError {
      return "\(quoted(path)) cannot be used as a voice: it \(error.message)."
    } catch {
      return "\(quoted(path)) cannot be read as a voice: \((error as? LibavError)?.message ?? "\(error)")."
    }
  }

  /// Why a file cannot be the captions of a master, as far as it is known before the master is; nil when it can.
  private static func captionProblem(of captions: CaptionSettings) -> String? {
    do {
      _ = try CaptionTrack(path: captions.file, language: captions.language, program: nil)
      return nil
    } catch {
      return "\(quoted(captions.file)) cannot be used as captions: \(error.message)."
    }
  }

  /// Checks every request against the service's own schema, with placeholders for images.
  private func check(
    _ storyboard: Storyboard, _ targets: ShotTargets, _ live: [CatalogAnswer], _ list: ProblemList
  ) {
    for shot in storyboard.shots {
      let model = targets.model(of: shot)
      guard let schema = live.first(where: { $0.isAbout(targets.target(of: shot)) })?.model?.schema else { continue }
      let builder = RequestBuilder(storyboard: storyboard, model: model)
      guard let request = try? builder.request(for: shot, address: { _ in Self.placeholderAddress }) else { continue }
      for wrong in schema.problems(in: request.parameters, exempt: LiveModel.serviceParameters) {
        let name = String(wrong.path.prefix { $0 != "." && $0 != "[" })
        let field = NeutralField.allCases.first { model.fields[$0]?.name == name }
        let problem = storyboard.problem(
          of: shot, at: field, "by the service's own rules for \(model.id), '\(wrong.path)' \(wrong.message)")
        // A limit that was merged into the descriptor has been reported in the storyboard's own terms.
        if !list.problems.contains(where: { $0.path == problem.path && $0.line == problem.line }) || field == nil {
          list.add(problem)
        }
      }
    }
  }

  /// The delivery versions, as far as they are known before the master is.
  private func deliveryVersions(of storyboard: Storyboard, _ list: ProblemList) -> [DeliveryVersion] {
    guard let settings = storyboard.delivery else { return [] }
    let options = MasterDelivery.options(settings, folder: "", title: storyboard.title)
    do {
      try options.requireUsable()
      if storyboard.master.languages.count > 1, !options.nameTemplate.contains("{language}") {
        list.add(
          storyboard.problem(
            at: "deliver.name", "the name gives the versions of all languages one name; add {language}."))
      }
    } catch {
      list.add(storyboard.problem(at: "deliver.name", "\(error.message)."))
    }
    var names: Set<String> = []
    return settings.presets.enumerated().compactMap { number, name in
      do {
        let version = try DeliveryVersion(named: name, in: library)
        try version.check(options)
        let recipe = version.recipe
        let own = options.nameTemplate.contains("{preset}") ? recipe.id : ""
        if !names.insert("\(own).\(recipe.container.rawValue)").inserted {
          list.add(
            storyboard.problem(
              at: storyboard.place(ofDeliveryPreset: number),
              "\(recipe.id) gets the file name of another version; use {preset} in 'name', and ids that differ."))
        }
        return version
      } catch {
        let message = (error as? DeliveryError).map { "\($0.message)." } ?? "\(error)"
        list.add(storyboard.problem(at: storyboard.place(ofDeliveryPreset: number), message))
        return nil
      }
    }
  }

  private func masterSpec(_ storyboard: Storyboard?, _ list: ProblemList) -> DeliverableSpec? {
    let name = storyboard?.master.verify ?? Self.defaultMasterPreset
    do {
      let spec = try library.deliverableSpec(named: name)
      _ = try Verifier(spec: spec)
      return spec
    } catch {
      let problem = storyboard?.problem(at: "master.verify", "\(error)")
      list.add(problem ?? Problem(path: "master.verify", line: nil, message: "\(error)"))
      return nil
    }
  }

  private func shots(
    of storyboard: Storyboard, _ targets: ShotTargets?, _ provider: String
  ) -> [ExecutionPlan.PlannedShot] {
    storyboard.shots.map { shot in
      let target = targets?.target(of: shot)
      let builder = target.map { RequestBuilder(storyboard: storyboard, model: $0.model) }
      let isPaid = target?.isPaid ?? ProviderKind(rawValue: provider)?.isPaid ?? true
      return ExecutionPlan.PlannedShot(
        id: shot.id, provider: target?.provider ?? provider, model: target?.model.id ?? storyboard.model,
        dependsOn: storyboard.dependency(of: shot)?.id,
        endsOn: storyboard.endFrame(of: shot)?.shot?.id,
        anchorSearch: storyboard.neededAnchors(of: shot).contains(.last) ? shot.anchorSearch : nil,
        request: builder.flatMap { try? $0.plannedRequest(for: shot) },
        seconds: target.flatMap { shot.seconds(with: $0.model) },
        cost: isPaid ? targets.flatMap { Budget(targets: $0, limit: nil).cost(of: [shot]) } : .zero)
    }
  }
}

extension CatalogAnswer {
  fileprivate func isAbout(_ target: ShotTarget) -> Bool { provider == target.provider && id == target.model.id }
}
