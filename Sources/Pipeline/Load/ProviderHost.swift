import Files
import Foundation
public import Generation
public import Logging
public import Presets
import Sandbox
public import Storyboard

/// How a provider is opened.
public struct ProviderOptions: Sendable {
  public var waitMode: WaitMode = .sse
  /// The API's address instead of the default; for fal, the parent of `run`, `queue` and `rest`.
  public var baseURL: String?
  /// Where images for the model are uploaded: one of ``ProviderHost/stores``; nil for the provider's own.
  public var anchorStore: String?
  /// Divides each side of the sandbox's clips, for tests.
  public var sandboxSizeDivisor = 1
  public var logger: Logger?
  public var environment = ProcessInfo.processInfo.environment
  /// Where keys come from whose variables the environment lacks.
  public var keys: [ProviderKind: KeySource] = [:]

  public init() {}

  /// The environment with the key of a service in it.
  func environment(for kind: ProviderKind) async throws -> [String: String] {
    guard let variable = kind.keyVariable, (environment[variable] ?? "").isEmpty, let source = keys[kind] else {
      return environment
    }
    var environment = environment
    environment[variable] = try await source.read(environment: environment)
    return environment
  }

  /// Asks a service whether it can be used, without paying anything.
  /// - Throws: `CancellationError`.
  public func onlineChecks(of kind: ProviderKind, store: ImageStoreKind?) async throws -> [OnlineCheck] {
    let keyed: [String: String]
    do {
      keyed = try await environment(for: kind)
    } catch let error as GenerationError {
      return [OnlineCheck(kind, "key", .failed, error.message)]
    }
    return try await OnlineChecks(of: kind, environment: keyed, baseURL: baseURL).run(store: store)
  }
}

/// An open provider, with the in-process sandbox where that is the provider.
///
/// Must be closed with ``close()``.
public struct ProviderHost: Sendable {
  public static let sandboxName = ProviderKind.sandbox.rawValue
  public static let names = ProviderKind.names
  /// The hub's repository, fal's storage, the request itself, the user's command.
  public static let stores = ImageStoreKind.names
  /// The sandbox accepts any key; it never leaves this machine.
  private static let sandboxKey = "no-key-for-the-longtake-sandbox"

  public let provider: any Provider
  /// Whether requests cost money.
  public let isPaid: Bool
  /// Where images are uploaded to.
  let images: any ImageStore
  /// Asks for uploaded images as a model does.
  let imageReader: PublicAddressReader
  /// Whether an accepted request is certain to be listed at once: so by the sandbox inside this program, and nobody else.
  var listsAtOnce: Bool { sandbox != nil }
  private let sandbox: SandboxServer?

  /// - Parameters:
  ///   - models: those that will read images.
  ///   - sandboxDirectory: where an in-process sandbox keeps its generations; nil for a temporary one.
  /// - Throws: ``PipelineError`` `unsupported`, ``GenerationError`` `notAuthorised` without a key, and what the sandbox
  ///   throws when it cannot start.
  public static func open(
    _ name: String, options: ProviderOptions, library: PresetLibrary?, models: [ModelDescriptor] = [],
    sandboxDirectory: String?
  ) async throws -> ProviderHost {
    try requireStore(options.anchorStore, models)
    switch ProviderKind(rawValue: name) {
    case .sandbox: return try await openSandbox(options, library: library, directory: sandboxDirectory)
    case .oxen:
      let configuration = try OxenConfiguration.fromEnvironment(
        await options.environment(for: .oxen), baseURL: options.baseURL)
      return try await ProviderHost(name: name, configuration, options: options, isPaid: true, sandbox: nil)
    case .fal:
      let configuration = try FalConfiguration.fromEnvironment(
        await options.environment(for: .fal), baseURL: options.baseURL)
      return try await ProviderHost(configuration, options: options)
    case nil:
      throw PipelineError(
        .unsupported, "there is no provider \(quoted(name)); known are \(names.joined(separator: ", ")).")
    }
  }

  private static func requireStore(_ name: String?, _ models: [ModelDescriptor]) throws {
    guard let name else { return }
    guard stores.contains(name) else {
      throw PipelineError(
        .unsupported, "there is no anchor store \(quoted(name)); known are \(stores.joined(separator: ", ")).")
    }
    guard name == ImageStoreKind.data.rawValue else { return }
    for model in models where model.limits.takesDataAddresses != true {
      throw PipelineError(
        .unsupported,
        "\(model.id) is not known to accept images as data: addresses; choose another --anchor-store: hub, fal or command."
      )
    }
  }

