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
  @Option(
    help: ArgumentHelp(
      "Address of the Temporal server (default: TEMPORAL_ADDRESS, else localhost:7233).", valueName: "host:port"))
  var address: String?

  @Option(help: ArgumentHelp("Temporal namespace (default: TEMPORAL_NAMESPACE, else default).", valueName: "name"))
  var namespace: String?

  private var given: [(name: String, value: String)] {
    [("address", address), ("namespace", namespace)].compactMap { name, value in value.map { (name, $0) } }
  }

  var fields: [String: JSONValue] { Dictionary(given.map { ($0.name, .string($0.value)) }) { $1 } }
  var arguments: [String] { given.flatMap { ["--\($0.name)", $0.value] } }
}
