import Generation
import Ledger

/// Tells failures of what a model made, which another take may not have, from those that every take would have.
enum ContentFailure {
  /// Words of services that refuse parameters, credits or keys.
  private static let lasting = [
    "value error", "validation", "invalid", "parameter", "credit", "balance", "quota", "unauthori", "unauthenti",
    "api key", "permission",
  ]

  /// Whether a service's words tell of what would fail again.
  private static func isLasting(_ words: String) -> Bool {
    let words = words.lowercased()
    return lasting.contains { words.contains($0) } || words.contains(/\b4(?:00|01|02|03|04|22)\b/)
  }

  /// - Parameter error: the service's own, when it was met in this run.
  static func isOne(_ take: GenerationEntry, _ error: (any Error)?) -> Bool {
    switch take.state {
    case .rejected: return (error as? GenerationError)?.code != .damagedDownload
    case .failed:
      if let error = error as? GenerationError, error.code != .generationFailed { return false }
      return !isLasting(take.error ?? "")
    case .intended, .submitted, .processing, .succeeded, .downloaded, .verified, .cancelled, .abandoned: return false
    }
  }
}
