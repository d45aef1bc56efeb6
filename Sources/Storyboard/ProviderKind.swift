/// The services that generate video; the one list of them.
public enum ProviderKind: String, Sendable, Hashable, Codable, CaseIterable {
  /// The offline simulator on this machine.
  case sandbox
  /// The Oxen hub.
  case oxen
  case fal

  /// The names, as storyboards, descriptors and the command line write them.
  public static var names: [String] { allCases.map(\.rawValue) }

  /// Whether requests cost money.
  public var isPaid: Bool { self != .sandbox }
}
