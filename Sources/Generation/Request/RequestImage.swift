public import Storyboard

/// An image that a request needs as an address.
public enum RequestImage: Sendable, Hashable {
  /// The last frame of the shot with this id.
  case anchor(shot: String)
  /// The first frame of the shot with this id.
  case opening(shot: String)
  case source(ImageSource)

  /// The image in a plan: its address, its local path, or `anchor:<shot>` and `opening:<shot>` for the last and first
  /// frames of clips that do not exist yet.
  public var planned: String {
    switch self {
    case .anchor(let shot): "anchor:\(shot)"
    case .opening(let shot): "opening:\(shot)"
    case .source(let image):
      switch image.location {
      case .file(let path): path
      case .address(let address): address
      }
    }
  }

  /// A shot's start or end frame.
  public init(_ frame: BoundaryFrame) {
    switch frame {
    case .image(let image): self = .source(image)
    case .first(let shot): self = .opening(shot: shot.id)
    case .last(let shot): self = .anchor(shot: shot.id)
    }
  }
}
