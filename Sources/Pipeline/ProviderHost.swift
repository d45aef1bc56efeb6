import Foundation
public import Generation
public import Logging
public import Presets
import Sandbox

/// How a provider is to be opened.
public struct ProviderOptions: Sendable {
  public var waitMode: WaitMode = .sse
  /// The API's address instead of the usual one.
  public var baseURL: String?
  /// Where pictures go that the model must read: `hub`.
  public var anchorStore = ProviderHost.hubStore
  /// Each side of the sandbox's clips is this many times smaller; for tests.
  public var sandboxSizeDivisor = 1
  public var logger: Logger?
  public var environment = ProcessInfo.processInfo.environment

  public init() {}
}

/// A provider, and the sandbox behind it where it is one.
///
/// Has to be closed with ``close()``.
public struct ProviderHost: Sendable {
  public static let sandboxName = "sandbox"
  public static let names = [sandboxName, "oxen", "fal"]
  public static let hubStore = "hub"
  /// The sandbox takes any key; it never leaves this machine.
  private static let sandboxKey = "no-key-for-the-longtake-sandbox"
  /// Pauses between looks for a request that may have arrived: a new one may need a moment to be listed.
  private static let patientLooks: [Duration] = [.zero, .seconds(2), .seconds(4)]
  /// Seconds after which a service is expected to list what it has accepted.
  static let listingDelay = 30.0

  public let provider: any Provider
  /// Whether requests cost money.
  public let isPaid: Bool
  /// Names the place that pictures are uploaded to.
  let store: String
  /// Pauses before each look for a lost request.
  let looks: [Duration]
  private let sandbox: SandboxServer?

  /// - Parameter sandboxDirectory: where an in-process sandbox keeps its generations; nil for a temporary one.
  /// - Throws: ``PipelineError`` `unsupported`, ``GenerationError`` `notAuthorised` without a key, and what the sandbox
  ///   throws when it cannot start.
  public static func open(
    _ name: String, options: ProviderOptions, library: PresetLibrary?, sandboxDirectory: String?
  ) async throws -> ProviderHost {
    try requireStore(options.anchorStore)
    switch name {
    case sandboxName: return try await openSandbox(options, library: library, directory: sandboxDirectory)
    case "oxen":
      let configuration = try OxenConfiguration.fromEnvironment(options.environment, baseURL: options.baseURL)
      return try ProviderHost(name: name, configuration, options: options, isPaid: true, sandbox: nil)
    case "fal":
      throw PipelineError(
        .unsupported,
        "the provider 'fal' can be planned for but not yet run; use --provider oxen or --provider sandbox.")
    default:
      throw PipelineError(
        .unsupported, "there is no provider \(quoted(name)); known are \(names.joined(separator: ", ")).")
    }
  }

  private static func requireStore(_ name: String) throws {
    guard name != hubStore else { return }
    throw PipelineError(
      .unsupported,
      ["fal", "data", "command"].contains(name)
        ? "the anchor store '\(name)' is not there yet; pictures go to the hub's repository ('hub')."
        : "there is no anchor store \(quoted(name)); known is 'hub'.")
  }

  private static func openSandbox(
    _ options: ProviderOptions, library: PresetLibrary?, directory: String?
  ) async throws -> ProviderHost {
    let key = try APIKey(sandboxKey, variable: "the sandbox")
    if let address = options.baseURL {
      let configuration = try OxenConfiguration(baseURL: address, key: key, namespace: sandboxName)
      return try ProviderHost(name: sandboxName, configuration, options: options, isPaid: false, sandbox: nil)
    }
    var settings = SandboxServer.Configuration(directory: directory)
    settings.sizeDivisor = options.sandboxSizeDivisor
    // This program listens before it sends, so that a generation need not be slow to be heard of.
    settings.shortestGeneration = 0
    settings.models = (try? library?.models()) ?? []
    if let logger = options.logger {
      settings.log = logger
    } else {
      settings.log = Logger(label: "longtake.sandbox") { _ in SwiftLogNoOpLogHandler() }
    }
    let sandbox = try SandboxServer(settings)
    try await sandbox.start()
    do {
      let configuration = try OxenConfiguration(baseURL: sandbox.baseURL, key: key, namespace: sandboxName)
      return try ProviderHost(name: sandboxName, configuration, options: options, isPaid: false, sandbox: sandbox)
    } catch {
      await sandbox.stop()
      throw error
    }
  }

  private init(
    name: String, _ configuration: OxenConfiguration, options: ProviderOptions, isPaid: Bool, sandbox: SandboxServer?
  ) throws {
    provider = try OxenProvider(
      name: name, configuration: configuration, waitMode: options.waitMode, logger: options.logger)
    self.isPaid = isPaid
    store =
      "\(name):\(configuration.baseURL.absoluteString):\(configuration.namespace ?? "")/\(configuration.repository)"
    looks = sandbox == nil ? Self.patientLooks : [.zero]
    self.sandbox = sandbox
  }

  /// Ends connections, and the sandbox.
  public func close() async {
    try? await provider.close()
    await sandbox?.stop()
  }
}
