import Generation
public import Presets

/// What a service's catalogue answered about a model.
public struct CatalogueAnswer: Sendable {
  /// Nil when nothing was learnt.
  public let model: LiveModel?
  /// Why nothing was learnt.
  public let note: String?
}

/// The catalogue of a service, asked with little patience: it is an addition, and a run does not stand still for it.
public struct Catalogue: Sendable {
  private static let fallback = "the descriptor that comes with the program counts"
  private static let patience: Duration = .seconds(20)

  private let host: ProviderHost

  public init(_ host: ProviderHost) { self.host = host }

  /// - Throws: ``GenerationError`` `notAuthorised` when the service does not know the key, and `CancellationError`; any other
  ///   failure is a note.
  public func ask(about model: String) async throws -> CatalogueAnswer {
    do {
      return CatalogueAnswer(model: LiveModel(try await object(model)), note: nil)
    } catch let error as GenerationError where error.code == .notAuthorised && error.status == 401 {
      throw error
    } catch let error as GenerationError where error.code == .unsupported {
      // A service without a catalogue.
      return CatalogueAnswer(model: nil, note: nil)
    } catch let error as GenerationError where error.code == .notFound {
      return unknown("\(host.provider.name) does not list \(model) in its catalogue; \(Self.fallback)")
    } catch {
      if error is CancellationError { try Task.checkCancellation() }
      let why = (error as? GenerationError)?.message ?? "it did not answer in time."
      return unknown("the catalogue of \(host.provider.name) cannot be asked, so \(Self.fallback): \(why)")
    }
  }

  private func unknown(_ note: String) -> CatalogueAnswer { CatalogueAnswer(model: nil, note: note) }

  private func object(_ model: String) async throws -> JSONValue {
    try await withThrowingTaskGroup(of: JSONValue.self) { group in
      group.addTask { try await host.provider.model(model) }
      group.addTask {
        try await Task.sleep(for: Self.patience)
        throw CancellationError()
      }
      defer { group.cancelAll() }
      guard let object = try await group.next() else { throw CancellationError() }
      return object
    }
  }
}
