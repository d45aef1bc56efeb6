import Foundation
import Generation
public import Presets
import Storyboard
import Verification

/// Reads a storyboard and finds everything that can be found without sending a request.
public struct Planner: Sendable {
  /// The verify preset of a master that names none.
  public static let usualMasterPreset = "uhd-4k"

  private let library: PresetLibrary

  public init(library: PresetLibrary) { self.library = library }

  /// - Parameter provider: goes before the storyboard's own.
  /// - Throws: ``StoryboardError`` `notFound` or `unreadable`; what is wrong inside is in the plan.
  public func plan(_ path: String, provider: String? = nil) throws -> ExecutionPlan {
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
    if let model {
      document.problems(against: model, images: StillInspector()).forEach(list.add)
    } else {
      document.problems.forEach(list.add)
    }
    if let storyboard, let music = storyboard.master.music, let refusal = MusicCheck.refusal(of: music.file) {
      list.add(storyboard.problem(at: "master.music.file", refusal))
    }
    let spec = masterSpec(storyboard, list)
    return ExecutionPlan(
      path: path, digest: try FileDigest.sha256(ofFile: path), storyboard: storyboard, provider: provider, model: model,
      masterSpec: spec, shots: storyboard.map { shots(of: $0, model, provider) } ?? [], problems: list.inFileOrder)
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
        request: builder.flatMap { try? $0.plannedRequest(for: shot) },
        seconds: model.flatMap { shot.seconds(with: $0) },
        cost: provider == ProviderHost.sandboxName ? .zero : model.flatMap { shot.cost(with: $0) })
    }
  }
}
