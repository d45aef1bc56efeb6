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
  ///   - provider: overrides the storyboard's own.
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
      provider: provider ?? document.partial?.provider ?? defaultProvider, makesMaster: makesMaster, live: nil)
  }

  /// The plan checked against what the service's catalogue answered about its model, which overrides the descriptor.
  public func applying(_ answer: CatalogAnswer, to plan: ExecutionPlan) -> ExecutionPlan {
    self.plan(
      plan.document, path: plan.path, digest: plan.digest, provider: plan.provider, makesMaster: plan.makesMaster,
      live: answer)
  }

  private func plan(
    _ document: StoryboardDocument, path: String, digest: String, provider: String, makesMaster: Bool,
    live: CatalogAnswer?
  ) -> ExecutionPlan {
    let storyboard = document.partial
    let list = ProblemList()
    var model: ModelDescriptor?
    if let storyboard, !storyboard.model.isEmpty {
      do {
        model = try library.model(named: storyboard.model, for: provider)
      } catch {
        list.add(storyboard.problem(at: "model", "\(error)"))
      }
    }
    var findings: LiveFindings?
    if let live, let known = model {
      let (merged, differences) = live.model?.applied(to: known) ?? (known, [])
      model = merged
      findings = LiveFindings(isReached: live.model != nil, note: live.note, differences: differences)
    }
    if let model {
      document.problems(against: model, images: LibavImageInspector()).forEach(list.add)
      if let storyboard, let schema = live?.model?.schema { check(storyboard, model, schema, list) }
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
    let deliveries = storyboard.map { deliveryVersions(of: $0, list) } ?? []
    if let model, let storyboard {
      storyboard.joinProblems(with: model, spec: makesMaster ? spec : nil, images: LibavImageInspector()).forEach(
        list.add)
    }
    return ExecutionPlan(
      path: path, digest: digest, document: document, provider: provider, model: model, masterSpec: spec,
      deliveries: deliveries,
      makesMaster: makesMaster,
      shots: storyboard.map { shots(of: $0, model, provider) } ?? [], problems: list.inFileOrder,
      conversions: model.flatMap { storyboard?.conversions(for: $0, images: LibavImageInspector()) } ?? [],
      live: findings)
  }

  /// Whether a plan only breaks limits that the service may have changed since the descriptor was written.
  func breaksOnlyLiveLimits(_ plan: ExecutionPlan) -> Bool {
    guard let storyboard = plan.storyboard, let model = plan.model, plan.masterSpec != nil,
      plan.document.problems.isEmpty
    else { return false }
    return storyboard.problems(against: model.withoutReplaceableLimits, images: LibavImageInspector()).isEmpty
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
    _ storyboard: Storyboard, _ model: ModelDescriptor, _ schema: ParameterSchema, _ list: ProblemList
  ) {
    let builder = RequestBuilder(storyboard: storyboard, model: model)
    for shot in storyboard.shots {
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
    of storyboard: Storyboard, _ model: ModelDescriptor?, _ provider: String
  ) -> [ExecutionPlan.PlannedShot] {
    let builder = model.map { RequestBuilder(storyboard: storyboard, model: $0) }
    let isPaid = ProviderKind(rawValue: provider)?.isPaid ?? true
    return storyboard.shots.map { shot in
      ExecutionPlan.PlannedShot(
        id: shot.id, dependsOn: storyboard.dependency(of: shot)?.id,
        endsOn: storyboard.endFrame(of: shot)?.shot?.id,
        anchorSearch: storyboard.neededAnchors(of: shot).contains(.last) ? shot.anchorSearch : nil,
        request: builder.flatMap { try? $0.plannedRequest(for: shot) },
        seconds: model.flatMap { shot.seconds(with: $0) },
        cost: isPaid ? model.flatMap { Budget(model: $0, isPaid: true, limit: nil).cost(of: [shot]) } : .zero)
    }
  }
}
