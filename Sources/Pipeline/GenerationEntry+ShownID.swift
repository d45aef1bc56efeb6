import Generation
public import Ledger

extension GenerationEntry {
  /// The service's id as the service itself shows it; nil where it gave none.
  public var shownID: String? { remoteID.map { JobID.shown($0, provider: provider) } }
}
