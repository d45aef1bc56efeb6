import Files
public import Presets

/// A delivery preset with the verify preset that its files must pass.
public struct DeliveryVersion: Sendable, Hashable {
  public let recipe: DeliveryRecipe
  /// Nil for an animated WebP, whose structure is checked.
  public let spec: DeliverableSpec?

  /// - Parameter name: of the delivery preset, or its path.
  /// - Throws: ``PresetError``.
  public init(named name: String, in library: PresetLibrary) throws {
    recipe = try library.deliveryRecipe(named: name)
    spec = try recipe.verify.map { try library.deliverableSpec(named: $0) }
  }

  /// What is wrong whatever the master is.
  /// - Throws: ``DeliveryError`` `badRequest`.
  public func check(_ options: DeliveryOptions) throws(DeliveryError) {
    if recipe.head != nil, options.adID == nil {
      throw DeliveryError(
        .badRequest, "\(recipe.id) has a slate with the Ad-ID; give it with --ad-id, or 'ad_id' in a storyboard")
    }
  }
}
