import Files
public import Foundation
public import Generation
import Presets
public import Storyboard

/// The settings that apply, each with where it came from.
///
/// From weakest to strongest: `config.yaml` of the user, its profile, `longtake.yaml` beside the storyboard, its profile,
/// the environment. Options override all of them. A key is never part of it, only where one can be read.
public struct EffectiveConfiguration: Sendable {
  public static let profileVariable = "LONGTAKE_PROFILE"
  /// Beside a storyboard.
  public static let projectFile = "longtake.yaml"
  static let userFile = "longtake/config.yaml"

  /// Where a value came from.
  public enum Origin: Sendable, Hashable {
    case file(String, line: Int, profile: String?)
    case environment(String)
  }

  public struct Value: Sendable, Hashable {
    public let text: String
    public let origin: Origin
  }

  public struct Key: Sendable, Hashable {
    public let source: KeySource
    public let origin: Origin
  }

  /// The files that were found, weakest first.
  public let files: [String]
  /// The user's own file, whether or not it exists; nil without a home folder.
  public let userPath: String?
  public let profile: String?
  public let values: [Setting: Value]
  /// Sources of keys that the environment lacks.
  public let keys: [ProviderKind: Key]
  private let own: [String: String]

  /// - Parameters:
  ///   - storyboard: the file beside which `longtake.yaml` is looked for; nil for none.
  ///   - profile: overrides the one in `LONGTAKE_PROFILE` and those that the files choose.
  /// - Throws: ``ConfigurationError`` naming the file, or the variable, and what is wrong with it.
  public init(
    besides storyboard: String? = nil, profile: String? = nil,
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws {
    func variable(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
    let home = variable("HOME")
    // The XDG Base Directory Specification ignores a relative path.
    let folder = variable("XDG_CONFIG_HOME").flatMap { $0.hasPrefix("/") ? $0 : nil } ?? home.map { $0 + "/.config" }
    userPath = folder.map { "\($0)/\(Self.userFile)" }
    let projectPath = storyboard.map {
      URL(filePath: $0).deletingLastPathComponent().appending(path: Self.projectFile).path(percentEncoded: false)
    }
    let user = try userPath.flatMap { try ConfigurationFile($0, owner: .user, home: home) }
    let project = try projectPath.flatMap { try ConfigurationFile($0, owner: .project, home: home) }
    let found = [user, project].compactMap(\.self)
    files = found.map(\.path)
    let chosen = profile ?? variable(Self.profileVariable) ?? project?.profile ?? user?.profile
    self.profile = chosen
    if let chosen, !found.contains(where: { $0.profiles[chosen] != nil }) {
      let known = Set(found.flatMap(\.profiles.keys)).sorted()
      let hint = known.isEmpty ? "No file has profiles." : suggestion(for: chosen, among: known)
      throw ConfigurationError("there is no profile \(quoted(chosen)). \(hint)")
    }
    let layers = found.flatMap { file in [file.base] + (chosen.flatMap { file.profiles[$0] }.map { [$0] } ?? []) }
    var values: [Setting: Value] = [:]
    var keys: [ProviderKind: Key] = [:]
    for layer in layers {
      values.merge(layer.values) { _, stronger in stronger }
      keys.merge(layer.keys) { _, stronger in stronger }
    }
    for setting in Setting.allCases {
      guard let name = setting.variables.first(where: { environment[$0] != nil }) else { continue }
      let text = environment[name] ?? ""
      guard !text.isEmpty else {
        // An empty variable takes a proxy away; elsewhere it counts as not set.
        if setting == .httpsProxy || setting == .httpProxy || setting == .noProxy { values[setting] = nil }
        continue
      }
      if let problem = setting.problem(with: text) { throw ConfigurationError("\(name) \(problem)") }
      values[setting] = Value(text: text, origin: .environment(name))
    }
    self.values = values
    self.keys = keys.filter { kind, _ in kind.keyVariable.flatMap(variable) == nil }
    own = environment
  }

  /// The value of a setting; nil when nothing sets it.
  public subscript(setting: Setting) -> String? { values[setting]?.text }

  /// The value as it may be shown; nil when nothing sets it.
  public func shown(_ setting: Setting) -> String? { values[setting].map { setting.shown($0.text) } }

  /// The environment with what the files set in it.
  public var environment: [String: String] {
    var result = own
    for (setting, value) in values {
      if case .file = value.origin, let name = setting.variables.first { result[name] = value.text }
    }
    return result
  }

  /// The variable that holds a service's key; nil when it is not set.
  public func keyVariable(of kind: ProviderKind) -> String? {
    kind.keyVariable.flatMap { (own[$0] ?? "").isEmpty ? nil : $0 }
  }

  /// Whether a service's key is in the environment or can be read elsewhere.
  public func hasKey(of kind: ProviderKind) -> Bool { keyVariable(of: kind) != nil || keys[kind] != nil }
}
