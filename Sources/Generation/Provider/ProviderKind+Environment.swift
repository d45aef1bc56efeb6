public import Storyboard

extension ProviderKind {
  /// The environment variable that holds the key; nil where any key is taken.
  public var keyVariable: String? {
    switch self {
    case .sandbox: nil
    case .oxen: "OXEN_API_KEY"
    case .fal: "FAL_KEY"
    }
  }

  /// The environment variables that replace the API's addresses.
  public var addressVariables: [String] {
    switch self {
    case .sandbox: []
    case .oxen: [OxenConfiguration.baseURLVariable]
    case .fal: FalConfiguration.Host.allCases.map(\.variable)
    }
  }

  /// All environment variables that hold a key.
  public static var keyVariables: [String] { allCases.compactMap(\.keyVariable) }

  /// Whether the environment holds a key or an address of the service.
  public func isConfigured(in environment: [String: String]) -> Bool {
    ([keyVariable].compactMap(\.self) + addressVariables).contains { !(environment[$0] ?? "").isEmpty }
  }

  /// A generation's id as the service's own pages show it, which may be only a part of the id that is kept.
  /// - Parameter provider: the provider's name.
  public static func shownID(_ id: String, provider: String) -> String {
    provider == fal.rawValue ? FalRequest.requestID(inJobID: id) : id
  }
}
