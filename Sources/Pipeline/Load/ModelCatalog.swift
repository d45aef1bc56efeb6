import Generation
public import Presets

/// What a service's catalogue answered about a model.
public struct CatalogAnswer: Sendable {
  public let provider: String
  /// The id that was asked for.
  public let id: String
  /// Nil when nothing was learnt.
  public let model: LiveModel?
  /// Why nothing was learnt.
  public let note: String?
}

/// The model catalogue of a service. It is asked with a short time limit, since a run can do without it.
public struct ModelCatalog: Sendable {
  private static let fallback = "the bundled descriptor applies"
  private static let timeLimit: Duration = .seconds(20)

  private let host: ProviderHost

  public init(_ host: ProviderHost) { self.host = host }

  /// - Throws: ``GenerationError`` `notAuthorised` when the service rejects the key, and `CancellationError`; any other
  ///   failure becomes a note.
  public func ask(about model: String) async throws -> CatalogAnswer {
    do {
      return answer(model, LiveModel(try await object(model)))
    } catch let error as GenerationError where error.code == .notAuthorised && error.status == 401 {
      throw error
    } catch let error as GenerationError where error.code == .unsupported {
      // A service without a catalogue.
      return answer(model)
    } catch let error as GenerationError where error.code == .notFound {
      return answer(
        model, note: "\(host.provider.name) does not list \(model) in its catalogue; \(Self.fallback)")
    } catch {
      if error is CancellationError { try Task.checkCancellation() }
      let why = (error as? GenerationError)?.message ?? "it did not answer in time."
      return answer(
        model, note: "the catalogue of \(host.provider.name) cannot be asked, so \(Self.fallback): \(why)")
    }
  }

  private func answer(_ id: String, _ model: LiveModel? = nil, note: String? = nil) -> CatalogAnswer {
    CatalogAnswer(provider: host.provider.name, id: id, model: model, note: note)
  }

  private func object(_ model: String) async throws -> JSONValue {
    try await withThrowingTaskGroup(of: JSONValue.self) { group in
      group.addTask { try await host.provider.model(model) }
      group.addTask {
        try await Task.sleep(for: Self.timeLimit)
        throw CancellationError()
      }
      defer { group.cancelAll() }
      guard let object = try await group.next() else { throw CancellationError() }
      return object
    }
  }
}
