import Generation
import Synchronization

/// What a run knows of the clips it fetched beyond what the ledger keeps, by number of the generation.
final class ResultCache: Sendable {
  private struct Memory {
    var results: [Int64: GenerationResult] = [:]
    var damaged: [Int64: String] = [:]
  }

  private let memory = Mutex(Memory())

  /// Keeps the address of a clip whose generation has no id by which it could be asked for again.
  func keep(_ result: GenerationResult, of generation: Int64) {
    guard case .address = result else { return }
    memory.withLock { $0.results[generation] = result }
  }

  func result(of generation: Int64) -> GenerationResult? { memory.withLock { $0.results[generation] } }

  /// SHA-256 of the damaged body that came first; nil while none was damaged.
  func damagedBody(of generation: Int64) -> String? { memory.withLock { $0.damaged[generation] } }

  func recordDamagedBody(_ sha256: String, of generation: Int64) { memory.withLock { $0.damaged[generation] = sha256 } }
}
