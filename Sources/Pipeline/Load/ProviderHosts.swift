import Generation
import Presets
import Storyboard

/// The open providers of a run.
///
/// Must be closed with ``close()``.
struct ProviderHosts: Sendable {
  private let standard: ProviderHost
  private let hosts: [String: ProviderHost]

  /// Opens the providers of a plan's shots.
  /// - Throws: what ``ProviderHost/open(_:options:library:models:sandboxDirectory:)`` does; ``PipelineError`` `unsupported`
  ///   for one address where there are several providers.
  static func open(
    _ targets: ShotTargets, of shots: [Shot], options: ProviderOptions, library: PresetLibrary, sandboxDirectory: String
  ) async throws -> ProviderHosts {
    let names = targets.providers(of: shots)
    if names.count > 1, options.baseURL != nil {
      throw PipelineError(
        .unsupported,
        "--base-url is the address of one provider, and the shots are for \(names.joined(separator: " and ")); set "
          + (names.compactMap(ProviderKind.init).flatMap(\.addressVariables)).joined(separator: ", ") + " instead.")
    }
    let distinct = targets.distinct(of: shots)
    var hosts: [String: ProviderHost] = [:]
    do {
      for name in names {
        hosts[name] = try await ProviderHost.open(
          name, options: options, library: library,
          models: distinct.filter { $0.provider == name }.map(\.model), sandboxDirectory: sandboxDirectory)
      }
      let first = names.first ?? targets.standard.provider
      if let standard = hosts[first] { return ProviderHosts(standard: standard, hosts: hosts) }
      throw PipelineError(.unsupported, "the storyboard has no shots.")
    } catch {
      for host in hosts.values { await host.close() }
      throw error
    }
  }

  /// Nil where no shot is for this provider.
  subscript(name: String) -> ProviderHost? { hosts[name] }

  /// The host of a shot.
  func host(of shot: Shot, _ targets: ShotTargets) -> ProviderHost { hosts[targets.provider(of: shot)] ?? standard }

  /// What is made of each.
  func mapValues<Value>(_ make: (ProviderHost) -> Value) -> [String: Value] { hosts.mapValues(make) }

  func close() async { for host in hosts.values { await host.close() } }
}
