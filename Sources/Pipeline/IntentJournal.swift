import Generation
import Ledger

/// Writes down whether a request may have left, so that one that certainly has not is never looked for.
struct IntentJournal: SendJournal {
  let ledger: Ledger
  let intent: Int64

  func willSend() throws { try ledger.recordSent(intent: intent, true) }
  func wasNotTaken() throws { try ledger.recordSent(intent: intent, false) }
}
