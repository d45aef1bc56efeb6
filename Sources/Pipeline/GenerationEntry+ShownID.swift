import Generation
public import Ledger
import Storyboard

extension GenerationEntry {
  /// The service's id as the service itself shows it; nil where it gave none.
  public var shownID: String? { remoteID.map { ProviderKind.shownID($0, provider: provider) } }
}
