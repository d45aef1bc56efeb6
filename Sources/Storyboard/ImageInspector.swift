/// Tells what a frame file is by its content; whoever can read frames implements it.
public protocol ImageInspector: Sendable {
  /// - Throws: an error whose description says why the file is no readable frame.
  func facts(of path: String) throws -> ImageFacts
}

/// What a frame file is, by its content and not by its name.
public struct ImageFacts: Sendable, Hashable {
  /// In small letters: `png`, `jpeg`, `webp`, `gif` and so on.
  public let format: String
  /// Pixels as a viewer sees them, turned upright.
  public let width: Int
  public let height: Int
  public let bytes: Int64
  /// Whether its samples are of a kind that every reader knows: 8 bits, and not CMYK.
  public let isPlain: Bool
  /// Whether its pixels lie as they are to be seen, without being turned by what its EXIF data say.
  public let isUpright: Bool

  public init(
    format: String, width: Int, height: Int, bytes: Int64, isPlain: Bool = true, isUpright: Bool = true
  ) {
    self.isPlain = isPlain
    self.isUpright = isUpright
    self.format = format
    self.width = width
    self.height = height
    self.bytes = bytes
  }
}
