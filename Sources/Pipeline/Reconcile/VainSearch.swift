import Files

/// What is known of a request that was looked for and not found.
enum VainSearch: Sendable {
  /// The service's list was read to its end.
  case notListed
  /// The service did not give its list; the reason, in its own words.
  case unreadable(String)
  /// The service has more rows than it gave.
  case notAllSeen
  /// So many generations have the request's parameters, more than were asked for or perhaps another's.
  case equal(Int)
  /// So many generations may be the request, and the service does not show enough of them.
  case undecided(Int)

  /// To follow "its answer was lost": a clause, with what belongs to it.
  func text(provider: String) -> String {
    switch self {
    case .notListed: "and \(provider) does not list it"
    case .unreadable(let reason):
      "and whether \(provider) has it is not known, because its list cannot be read: "
        + (reason.hasSuffix(".") ? String(reason.dropLast()) : reason)
    case .notAllSeen: "and whether \(provider) has it is not known, because it does not give its whole list"
    case .equal(let count):
      "and \(provider) lists \(counted(count, "generation")) with its parameters, any of which may be another request's"
    case .undecided(let count):
      "and \(provider) lists \(counted(count, "generation")) that may be it, but not all of their parameters"
    }
  }
}
