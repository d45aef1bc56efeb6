import Generation
import Synchronization

/// What one run keeps in memory of a shot, beyond the ledger; by number of the generation.
final class ShotRunState: Sendable {
  private struct State {
    var errors: [Int64: GenerationError] = [:]
    var results: [Int64: GenerationResult] = [:]
    var damagedBodies: [Int64: String] = [:]
  }

  private let state = Mutex(State())

  /// The services' own errors.
  var errors: [Int64: GenerationError] { state.withLock { $0.errors } }

  func record(_ error: GenerationError, of generation: Int64) { state.withLock { $0.errors[generation] = error } }

  /// Keeps the address of a clip whose generation has no id by which it could be asked for again.
  func keep(_ result: GenerationResult, of generation: Int64) {
    guard case .address = result else { return }
    state.withLock { $0.results[generation] = result }
  }

  func result(of generation: Int64) -> GenerationResult? { state.withLock { $0.results[generation] } }

  /// SHA-256 of the first damaged body; nil while none was damaged.
  func damagedBody(of generation: Int64) -> String? { state.withLock { $0.damagedBodies[generation] } }

  func recordDamagedBody(_ sha256: String, of generation: Int64) {
    state.withLock { $0.damagedBodies[generation] = sha256 }
  }
}
