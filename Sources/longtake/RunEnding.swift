import Pipeline

/// What is said and answered when a run has ended by itself.
enum RunEnding {
  /// - Throws: the exit status when the answer is "no".
  static func show(_ summary: RunSummary, json: Bool) throws {
    for line in SummaryText.lines(summary) { Terminal.note(line) }
    if json { try Output.json(SummaryReport(summary)) }
    guard !summary.isGood else { return }
    // An error that says more than "no", such as a refused key, decides the status.
    let statuses = summary.errors.compactMap(Failure.status(of:))
    throw statuses.first { $0 != .no } ?? .no
  }
}
