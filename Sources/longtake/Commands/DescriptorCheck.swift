import Files
import Generation
import Pipeline
import Presets
import Storyboard

/// `models --check`: each bundled descriptor against the services that it is for.
struct DescriptorCheck {
  let library: PresetLibrary
  let options: ProviderOptions
  /// Nil for all that cost money.
  let provider: ProviderKind?
  let isJSON: Bool

  /// `models --check --json`.
  private struct Report: Encodable {
    enum State: String, Encodable { case same, differs, gone, unchecked }

    let schema = "longtake.model-check/1"
    let model: String
    let provider: String
    let state: State
    let differences: [String]
    @Nullable var note: String?
  }

  /// - Parameter id: nil for every descriptor.
  func run(_ id: String?) async throws {
    let models = try id.map { [try library.model(named: $0)] } ?? library.models()
    var worst = ExitStatus.done
    for kind in provider.map({ [$0] }) ?? ProviderKind.allCases.filter(\.isPaid) {
      let served = models.filter { $0.serves(kind.rawValue) }
      if served.isEmpty { continue }
      let status = try await check(served, at: kind)
      if Self.order(of: status) > Self.order(of: worst) { worst = status }
    }
    if worst != .done { throw worst }
  }

  /// A difference matters more than what could not be checked.
  private static func order(of status: ExitStatus) -> Int {
    switch status {
    case .done: 0
    case .notAuthorised: 1
    case .unavailable: 2
    default: 3
    }
  }

  private func check(_ models: [ModelDescriptor], at kind: ProviderKind) async throws -> ExitStatus {
    let host: ProviderHost
    do {
      host = try await ProviderHost.open(kind.rawValue, options: options, library: library, sandboxDirectory: nil)
    } catch let error as GenerationError {
      for model in models { try show(unchecked(model, kind, error.message)) }
      return .notAuthorised
    }
    return try await host.closing {
      var worst = ExitStatus.done
      var failure: GenerationError?
      for model in models {
        // A service that cannot be reached is not asked for each model.
        if let failure {
          try show(unchecked(model, kind, failure.message))
          continue
        }
        do {
          let object = try await host.provider.model(model.id)
          let differences = LiveModel(object).comparison(with: model)
          try show(
            Report(
              model: model.id, provider: kind.rawValue, state: differences.isEmpty ? .same : .differs,
              differences: differences, note: model.status.note))
          if !differences.isEmpty { worst = .no }
        } catch let error as GenerationError {
          switch error.code {
          case .notFound:
            let isRetired = model.status.state == .retired
            try show(
              Report(
                model: model.id, provider: kind.rawValue, state: .gone, differences: [],
                note: isRetired
                  ? "retired, as its descriptor says" : "the service does not list it: \(error.message)"))
            if !isRetired { worst = .no }
          case .unsupported: try show(unchecked(model, kind, "the service has no catalogue"))
          default:
            failure = error
            let status: ExitStatus = error.code == .notAuthorised ? .notAuthorised : .unavailable
            if Self.order(of: status) > Self.order(of: worst) { worst = status }
            try show(unchecked(model, kind, error.message))
          }
        }
      }
      return worst
    }
  }

  private func unchecked(_ model: ModelDescriptor, _ kind: ProviderKind, _ why: String) -> Report {
    Report(model: model.id, provider: kind.rawValue, state: .unchecked, differences: [], note: why)
  }

  private func show(_ report: Report) throws {
    if isJSON { return try Answer.json(report) }
    let note = report.note.map { ": \($0)" } ?? ""
    Answer.line(
      "\(report.model) at \(report.provider): \(report.state.rawValue)\(report.differences.isEmpty ? note : "")")
    Answer.lines(report.differences.map { "  \($0)" })
  }
}
