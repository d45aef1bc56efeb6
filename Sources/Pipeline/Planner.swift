import Foundation
import Generation
import Ledger
public import Presets
import Storyboard
import Verification

/// Reads a storyboard and finds everything that can be found without sending a request.
public struct Planner: Sendable {
  /// The verify preset of a master that names none.
  public static let usualMasterPreset = "uhd-4k"

  /// Stands for frames whose address is not known yet.
  private static let anyFrame = "https://frames.example/frame.png"

  private let library: PresetLibrary

  public init(library: PresetLibrary) { self.library = library }

  /// - Parameters:
  ///   - provider: goes before the storyboard's own.
  ///   - live: what the service says of the model; goes before its descriptor.
  /// - Throws: ``StoryboardError`` `notFound` or `unreadable`; what is wrong inside is in the plan.
  public func plan(
    _ path: String, provider: String? = nil, live: CatalogueAnswer? = nil
  ) throws -> ExecutionPlan {
    let document = try StoryboardDocument(path: path)
    let storyboard = document.partial
    let provider = provider ?? storyboard?.provider ?? ProviderHost.sandboxName
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
      document.problems(against: model, images: StillInspector()).forEach(list.add)
      if let storyboard, let schema = live?.model?.schema { check(storyboard, model, schema, list) }
    } else {
      document.problems.forEach(list.add)
    }
    if let storyboard, let music = storyboard.master.music, let refusal = MusicCheck.refusal(of: music.file) {
      list.add(storyboard.problem(at: "master.music.file", refusal))
    }
    let spec = masterSpec(storyboard, list)
    return ExecutionPlan(
      path: path, digest: try FileDigest.sha256(ofFile: path), storyboard: storyboard, provider: provider, model: model,
      masterSpec: spec, shots: storyboard.map { shots(of: $0, model, provider) } ?? [], problems: list.inFileOrder,
      conversions: model.flatMap { storyboard?.conversions(for: $0, images: StillInspector()) } ?? [], live: findings)
  }

  /// Whether what is wrong with a plan are only limits that the service itself may have changed.
  func isCurable(_ plan: ExecutionPlan) -> Bool {
    guard let storyboard = plan.storyboard, let model = plan.model, plan.masterSpec != nil,
      let document = try? StoryboardDocument(path: plan.path), document.problems.isEmpty
    else { return false }
    return storyboard.problems(against: model.withoutReplaceableLimits, images: StillInspector()).isEmpty
  }

  /// Holds every request against the service's own schema, frames being addresses of no importance.
  private func check(
    _ storyboard: Storyboard, _ model: ModelDescriptor, _ schema: ParameterSchema, _ list: ProblemList
  ) {
    let builder = RequestBuilder(storyboard: storyboard, model: model)
    for shot in storyboard.shots {
      guard let request = try? builder.request(for: shot, address: { _ in Self.anyFrame }) else { continue }
      for wrong in schema.problems(in: request.parameters, exempt: LiveModel.serviceParameters) {
        let name = String(wrong.path.prefix { $0 != "." && $0 != "[" })
        let field = NeutralField.allCases.first { model.fields[$0]?.name == name }
        let problem = storyboard.problem(
          of: shot, at: field, "by the service's own rules for \(model.id), '\(wrong.path)' \(wrong.message)")
        // A limit that the descriptor has taken over was reported in the storyboard's words.
        if !list.problems.contains(where: { $0.path == problem.path && $0.line == problem.line }) || field == nil {
          list.add(problem)
        }
      }
    }
  }

  private func masterSpec(_ storyboard: Storyboard?, _ list: ProblemList) -> DeliverableSpec? {
    let name = storyboard?.master.verify ?? Self.usualMasterPreset
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
    return storyboard.shots.map { shot in
      ExecutionPlan.PlannedShot(
        id: shot.id, dependsOn: storyboard.dependency(of: shot)?.id,
        endsOn: storyboard.endFrame(of: shot)?.shot?.id,
        anchorSearch: storyboard.neededAnchors(of: shot).contains(.last) ? shot.anchorSearch : nil,
        request: builder.flatMap { try? $0.plannedRequest(for: shot) },
        seconds: model.flatMap { shot.seconds(with: $0) },
        cost: provider == ProviderHost.sandboxName ? .zero : model.flatMap { shot.cost(with: $0) })
    }
  }
}
