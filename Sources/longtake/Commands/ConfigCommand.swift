import ArgumentParser
import Settings
import Files
import Foundation
import Generation
import Pipeline
import Storyboard

struct ConfigCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "config", abstract: "Show the effective settings and where each comes from.",
    discussion: """
      Settings are read from ~/.config/longtake/config.yaml (below XDG_CONFIG_HOME if that is set), then longtake.yaml \
      beside the storyboard, then the environment; options of a command override them. In a file:

        schema: longtake.config/1
        provider: oxen                  # of storyboards that name none
        namespace: studio               # of the hub, for anchors
        max_cost: 20                    # US dollars, per workspace
        https_proxy: http://proxy.example:3128
        ca_file: studio-ca.pem          # trusted besides the system's
        keys:
          oxen: {file: oxen.key}        # mode 0600
          fal: {command: pass show fal} # prints the key
        profiles:
          trailer: {provider: fal, anchor_store: fal}
        profile: trailer                # --profile and LONGTAKE_PROFILE override it

      Settings: \(Setting.allCases.map(\.rawValue).joined(separator: ", ")). Paths are relative to the file. \
      A key is never written into a file of settings. keys, upload_command, proxies and ca_file are not read from \
      longtake.yaml, which may come from somebody else. Schema: presets/schema/config.json.

      Environment: \(Self.environmentHelp).
      """)

  private static let environmentHelp = Setting.allCases.map { setting in
    let names = setting.variables.filter { $0 == $0.uppercased() }.joined(separator: " or ")
    return "\(names) (\(setting.rawValue))"
  }.joined(separator: ", ")

  @Argument(help: "Storyboard whose longtake.yaml is read, too.", completion: .file())
  var storyboard: String?

  @Flag(help: "Print a JSON object.")
  var json = false

  @Option(
    help: ArgumentHelp(
      "Profile of the configuration files (default: LONGTAKE_PROFILE, or the one they choose).", valueName: "name"))
  var profile: String?

  @OptionGroup var common: CommonOptions

  func run() throws {
    common.apply()
    let report = SettingsReport(try EffectiveConfiguration(besides: storyboard, profile: profile))
    if json { try Answer.json(report) } else { Answer.lines(report.lines) }
  }
}

/// `config --json`.
struct SettingsReport: Encodable {
  /// Where a value comes from.
  struct Origin: Encodable {
    /// `default`, `file`, `environment` or `none`.
    let kind: String
    @Nullable var file: String?
    @Nullable var line: Int?
    @Nullable var profile: String?
    @Nullable var variable: String?

    init(_ origin: EffectiveConfiguration.Origin?, isBuiltIn: Bool = false) {
      file = nil
      line = nil
      profile = nil
      variable = nil
      switch origin {
      case .file(let path, let line, let profile):
        kind = "file"
        file = path
        self.line = line
        self.profile = profile
      case .environment(let name):
        kind = "environment"
        variable = name
      case nil: kind = isBuiltIn ? "default" : "none"
      }
    }

    var text: String {
      switch kind {
      case "file": "\(file ?? ""):\(line ?? 1)\(profile.map { ", profile \($0)" } ?? "")"
      case "environment": variable ?? ""
      default: kind == "default" ? "default" : ""
      }
    }
  }

  struct Value: Encodable {
    let name: String
    @Nullable var value: String?
    let origin: Origin
    let variables: [String]
    @Nullable var option: String?
  }

  struct Key: Encodable {
    let provider: String
    let variable: String
    /// `environment`, `file`, `command` or `none`.
    let source: String
    /// The file or the command.
    @Nullable var place: String?
    @Nullable var problem: String?
    let origin: Origin
  }

  let schema = "longtake.settings/1"
  let files: [String]
  @Nullable var profile: String?
  let settings: [Value]
  let keys: [Key]

  init(_ configuration: EffectiveConfiguration) {
    files = configuration.files
    profile = configuration.profile
    settings = Setting.allCases.map { setting in
      let builtIn = setting == .jobs ? "\(RunOptions.defaultJobs)" : setting.builtIn
      let value = configuration.values[setting]
      return Value(
        name: setting.rawValue, value: configuration.shown(setting) ?? builtIn,
        origin: Origin(value?.origin, isBuiltIn: builtIn != nil), variables: setting.variables, option: setting.option)
    }
    keys = ProviderKind.allCases.compactMap { kind in
      guard let variable = kind.keyVariable else { return nil }
      if configuration.keyVariable(of: kind) != nil {
        return Key(
          provider: kind.rawValue, variable: variable, source: "environment", place: nil, problem: nil,
          origin: Origin(.environment(variable)))
      }
      guard let key = configuration.keys[kind] else {
        return Key(
          provider: kind.rawValue, variable: variable, source: "none", place: nil, problem: nil, origin: Origin(nil))
      }
      let (source, place) =
        switch key.source {
        case .file(let path): ("file", path)
        case .command(let command): ("command", command)
        }
      return Key(
        provider: kind.rawValue, variable: variable, source: source, place: place, problem: key.source.problem,
        origin: Origin(key.origin))
    }
  }

  /// For people.
  var lines: [String] {
    var lines = ["files: \(files.isEmpty ? "none" : files.joined(separator: ", "))"]
    if let profile { lines.append("profile: \(profile)") }
    var rows = settings.map { ($0.name, $0.value ?? "-", $0.origin.text.isEmpty ? "" : "from \($0.origin.text)") }
    rows += keys.map { key in
      let what =
        switch key.source {
        case "environment": "set"
        case "none": "-"
        default: "\(key.source) \(key.place ?? "")"
        }
      let origin = key.origin.text.isEmpty ? "set \(key.variable)" : "from \(key.origin.text)"
      return ("key of \(key.provider)", what, key.problem.map { "\(origin): \($0)" } ?? origin)
    }
    let widths = (rows.map(\.0.count).max() ?? 0, min(rows.map(\.1.count).max() ?? 0, 40))
    return lines
      + rows.map { row in
        let value = row.1.padding(toLength: max(widths.1, row.1.count), withPad: " ", startingAt: 0)
        let line = "  \(row.0.padding(toLength: widths.0, withPad: " ", startingAt: 0))  \(value)  \(row.2)"
        return String(line.reversed().drop { $0 == " " }.reversed())
      }
  }
}
