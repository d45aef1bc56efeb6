import ArgumentParser
import Foundation
import Generation
import Pipeline
import Presets
import Timing

struct ModelsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "models", abstract: "List the models, or show one model's parameters and price.",
    discussion: """
      The service's own catalogue when it can be asked (a key in OXEN_API_KEY, an address in --base-url or OXEN_BASE_URL, \
      or --provider sandbox), else the descriptors that come with the program.
      """)

  @Argument(help: "A model's id.")
  var id: String?

  @Option(help: "Ask this provider's catalogue: sandbox or oxen.")
  var provider: ProviderName?

  @Flag(help: "Ask nobody: the descriptors that come with the program.")
  var offline = false

  @Option(name: .customLong("base-url"), help: "The API's address instead of the usual one.")
  var baseURL: String?

  @Flag(help: "One JSON object per model on stdout.")
  var json = false

  @OptionGroup var presets: PresetOptions
  @OptionGroup var common: CommonOptions

  func run() async throws {
    common.apply()
    let library = try presets.library()
    guard let name = catalogue else { return try showBundled(library) }
    let host = try await ProviderHost.open(
      name, options: ProviderArguments.options(baseURL: baseURL), library: library, sandboxDirectory: nil)
    do {
      let models = try await models(of: host)
      await host.close()
      for model in models {
        show(model, name)
        if id != nil { showDifferences(model, library) }
      }
    } catch {
      await host.close()
      throw error
    }
  }

  private func models(of host: ProviderHost) async throws -> [JSONValue] {
    if let id { return [try await host.provider.model(id)] }
    return try await host.provider.models(search: nil)
  }

  /// The provider to ask; nil for the bundled descriptors.
  private var catalogue: String? {
    if offline { return nil }
    if let provider { return provider.rawValue }
    let environment = ProcessInfo.processInfo.environment
    let isReachable = ["OXEN_API_KEY", "OXEN_BASE_URL"].contains { !(environment[$0] ?? "").isEmpty }
    return baseURL != nil || isReachable ? "oxen" : nil
  }

  private func show(_ model: JSONValue, _ provider: String) {
    if json { Output.line(model.canonicalJSON) }
    let name = model["id"]?.stringValue ?? model["name"]?.stringValue ?? "a model without an id"
    let price = model["pricing"].map { ", \($0.canonicalJSON)" } ?? ""
    Terminal.note("\(name) at \(provider)\(price)")
    guard id != nil, let schema = model["request_schema"] ?? model["json_request_schema"] else { return }
    let required = Set((schema["required"]?.arrayValue ?? []).compactMap(\.stringValue))
    for (field, rules) in (schema["properties"]?.objectValue ?? [:]).sorted(by: { $0.key < $1.key }) {
      Terminal.note("  \(field)\(required.contains(field) ? " (required)" : ""): \(rules.canonicalJSON)")
    }
  }

  /// Where the service and the descriptor that comes with the program disagree.
  private func showDifferences(_ model: JSONValue, _ library: PresetLibrary) {
    guard let id, let bundled = try? library.model(named: id) else { return }
    let differences = LiveModel(model).applied(to: bundled).differences
    for difference in differences { Terminal.warning("not as in the program's descriptor: \(difference)") }
    if differences.isEmpty { Terminal.note("  as in the program's descriptor") }
  }

  private func showBundled(_ library: PresetLibrary) throws {
    for name in id.map({ [$0] }) ?? library.names(of: .models) {
      let model = try library.model(named: name)
      if json { Output.line(try library.modelDocument(named: name).canonicalJSON) }
      let price = model.pricePerSecond.map { "\($0) a second" } ?? "price not published"
      let state = model.status.state == .retired ? ", retired" : ""
      Terminal.note("\(model.id): \(model.title), at \(model.providers.joined(separator: ", ")), \(price)\(state)")
      if id != nil { details(of: model).forEach { Terminal.note("  \($0)") } }
    }
    Terminal.note("(the descriptors that come with the program; nobody was asked)")
  }

  private func details(of model: ModelDescriptor) -> [String] {
    var lines = NeutralField.allCases.compactMap { field in
      model.fields[field].map { "\(field.rawValue) is sent as \($0.name)" }
    }
    if let limit = model.limits.duration {
      let range =
        limit.values.map { $0.map(\.plain).joined(separator: ", ") }
        ?? "\(limit.min?.plain ?? "?") to \(limit.max?.plain ?? "?")"
      lines.append("length: \(range) s")
    }
    if let most = model.limits.promptCharacters { lines.append("prompt: at most \(most) characters") }
    for (ratio, size) in model.output.sizes.sorted(by: { $0.key < $1.key }) { lines.append("\(ratio): \(size)") }
    if let note = model.status.note { lines.append(note) }
    return lines
  }
}
