public import Presets

/// Where a shot's request goes.
public struct ShotTarget: Sendable, Hashable {
  /// `sandbox`, `oxen` or `fal`.
  public let provider: String
  /// As this provider has it.
  public let model: ModelDescriptor

  public init(provider: String, model: ModelDescriptor) {
    self.provider = provider
    self.model = model
  }

  /// Whether a request costs money.
  public var isPaid: Bool { ProviderKind(rawValue: provider)?.isPaid ?? true }
}

/// The provider and the model of each shot of a storyboard.
public struct ShotTargets: Sendable, Hashable {
  /// Of shots that name neither provider nor model.
  public private(set) var standard: ShotTarget
  /// By the shot's place in the storyboard.
  private var own: [Int: ShotTarget]

  /// - Parameter own: targets by the shot's place in the storyboard, for those that differ.
  public init(_ standard: ShotTarget, own: [Int: ShotTarget] = [:]) {
    self.standard = standard
    self.own = own.filter { $0.value != standard }
  }

  public func target(of shot: Shot) -> ShotTarget { own[shot.index] ?? standard }
  public func model(of shot: Shot) -> ModelDescriptor { target(of: shot).model }
  public func provider(of shot: Shot) -> String { target(of: shot).provider }
  public func isPaid(_ shot: Shot) -> Bool { target(of: shot).isPaid }

  /// Each target of shots once, in their order.
  public func distinct(of shots: [Shot]) -> [ShotTarget] { Self.unique(shots.map(target)) }

  /// The names of the providers of shots, each once, in their order.
  public func providers(of shots: [Shot]) -> [String] { Self.unique(shots.map(provider)) }

  /// The ids of the models of shots, each once, in their order.
  public func models(of shots: [Shot]) -> [String] { Self.unique(shots.map { model(of: $0).id }) }

  private static func unique<Item: Hashable>(_ items: [Item]) -> [Item] {
    var seen: Set<Item> = []
    return items.filter { seen.insert($0).inserted }
  }

  /// The same with other descriptors.
  public func mapModels(_ change: (ShotTarget) -> ModelDescriptor) -> ShotTargets {
    func changed(_ target: ShotTarget) -> ShotTarget { ShotTarget(provider: target.provider, model: change(target)) }
    return ShotTargets(changed(standard), own: own.mapValues(changed))
  }
}
