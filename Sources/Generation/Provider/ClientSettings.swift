/// The distance between two questions about a generation, where `LONGTAKE_POLL_SECONDS` sets it.
enum PollSeconds {
  static let variable = "LONGTAKE_POLL_SECONDS"
  static let longest = 3600.0

  /// Nil when it is not set.
  static func read(_ environment: [String: String]) throws -> Duration? {
    guard let text = environment[variable], !text.isEmpty else { return nil }
    guard let seconds = Double(text), seconds > 0, seconds <= longest else {
      throw GenerationError(.unsupported, "\(variable) has to be a number of seconds up to 3600.")
    }
    return .seconds(seconds)
  }
}
