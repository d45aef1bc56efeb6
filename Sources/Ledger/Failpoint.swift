/// A place where a test may end the process: after each write to the ledger and after each network event.
///
/// A ledger and a run call the hook they were given at each of these; without one nothing happens.
public enum Failpoint: String, Sendable, CaseIterable {
  // After a write to the ledger.
  case storyboardRecorded = "storyboard-recorded"
  case intentRecorded = "intent-recorded"
  /// The request may leave from here on.
  case sendRecorded = "send-recorded"
  /// The service did not accept the request, and it may be sent again.
  case refusedSendRecorded = "refused-send-recorded"
  /// The answer was lost, and that is recorded.
  case lossRecorded = "loss-recorded"
  case acceptanceRecorded = "acceptance-recorded"
  case refusalRecorded = "refusal-recorded"
  case uncertaintyRecorded = "uncertainty-recorded"
  case stateRecorded = "state-recorded"
  case clipRecorded = "clip-recorded"
  case clipLossRecorded = "clip-loss-recorded"
  case verdictRecorded = "verdict-recorded"
  case anchorRecorded = "anchor-recorded"
  case uploadRecorded = "upload-recorded"
  case uploadsForgotten = "uploads-forgotten"
  case renameRecorded = "rename-recorded"
  case redoRecorded = "redo-recorded"
  case choiceRecorded = "choice-recorded"
  // After a network event, before it is recorded.
  /// The answer to a paid request arrived.
  case requestAnswered = "request-answered"
  /// A paid request ended in an error.
  case requestFailed = "request-failed"
  /// The service's list was searched for a lost request.
  case searchAnswered = "search-answered"
  case cancellationAnswered = "cancellation-answered"
  case generationEnded = "generation-ended"
  case clipDownloaded = "clip-downloaded"
  case imageUploaded = "image-uploaded"

  /// Called each time a failpoint is reached.
  public typealias Hook = @Sendable (Failpoint) -> Void
}
