import Files
import Foundation
import Generation
import Presets
import Storyboard

/// One configuration file, YAML or JSON, as it was read.
struct ConfigurationFile: Sendable {
  static let schema = "longtake.config/1"
  private static let ownKeys = ["schema", "profile", "profiles"]
  private static let sharedKeys = Setting.allCases.map(\.rawValue) + ["keys"]

  enum Owner {
    /// `config.yaml` of the user.
    case user
    /// `longtake.yaml` beside a storyboard.
    case project
  }

  /// The values of a file, or of one of its profiles.
  struct Layer: Sendable {
    var values: [Setting: EffectiveConfiguration.Value] = [:]
    var keys: [ProviderKind: EffectiveConfiguration.Key] = [:]
  }

  let path: String
  /// The profile that it chooses.
  let profile: String?
  let base: Layer
  let profiles: [String: Layer]

  /// Nil when there is no such file.
  /// - Throws: ``ConfigurationError`` naming the file and every field that is wrong.
  init?(_ path: String, owner: Owner, home: String?) throws {
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    guard let data = FileManager.default.contents(atPath: path) else {
      throw ConfigurationError("the configuration \(path.terminalSafe) cannot be read; check its permissions.")
    }
    let problems = ProblemList()
    let reading = Reading(path: path, owner: owner, home: home, problems: problems)
    var profile: String?
    var base = Layer()
    var profiles: [String: Layer] = [:]
    if !Self.isEmpty(data), let root = DocumentParser.parse(data, problems: problems),
      let reader = FieldReader(root, path: "", known: Self.sharedKeys + Self.ownKeys, problems: problems)
    {
      if let schema = reader.text("schema"), schema != Self.schema {
        reader.report("schema", "this version reads \(quoted(Self.schema)), not \(quoted(schema)).")
      }
      profile = reader.text("profile", anyScalar: true)
      base = reading.layer(of: reader, profile: nil)
      for member in reader.members("profiles") ?? [] {
        let place = "profiles.\(member.key)"
        guard let reader = FieldReader(member.value, path: place, known: Self.sharedKeys, problems: problems)
        else { continue }
        profiles[member.key] = reading.layer(of: reader, profile: member.key)
      }
    }
    guard problems.problems.isEmpty else {
      throw ConfigurationError("the configuration \(path.terminalSafe) cannot be used:", problems: problems.inFileOrder)
    }
    self.path = path
    self.profile = profile
    self.base = base
    self.profiles = profiles
  }

  /// A file of comments only.
  private static func isEmpty(_ data: Data) -> Bool {
    String(decoding: data, as: UTF8.self).split(whereSeparator: \.isNewline).allSatisfy { line in
      line.first { !$0.isWhitespace }.map { $0 == "#" } ?? true
    }
  }

  private struct Reading {
    let path: String
    let owner: Owner
    let home: String?
    let problems: ProblemList

    func layer(of reader: FieldReader, profile: String?) -> Layer {
      var layer = Layer()
      for setting in Setting.allCases where reader.has(setting.rawValue) {
        guard isAllowed(setting.rawValue, setting.isPersonal, reader),
          var value = reader.text(setting.rawValue, anyScalar: true)
        else { continue }
        if setting.isPath { value = absolute(value) }
        if let problem = setting.problem(with: value) {
          reader.report(setting.rawValue, "'\(setting.rawValue)' \(problem)")
          continue
        }
        layer.values[setting] = EffectiveConfiguration.Value(
          text: value, origin: .file(path, line: reader.line(of: setting.rawValue), profile: profile))
      }
      if reader.has("keys"), isAllowed("keys", true, reader) { layer.keys = keys(of: reader, profile) }
      return layer
    }

    private func isAllowed(_ key: String, _ isPersonal: Bool, _ reader: FieldReader) -> Bool {
      guard isPersonal, owner == .project else { return true }
      reader.report(
        key, "'\(key)' is only read from your own configuration, because a project's files may come from others.")
      return false
    }

    private func keys(
      of reader: FieldReader, _ profile: String?
    ) -> [ProviderKind: EffectiveConfiguration.Key] {
      let known = ProviderKind.allCases.filter { $0.keyVariable != nil }
      guard let keys = reader.fields("keys", known: known.map(\.rawValue)) else { return [:] }
      var found: [ProviderKind: EffectiveConfiguration.Key] = [:]
      for kind in known where keys.has(kind.rawValue) {
        guard let node = keys.node(kind.rawValue) else { continue }
        guard case .mapping = node.value else {
          keys.report(
            kind.rawValue,
            "a key is never written here: name 'file', a file of mode 0600, or 'command', which prints it.")
          continue
        }
        guard let fields = keys.fields(kind.rawValue, known: ["file", "command"]) else { continue }
        let origin = EffectiveConfiguration.Origin.file(path, line: keys.line(of: kind.rawValue), profile: profile)
        switch (fields.text("file"), fields.text("command")) {
        case (let file?, nil): found[kind] = .init(source: .file(absolute(file)), origin: origin)
        case (nil, let command?): found[kind] = .init(source: .command(command), origin: origin)
        case (nil, nil) where fields.keys.isEmpty: keys.report(kind.rawValue, "name 'file' or 'command'.")
        case (nil, nil): break
        default: keys.report(kind.rawValue, "name 'file' or 'command', not both.")
        }
      }
      return found
    }

    /// `~` is the home folder; other paths are relative to the file's own.
    private func absolute(_ path: String) -> String {
      if let home, path == "~" || path.hasPrefix("~/") { return home + path.dropFirst() }
      let folder = URL(filePath: self.path).deletingLastPathComponent()
      return URL(filePath: path, relativeTo: folder).standardizedFileURL.path(percentEncoded: false)
    }
  }
}
