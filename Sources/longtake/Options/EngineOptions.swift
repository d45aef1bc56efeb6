import ArgumentParser
import Presets

/// The workflow engines that can drive the stages.
enum Engine: String, CaseIterable, ExpressibleByArgument {
  case temporal
  /// Something else calls 'longtake stage'.
  case none
}

/// Where the workflow engine listens.
struct EngineOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Address of the Temporal server.", valueName: "host:port"))
  var address = "127.0.0.1:7233"

  @Option(help: ArgumentHelp("Temporal namespace.", valueName: "name"))
  var namespace = "default"

  var fields: [String: JSONValue] { ["address": .string(address), "namespace": .string(namespace)] }
  var arguments: [String] { ["--address", address, "--namespace", namespace] }
}