  private static func openSandbox(
    _ options: ProviderOptions, library: PresetLibrary?, directory: String?
  ) async throws -> ProviderHost {
    let key = try APIKey(sandboxKey, variable: "the sandbox")
    if let address = options.baseURL {
      var configuration = try OxenConfiguration(baseURL: address, key: key, namespace: sandboxName)
      configuration.settings.network = try NetworkSettings(environment: options.environment)
      return try await ProviderHost(name: sandboxName, configuration, options: options, isPaid: false, sandbox: nil)
    }
    var settings = SandboxServer.Configuration(directory: directory)
    settings.sizeDivisor = options.sandboxSizeDivisor
    // This program listens before it sends, so that even an instant generation is noticed.
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
      return try await ProviderHost(
        name: sandboxName, configuration, options: options, isPaid: false, sandbox: sandbox)
    } catch {
      await sandbox.stop()
      throw error
    }
  }

  private init(
    name: String, _ configuration: OxenConfiguration, options: ProviderOptions, isPaid: Bool, sandbox: SandboxServer?
  ) async throws {
    provider = try OxenProvider(
      name: name, configuration: configuration, waitMode: options.waitMode, logger: options.logger,
      localTrouble: sandbox.map(Self.trouble))
    self.isPaid = isPaid
    images = try await Self.store(
      options, own: .hub, ProviderImageStore(provider, place: Self.place(name, configuration), isOwner: false))
    imageReader = try PublicAddressReader(logger: options.logger, network: configuration.settings.network)
    self.sandbox = sandbox
  }

  /// A sandbox that cannot store its clips is a local failure, not a model's.
  private static func trouble(of sandbox: SandboxServer) -> @Sendable () async -> GenerationError? {
    {
      guard let reason = await sandbox.storageFailure() else { return nil }
      return GenerationError(.localFile, "The sandbox cannot store its clips in \(sandbox.directory): \(reason)")
    }
  }

  private init(_ configuration: FalConfiguration, options: ProviderOptions) async throws {
    provider = try FalProvider(configuration: configuration, waitMode: options.waitMode, logger: options.logger)
    isPaid = true
    images = try await Self.store(
      options, own: .fal, ProviderImageStore(provider, place: Self.place(configuration), isOwner: false))
    imageReader = try PublicAddressReader(logger: options.logger, network: configuration.settings.network)
    sandbox = nil
  }

  // MARK: - Image stores

  private static func place(_ name: String, _ configuration: OxenConfiguration) -> String {
    "\(name):\(configuration.baseURL.absoluteString):\(configuration.namespace ?? "")/\(configuration.repository)"
  }

  private static func place(_ configuration: FalConfiguration) -> String {
    "fal:\(configuration.restBase.absoluteString)"
  }

  /// The requested store; another service's store is opened with its own key and default address.
  private static func store(
    _ options: ProviderOptions, own: ImageStoreKind, _ ownStore: any ImageStore
  ) async throws -> any ImageStore {
    switch options.anchorStore.flatMap(ImageStoreKind.init) ?? own {
    case own: return ownStore
    case .hub:
      let configuration = try OxenConfiguration.fromEnvironment(await options.environment(for: .oxen))
      let hub = try OxenProvider(configuration: configuration, waitMode: .poll, logger: options.logger)
      return ProviderImageStore(hub, place: place(ProviderKind.oxen.rawValue, configuration), isOwner: true)
    case .fal:
      let configuration = try FalConfiguration.fromEnvironment(await options.environment(for: .fal))
      let fal = try FalProvider(configuration: configuration, waitMode: .poll, logger: options.logger)
      return ProviderImageStore(fal, place: place(configuration), isOwner: true)
    case .data: return DataImageStore()
    case .command:
      return try CommandImageStore(
        command: options.environment[CommandImageStore.variable] ?? "", environment: options.environment)
    }
  }

  /// Runs work, then closes the host, also when the work fails.
  public func closing<Value>(after work: () async throws -> Value) async rethrows -> Value {
    try await Pipeline.closing(close, after: work)
  }

  /// Closes connections, and the in-process sandbox.
  public func close() async {
    try? await images.close()
    imageReader.close()
    try? await provider.close()
    await sandbox?.stop()
  }
}
