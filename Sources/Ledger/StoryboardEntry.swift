/// The storyboard of a workspace at its last run.
public struct StoryboardEntry: Sendable, Hashable {
  public let path: String
  public let title: String?
  /// SHA-256 of the storyboard's file.
  public let digest: String
  public let provider: String
  public let model: String

  public init(path: String, title: String?, digest: String, provider: String, model: String) {
    self.path = path
    self.title = title
    self.digest = digest
    self.provider = provider
    self.model = model
  }
}

/// A shot at the storyboard's last run.
public struct ShotEntry: Sendable, Hashable {
  public let id: String
  /// From 0.
  public let position: Int
  /// Digest of the shot's own inputs.
  public let digest: String

  public init(id: String, position: Int, digest: String) {
    self.id = id
    self.position = position
    self.digest = digest
  }
}
