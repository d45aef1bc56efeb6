import Synchronization

/// The takes that this run may pay for: those that the user was asked about, each once.
final class AgreedTakes: Sendable {
  private let left = Mutex<[String: Int]>([:])

  func add(_ takes: Int, of shot: String) { left.withLock { $0[shot, default: 0] += takes } }

  /// Uses up takes of a shot.
  /// - Throws: ``PipelineError`` `needsConsent`.
  func use(_ takes: Int, of shot: String) throws {
    let isAgreed = left.withLock { left in
      guard let agreed = left[shot], agreed >= takes else { return false }
      left[shot] = agreed - takes
      return true
    }
    guard isAgreed else {
      throw PipelineError(
        .needsConsent,
        "shot \(shot) would have to be paid for again, which nobody was asked about; run again, with --yes to agree. "
          + "Nothing was sent for it.")
    }
  }
}
