import ArgumentParser
import Presets

/// Where presets are looked for.
struct PresetOptions: ParsableArguments {
  @Option(
    name: .customLong("presets"), help: "A folder of presets, before LONGTAKE_PRESETS and the bundled ones.",
    completion: .directory)
  var directory: String?

  func library() throws -> PresetLibrary { try PresetLibrary(directory: directory) }
}
