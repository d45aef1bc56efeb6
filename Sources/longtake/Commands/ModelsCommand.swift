import ArgumentParser
import Settings
import Files
import Generation
import Pipeline
import Presets
import Storyboard
import Timing

struct ModelsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "models", abstract: "List the models, or show one model's parameters and price.",
    discussion: """
      Reads the service's catalogue with --provider, --base-url, OXEN_API_KEY or OXEN_BASE_URL, else the bundled \
      descriptors. --check compares each bundled descriptor with the service and lists what differs; it pays nothing, and exits \
      with 1 when a model differs or is gone, 69 when a service cannot be reached, 77 without its key. fal publishes no \
      catalogue, so its descriptors are listed as unchecked.
      """)

  @Argument(help: "Model id.")
  var id: String?

  @Option(help: "Provider whose catalogue to read; fal has none.")
  var provider: ProviderKind?

  @Flag(help: "Compare the bundled descriptors with the service.")
  var check = false

  @Flag(help: "Read only the bundled descriptors.")
  var offline = false

  @Option(
    name: .customLong("base-url"),
    help: ArgumentHelp("API address (default: the provider's own, or OXEN_BASE_URL).", valueName: "url"))
  var baseURL: String?

  @Flag(help: "Print one JSON object per model.")
  var json = false

  @OptionGroup var presets: PresetOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard !check || !offline else { throw ValidationError("--check asks the service; leave out --offline.") }
    guard !check || provider != .sandbox else {
      throw ValidationError("the sandbox has no rules beyond the descriptors; choose another --provider.")
    }
  }

  func run() async throws {
    common.apply()
    let configuration = try presets.configuration()
    let library = try presets.library(configuration)
    if check {
      let options = configuration.providerOptions(baseURL: baseURL)
      return try await DescriptorCheck(library: library, options: options, provider: provider, isJSON: json).run(id)
    }
    guard let name = catalogue(configuration) else { return try showBundled(library) }
    let host = try await ProviderHost.open(
      name, options: configuration.providerOptions(baseURL: baseURL), library: library, sandboxDirectory: nil)
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

  /// The provider whose catalogue to read; nil for the bundled descriptors.
  private func catalogue(_ configuration: EffectiveConfiguration) -> String? {
    if offline { return nil }
    if let provider { return provider.rawValue }
    let isConfigured =
      configuration.hasKey(of: .oxen) || ProviderKind.oxen.isConfigured(in: configuration.environment)
    return baseURL != nil || isConfigured ? ProviderKind.oxen.rawValue : nil
  }

  private func show(_ model: JSONValue, _ provider: String) {
    if json { return Answer.json(text: model.canonicalJSON) }
    let name = model["id"]?.stringValue ?? model["name"]?.stringValue ?? "no id"
    let live = LiveModel(model)
    let price =
      live.pricePerSecond(resolution: nil).map { ", \($0) per second" }
      ?? live.pricing.map { ", \($0.canonicalJSON)" } ?? ""
    Answer.line("\(name) at \(provider)\(price)")
    guard id != nil, let schema = model["request_schema"] ?? model["json_request_schema"] else { return }
    let required = Set((schema["required"]?.arrayValue ?? []).compactMap(\.stringValue))
    for (field, rules) in (schema["properties"]?.objectValue ?? [:]).sorted(by: { $0.key < $1.key }) {
      Answer.line("  \(field)\(required.contains(field) ? " (required)" : ""): \(rules.canonicalJSON)")
    }
  }

  /// Warns where the service and the bundled descriptor differ.
  private func showDifferences(_ model: JSONValue, _ library: PresetLibrary) {
    guard let id, let bundled = try? library.model(named: id) else { return }
    let differences = LiveModel(model).applied(to: bundled).differences
    for difference in differences { Terminal.warning("differs from the bundled descriptor: \(difference)") }
    if differences.isEmpty { Terminal.note("same as the bundled descriptor") }
  }

  private func showBundled(_ library: PresetLibrary) throws {
    for name in id.map({ [$0] }) ?? library.names(of: .models) {
      let model = try library.model(named: name)
      if json {
        Answer.json(text: try library.modelDocument(named: name).canonicalJSON)
        continue
      }
      let price = model.price().map { "\($0)/s" } ?? "unknown price"
      let state = model.status.state == .retired ? ", retired" : ""
      Answer.line("\(model.id): \(model.title), at \(model.providers.joined(separator: ", ")), \(price)\(state)")
      if id != nil { Answer.lines(details(of: model).map { "  \($0)" }) }
    }
    Terminal.note("from the bundled descriptors; no service was asked")
  }

  private func details(of model: ModelDescriptor) -> [String] {
    var lines = NeutralField.allCases.compactMap { field in
      model.fields[field].map { "\(field.rawValue): sent as \($0.name)" }
    }
    if let limit = model.limits.duration {
      let range =
        limit.values.map { $0.map(\.plain).joined(separator: ", ") }
        ?? "\(limit.min?.plain ?? "?") to \(limit.max?.plain ?? "?")"
      lines.append("length: \(range) s")
    }
    if let most = model.limits.promptCharacters { lines.append("prompt: at most \(counted(most, "character"))") }
    for (ratio, size) in model.output.sizes.sorted(by: { $0.key < $1.key }) { lines.append("\(ratio): \(size)") }
    if let note = model.status.note { lines.append(note) }
    return lines
  }
}
