/// A person, thing or place that looks the same in every shot.
public struct Element: Sendable, Hashable {
  /// Used in prompts as `@name`.
  public let name: String
  public let frontal: ImageSource
  /// Further views of it.
  public let angles: [ImageSource]
}
