import ArgumentParser
import Settings
import Generation
import Pipeline
import Presets

/// Which profile of the configuration to use, and where to look for presets.
struct PresetOptions: ParsableArguments {
  @Option(
    name: .customLong("presets"),
    help: ArgumentHelp(
      "Search this folder of presets first (default: LONGTAKE_PRESETS, then the bundled ones).", valueName: "dir"),
    completion: .directory)
  var directory: String?

  @Option(
    help: ArgumentHelp(
      "Profile of the configuration files (default: LONGTAKE_PROFILE, or the one they choose).", valueName: "name"))
  var profile: String?

  /// - Parameter storyboard: `longtake.yaml` beside it is read, too.
  func configuration(besides storyboard: String? = nil) throws -> EffectiveConfiguration {
    try EffectiveConfiguration(besides: storyboard, profile: profile)
  }

  func library(_ configuration: EffectiveConfiguration? = nil) throws -> PresetLibrary {
    let configuration = try configuration ?? self.configuration()
    return try PresetLibrary(directory: directory, environment: configuration.environment)
  }
}

extension EffectiveConfiguration {
  /// How commands open a provider.
  func providerOptions(wait: WaitMode = .poll, baseURL: String?, anchorStore: String? = nil) -> ProviderOptions {
    var options = ProviderOptions()
    options.waitMode = wait
    options.baseURL = baseURL
    options.anchorStore = anchorStore ?? self[.anchorStore]
    options.logger = Log.logger("longtake")
    options.environment = environment
    options.keys = keys.mapValues(\.source)
    return options
  }
}
