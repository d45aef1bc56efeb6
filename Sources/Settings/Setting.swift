import Files
import Foundation
import Generation
import Presets
import Storyboard

/// One thing that can be set in a configuration file, by an environment variable or by an option.
public enum Setting: String, Sendable, Hashable, CaseIterable {
  /// Provider of storyboards that name none.
  case provider
  /// Hub namespace that anchors are uploaded to.
  case namespace
  /// Hub repository in that namespace.
  case repository
  case anchorStore = "anchor_store"
  /// Maximum total cost of a workspace, in US dollars.
  case maximumCost = "max_cost"
  /// Folder of presets that is searched first.
  case presets
  /// Shots generated at a time.
  case jobs
  /// Prints the address of a file that it is given; for `anchor_store: command`.
  case uploadCommand = "upload_command"
  case httpsProxy = "https_proxy"
  case httpProxy = "http_proxy"
  case noProxy = "no_proxy"
  case certificateFile = "ca_file"

  private static let largestJobCount = 64

  /// The environment variables that override a file; the first that is set applies.
  public var variables: [String] {
    switch self {
    case .provider: ["LONGTAKE_PROVIDER"]
    case .namespace: [OxenConfiguration.namespaceVariable]
    case .repository: [OxenConfiguration.repositoryVariable]
    case .anchorStore: ["LONGTAKE_ANCHOR_STORE"]
    case .maximumCost: ["LONGTAKE_MAX_COST"]
    case .presets: [PresetLibrary.environmentVariable]
    case .jobs: ["LONGTAKE_JOBS"]
    case .uploadCommand: [CommandImageStore.variable]
    case .httpsProxy: NetworkSettings.httpsProxyVariables
    case .httpProxy: NetworkSettings.httpProxyVariables
    case .noProxy: NetworkSettings.noProxyVariables
    case .certificateFile: NetworkSettings.certificateVariables
    }
  }

  /// The option of a command that overrides everything else; nil for none.
  public var option: String? {
    switch self {
    case .provider: "--provider"
    case .anchorStore: "--anchor-store"
    case .maximumCost: "--max-cost"
    case .presets: "--presets"
    case .jobs: "--jobs"
    default: nil
    }
  }

  /// What applies when nothing is set; nil for nothing.
  public var builtIn: String? {
    switch self {
    case .provider: ProviderKind.sandbox.rawValue
    case .repository: OxenConfiguration.defaultRepository
    default: nil
    }
  }

  /// Whether only the user's own file may set it: a storyboard's folder may come from somebody else, who could run
  /// commands with it or read along.
  var isPersonal: Bool {
    switch self {
    case .uploadCommand, .httpsProxy, .httpProxy, .noProxy, .certificateFile: true
    default: false
    }
  }

  var isPath: Bool { self == .presets || self == .certificateFile }

  /// What is wrong with a value, as the end of a sentence that begins with its name; nil when it can be used.
  func problem(with value: String) -> String? {
    switch self {
    case .provider: word(value, among: ProviderKind.names)
    case .anchorStore: word(value, among: ImageStoreKind.names)
    case .namespace, .repository:
      value.wholeMatch(of: /[A-Za-z0-9._-]+/) == nil || value == "." || value == ".."
        ? "must be one name of letters, digits, dots, dashes and underscores." : nil
    case .maximumCost:
      USD(parsing: value) == nil ? "must be an amount of US dollars, such as 5 or 2.50, not \(quoted(value))." : nil
    case .jobs:
      Int(value).map { (1...Self.largestJobCount).contains($0) } == true
        ? nil : "must be a whole number from 1 to \(Self.largestJobCount), not \(quoted(value))."
    case .presets:
      isFolder(value) ? nil : "is '\(value.terminalSafe)', which is not a folder; correct it or leave it out."
    case .certificateFile:
      FileManager.default.isReadableFile(atPath: value) && !isFolder(value)
        ? nil : "is '\(value.terminalSafe)', which cannot be read; name a PEM file."
    case .httpsProxy, .httpProxy: isProxy(value) ? nil : "must be an address such as http://proxy.example:3128."
    case .noProxy, .uploadCommand: nil
    }
  }

  private func word(_ value: String, among known: [String]) -> String? {
    known.contains(value) ? nil : "is \(quoted(value)). \(suggestion(for: value, among: known))"
  }

  private func isFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
  }

  /// As libcurl reads it; a bare `host:port` is HTTP.
  private func isProxy(_ value: String) -> Bool {
    value.wholeMatch(of: /(?:(?:https?|socks4a?|socks5h?):\/\/)?[^\s\/?#]+\/?/) != nil
  }

  /// A value for people: a proxy's password is left out.
  func shown(_ value: String) -> String {
    switch self {
    case .httpsProxy, .httpProxy:
      value.lastIndex(of: "@").map { at in
        let scheme = value.range(of: "://").map { value[..<$0.upperBound] } ?? ""
        return "\(scheme)•••\(value[at...])"
      } ?? value
    default: value
    }
  }
}
