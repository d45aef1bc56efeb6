import ArgumentParser
import Store

/// Which store that many machines share.
struct StoreOptions: ParsableArguments {
  /// For help texts.
  static let variables =
    "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_PROFILE, AWS_REGION, AWS_ENDPOINT_URL_S3, "
    + "LONGTAKE_S3_ADDRESSING (path or virtual) and LONGTAKE_S3_INSECURE (1 for http with other machines)"

  @Option(
    name: .customLong("store"),
    help: ArgumentHelp("Store that the machines share: file:///folder or s3://bucket/prefix.", valueName: "url"))
  var url: String

  func open(environment: [String: String]) throws -> any ObjectStore {
    try ObjectStores.open(url, environment: environment)
  }
}
